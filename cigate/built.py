"""What a build that has ended was a build of: its Change, as an import of all builds at once would see it.

News is what the head reaches and no head that the store saw built before. Only a store that knows
nothing yet, or does not answer, leaves it to what the CI says of the push. Must not write anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cigate.change import BuildRecord, Change, Fact
from cigate.errors import GitError
from cigate.git import Repository, refuse_shallow
from cigate.walk import MAX_COMMITS, change_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.providers import Run
    from cigate.stores import Store

# The walk takes MAX_COMMITS newest first, so that a head further back could not shorten it.
BEHIND: Final = MAX_COMMITS + 56
NEWEST: Final = 1000  # builds whose heads count wherever they stand: those of other branches


class Seen(Fact):
    """What a store knows of the past of one head: builds of it, and heads that were built before."""

    __slots__ = ("builds", "heads")

    def __init__(self, builds: tuple[BuildRecord, ...], heads: tuple[str, ...]) -> None:
        self.builds: Final = builds
        self.heads: Final = heads


def read_seen(store: Store, behind: Sequence[str], started_at: int) -> Seen:
    """Return what `store` knows of the head and the commits behind it (`behind`, the head first).

    Raises:
        StoreError: it cannot be read.
    """
    builds = store.read_commit(behind[0])
    heads = () if builds else store.heads(behind, NEWEST, started_at)
    return Seen(tuple(builds), tuple(sorted(heads)))


def commits_behind(repo: Repository, head: str) -> list[str]:
    """Return the head and the commits behind it, newest first, as far back as is looked up."""
    listed = repo.run(["rev-list", f"--max-count={BEHIND}", "--stdin"], f"{head}\n".encode())
    return listed.decode().split()


def change_of_build(repo: Repository, run: Run, pushed_at: int, seen: Seen | None) -> Change:
    """Return the change that `run` built; `seen` is None where the store did not answer.

    Raises:
        ShallowError: the clone ends before the change does.
        GitError: git fails.
    """
    if seen and seen.builds:
        return _again(min(seen.builds, key=lambda r: (r.started_at, r.id)).change, run, pushed_at)
    if seen and seen.heads:
        change = _read(repo, run, pushed_at, seen.heads)
        if change.commits:
            return change
        # A push that contains this one was faster to be recorded.
        later = _descendants(repo, run.head, seen.heads)
        return _read(repo, run, pushed_at, [head for head in seen.heads if head not in later])
    if run.base and run.base != run.head and _is_here(repo, run.base):
        return _read(repo, run, pushed_at, [run.base])
    return _head_alone(repo, run, pushed_at)


def _again(first: Change, run: Run, pushed_at: int) -> Change:
    """Return the change of a head that was built before: the same commits."""
    return Change(
        head=first.head,
        base=first.base,
        branch=run.branch,
        author=first.author,
        pushed_at=pushed_at,
        commits=first.commits,
        target=run.target,
        event=run.event,
        complete=first.complete,
    )


def _read(repo: Repository, run: Run, pushed_at: int, seen: Sequence[str]) -> Change:
    reading = repo.start_reading([run.head], seen, limit=MAX_COMMITS)
    commits = {commit.sha: commit for commit in reading.commits()}
    return change_of(
        run.head, commits, (), branch=run.branch, pushed_at=pushed_at, target=run.target, event=run.event
    )


def _head_alone(repo: Repository, run: Run, pushed_at: int) -> Change:
    commits = {c.sha: c for c in repo.start_reading([run.head], limit=0).commits()}
    refuse_shallow(repo, commits.values())
    return change_of(
        run.head, commits, (), branch=run.branch, pushed_at=pushed_at, target=run.target, event=run.event
    )


def _descendants(repo: Repository, head: str, others: Sequence[str]) -> frozenset[str]:
    asked = f"^{head}\n" + "".join(f"{other}\n" for other in others)
    args = ["rev-list", "--ignore-missing", "--ancestry-path", "--stdin"]
    return frozenset(repo.run(args, asked.encode()).decode().split())


def _is_here(repo: Repository, oid: str) -> bool:
    try:
        return repo.resolve(oid) == oid
    except GitError:
        return False
