"""Mining all of a repository into Changes, against git's own time for the same log, and PyDriller's.

Where files' content is missing, git's log ends: git is then timed over the commits that it can read,
cigate over all. `python -m benchmarks.mining cigate|pydriller REPOSITORY [COMMITS]` is one side.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from benchmarks.measure import Side, compare, milliseconds, ratio
from benchmarks.rows import Row, ratio_row
from cigate.git import Repository
from cigate.git.pins import CONFIG, COUNTED, LOG, pinned_environment
from cigate.walk import Walker
from tests.repo import Repo

PYDRILLER_COMMITS = 2_000
SUBMODULE = "160000"
ROOT = Path(__file__).resolve().parent.parent


def measure(repository: str, folder: Path, rounds: int) -> Iterator[Row]:
    """Yield the rows about mining `repository`; `folder` is for what has to be made."""
    repo = Repository.open(repository)
    commits = repo.run(["rev-list", "HEAD", "--"]).decode().split()
    lost = _unreadable(repo)
    readable = [oid for oid in commits if oid not in lost] if lost else []
    everything = compare({"git": _git(repo, readable), "cigate": _side("cigate", repository)}, rounds, False)
    ours, git = everything["cigate"], everything["git"]
    yield ratio_row(
        f"mining_{_name(repository)}",
        f"mining {_name(repository)} ({len(commits):,} commits) into Changes, CPU: against git log"
        + (f" of the {len(readable):,} that are whole" if lost else ""),
        1.3,
        ratio(ours.cpu, git.cpu),
        git_cpu_s=round(milliseconds(git.cpu) / 1000, 1),
        cigate_cpu_s=round(milliseconds(ours.cpu) / 1000, 1),
        wall=round(ratio(ours.wall, git.wall).median, 2),
    )
    if find_spec("pydriller"):
        last, where = str(PYDRILLER_COMMITS), _work_tree(repo, commits[0], folder)
        sides = {name: _side(name, where, last) for name in ("cigate", "pydriller")}
        sides["git"] = _git(repo, commits[:PYDRILLER_COMMITS])
        few = compare(sides, rounds, warm=False)
        yield ratio_row(
            f"pydriller_{_name(repository)}",
            f"mining the newest {PYDRILLER_COMMITS:,} commits of {_name(repository)}, CPU: against PyDriller",
            0.08,
            ratio(few["cigate"].cpu, few["pydriller"].cpu),
            git_alone=round(ratio(few["git"].cpu, few["pydriller"].cpu).median, 3),
        )


def _name(repository: str) -> str:
    path = Path(repository).resolve()
    name = path.parent.name if path.name in ("repo", ".git") else path.name.removesuffix(".git")
    return name.rpartition("+")[2]


def _git(repo: Repository, commits: Sequence[str] = ()) -> Side:
    """Return git's log with cigate's flags, of `commits` or else of all that HEAD reaches."""
    which = ["--no-walk=unsorted", "--stdin"] if commits else ["HEAD"]
    argv = ["git", "-C", repo.git_dir, *CONFIG, *LOG, *COUNTED, *which, "--"]
    stdin = "".join(f"{oid}\n" for oid in commits).encode()
    return Side(argv, env=pinned_environment(os.environ, repo.git_dir), stdin=stdin, discard=True)


def _unreadable(repo: Repository) -> frozenset[str]:
    """Return the commits of HEAD whose files' content is not all there."""
    log = ["log", "--format=%H", "--raw", "--no-abbrev", "--no-renames", "--diff-merges=first-parent", "HEAD"]
    touched: dict[str, set[str]] = {}
    commit = ""
    for line in repo.run([*log, "--"], deadline_s=600).decode("utf-8", "replace").splitlines():
        if line.startswith(":"):
            modes, (old, new) = line.split(" ")[:2], line.split(" ")[2:4]
            for mode, oid in zip(modes, (old, new), strict=True):
                if mode.lstrip(":") not in ("000000", SUBMODULE):
                    touched.setdefault(oid, set()).add(commit)
        elif line:
            commit = line
    asked = "".join(f"{oid}\n" for oid in touched).encode()
    told = repo.run(["cat-file", "--batch-check"], asked, deadline_s=600).decode().splitlines()
    missing = [line.split()[0] for line in told if line.endswith(" missing")]
    return frozenset(commit for oid in missing for commit in touched[oid])


def _work_tree(repo: Repository, head: str, folder: Path) -> str:
    """Return a repository with a work tree, which PyDriller needs, that borrows all of its objects."""
    place = Repo.init(folder)
    objects = Path(repo.common_dir) / "objects"
    (folder / ".git" / "objects" / "info" / "alternates").write_text(f"{objects}\n", "utf-8")
    place.git("update-ref", "refs/heads/main", head)
    return str(folder)


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
