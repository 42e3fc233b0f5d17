"""Mining all of a repository into Changes, against git's own time for the same log, and PyDriller's.

`python -m benchmarks.mining cigate|pydriller REPOSITORY [COMMITS]` is one side of the comparison.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from benchmarks.measure import Side, compare, milliseconds, ratio
from benchmarks.rows import Row, ratio_row
from cigate.git import Repository
from cigate.git.pins import CONFIG, COUNTED, LOG, pinned_environment
from cigate.walk import Walker

PYDRILLER_COMMITS = 2_000
ROOT = Path(__file__).resolve().parent.parent


def measure(repository: str, rounds: int) -> Iterator[Row]:
    """Yield the rows about mining `repository`."""
    repo = Repository.open(repository)
    everything = compare({"git": _git(repo), "cigate": _side("cigate", repository)}, rounds, warm=rounds > 1)
    ours, git = everything["cigate"], everything["git"]
    commits = int(repo.run(["rev-list", "--count", "HEAD", "--"]))
    yield ratio_row(
        "mining",
        f"mining {_name(repository)} ({commits:,} commits) into Changes, CPU: against git log",
        1.3,
        ratio(ours.cpu, git.cpu),
        git_cpu_s=round(milliseconds(git.cpu) / 1000, 1),
        cigate_cpu_s=round(milliseconds(ours.cpu) / 1000, 1),
        wall=round(ratio(ours.wall, git.wall).median, 2),
    )
    if find_spec("pydriller"):
        last = str(PYDRILLER_COMMITS)
        sides = {name: _side(name, repository, last) for name in ("cigate", "pydriller")}
        few = compare(sides, rounds, warm=rounds > 1)
        yield ratio_row(
            "mining_pydriller",
            f"the same for its newest {PYDRILLER_COMMITS:,} commits, CPU: against PyDriller",
            0.08,
            ratio(few["cigate"].cpu, few["pydriller"].cpu),
        )


def _name(repository: str) -> str:
    path = Path(repository).resolve()
    return path.parent.name if path.name in ("repo", ".git") else path.name.removesuffix(".git")


def _git(repo: Repository) -> Side:
    argv = ["git", "-C", repo.git_dir, *CONFIG, *LOG, *COUNTED, "HEAD", "--"]
    return Side(argv, env=pinned_environment(os.environ, repo.git_dir), discard=True)


def _side(name: str, repository: str, *commits: str) -> Side:
    argv = [sys.executable, "-m", "benchmarks.mining", name, repository, *commits]
    return Side(argv, str(ROOT), says="commits")


def mine(repository: str, most: int | None) -> int:
    """Read every commit that HEAD reaches, make the Change of each first parent; return their number."""
    repo = Repository.open(repository)
    commits = {commit.sha: commit for commit in islice(repo.read_commits([repo.resolve("HEAD")]), most)}
    trunk = []
    at = next(iter(commits))
    while at in commits:
        trunk.append(at)
        at = (*commits[at].parents, "")[0]
    walker = Walker(commits)
    files = 0
    for head in reversed(trunk):
        change = walker.change(head, branch="main", pushed_at=commits[head].committed_at)
        files += sum(1 for _ in change.files())
    print(f"{len(commits):,} commits, {len(trunk):,} changes of {files:,} files")
    return len(commits)


def drill(repository: str, most: int) -> None:
    """Read the newest commits with PyDriller, their files and lines alone."""
    from pydriller import Repository as Drill

    found = lines = 0
    for commit in islice(Drill(repository, order="reverse").traverse_commits(), most):
        found += 1
        lines += sum(file.added_lines + file.deleted_lines for file in commit.modified_files)
    print(f"{found:,} commits, {lines:,} lines")


if __name__ == "__main__":
    how, where, *number = sys.argv[1:]
    if how == "cigate":
        mine(where, int(number[0]) if number else None)
    else:
        drill(where, int(number[0]))
