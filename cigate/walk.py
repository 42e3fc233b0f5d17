"""Which commits are news to a branch: one rule for a live push and for all of history.

A commit is new when the head reaches it and nothing seen before does. The order is git's own:
newest first among those whose children are done, equal dates in the order of discovery.
Pure: must not ask git anything.
"""

from __future__ import annotations

from heapq import heappop, heappush

from cigate.change import Change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from cigate.change import Commit

MAX_COMMITS = 200


def new_commits(
    head: str,
    commits: Mapping[str, Commit],
    seen: Container[str],
    limit: int = MAX_COMMITS,
) -> tuple[tuple[Commit, ...], bool]:
    """Return what `head` reaches among `commits` and not in `seen`, and whether that is all of it.

    Newest first, `limit` at most. What is not among `commits` ends the walk as a seen commit does.
    """
    new: list[Commit] = []
    for commit in _walk(head, commits, seen):
        if len(new) == limit:
            return tuple(new), False
        new.append(commit)
    return tuple(new), True


def change_of(
    head: str,
    commits: Mapping[str, Commit],
    seen: Container[str],
    *,
    branch: str,
    pushed_at: int,
    target: str = "",
    event: str = "push",
    limit: int = MAX_COMMITS,
) -> Change:
    """Return the change that `head` brings to `branch`; without commits where it brings nothing.

    Its author is the head commit's, "" where there is no commit.
    """
    new, complete = new_commits(head, commits, seen, limit)
    return _change(head, new, complete, branch, pushed_at, target, event)


class Walker:
    """Turns heads, in the order in which they were built, into changes.

    Each head's ancestors are seen from then on. A head that was built before gets its first
    change's commits again. Nothing is known of what came before the very first head: it brings its
    own commit only.
    """

    def __init__(self, commits: Mapping[str, Commit], limit: int = MAX_COMMITS) -> None:
        self._commits = commits
        self._limit = limit
        self._seen: set[str] = set()
        self._built: dict[str, tuple[tuple[Commit, ...], bool]] = {}

    def change(
        self, head: str, *, branch: str, pushed_at: int, target: str = "", event: str = "push"
    ) -> Change:
        """Return the change of the next build.

        Raises:
            KeyError: where `head` is not among the commits.
        """
        if head not in self._commits:
            raise KeyError(head)
        if head not in self._built:
            self._built[head] = self._see(head)
        return _change(head, *self._built[head], branch, pushed_at, target, event)

    def _see(self, head: str) -> tuple[tuple[Commit, ...], bool]:
        first = not self._seen
        new = list(_walk(head, self._commits, self._seen))
        self._seen.update(commit.sha for commit in new)
        if first:
            return tuple(new[:1]), True
        return tuple(new[: self._limit]), len(new) <= self._limit


def _change(
    head: str,
    new: tuple[Commit, ...],
    complete: bool,
    branch: str,
    pushed_at: int,
    target: str,
    event: str,
) -> Change:
    return Change(
        head=head,
        base=_base(head, new),
        branch=branch,
        author=new[0].author if new else "",
        pushed_at=pushed_at,
        commits=new,
        target=target,
        event=event,
        complete=complete,
    )


def _walk(head: str, commits: Mapping[str, Commit], seen: Container[str]) -> Iterator[Commit]:
    """Yield what `head` reaches, as `git log` would order it."""
    if head not in commits or head in seen:
        return
    waiting = [(-commits[head].committed_at, 0, head)]
    met = {head}
    while waiting:
        commit = commits[heappop(waiting)[2]]
        yield commit
        for parent in commit.parents:
            if parent in met or parent in seen or parent not in commits:
                continue
            heappush(waiting, (-commits[parent].committed_at, len(met), parent))
            met.add(parent)


def _base(head: str, new: tuple[Commit, ...]) -> str:
    """Return the first commit outside `new` along first parents from `head`, "" beyond a root."""
    parents = {commit.sha: commit.parents for commit in new}
    while head in parents:
        head = parents[head][0] if parents[head] else ""
    return head
