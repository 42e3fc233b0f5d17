"""The frozen facts that cigate reasons about, and their plain (JSON-ready) form.

Hand-written slotted classes: importing dataclasses costs three bare interpreter starts, and this
module is on the path of every push. `Final` lets mypy enforce what a frozen dataclass would.
Facts only: no I/O, no clock, nothing derived that a feature could compute.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

FAILURES = frozenset({"failed", "errored"})
OUTCOMES = frozenset({"passed", "failed", "errored", "canceled", "skipped"})


class Fact:
    """A value: equal, hashable and shown by its slots."""

    __slots__: tuple[str, ...] = ()

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._values() == self._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({shown})"


class FileChange(Fact):
    """One file of one commit.

    `added` and `deleted` count lines and are None where git has no lines to count (a binary, or a
    blob that is missing from a partial clone). `status` is git's letter: A M D R C T. `path` is the
    name after the change; bytes that are not UTF-8 are kept as surrogates.
    """

    __slots__ = ("added", "deleted", "path", "status")
    path: Final[str]
    added: Final[int | None]
    deleted: Final[int | None]
    status: Final[str]

    def __init__(self, path: str, added: int | None, deleted: int | None, status: str = "M") -> None:
        self.path = path
        self.added = added
        self.deleted = deleted
        self.status = status


class Commit(Fact):
    """One commit; a merge lists the files that differ from its first parent.

    `author` is a pseudonym (see `identity`), never a name or an address. `rest_*` sum up the files
    beyond the reader's cap, which are not listed.
    """

    __slots__ = (
        "author",
        "authored_at",
        "committed_at",
        "files",
        "parents",
        "rest_added",
        "rest_deleted",
        "rest_files",
        "sha",
        "subject",
    )
    sha: Final[str]
    parents: Final[tuple[str, ...]]
    author: Final[str]
    authored_at: Final[int]
    committed_at: Final[int]
    subject: Final[str]
    files: Final[tuple[FileChange, ...]]
    rest_files: Final[int]
    rest_added: Final[int]
    rest_deleted: Final[int]

    def __init__(
        self,
        sha: str,
        parents: tuple[str, ...],
        author: str,
        authored_at: int,
        committed_at: int,
        subject: str,
        files: tuple[FileChange, ...],
        rest_files: int = 0,
        rest_added: int = 0,
        rest_deleted: int = 0,
    ) -> None:
        self.sha = sha
        self.parents = parents
        self.author = author
        self.authored_at = authored_at
        self.committed_at = committed_at
        self.subject = subject
        self.files = files
        self.rest_files = rest_files
        self.rest_added = rest_added
        self.rest_deleted = rest_deleted


class Change(Fact):
    """What one push brings to one branch: the commits that the remote did not have yet.

    `commits` are newest first. `base` is the commit on which they stand: the first one outside
    the change when first parents are followed from `head` ("" where there is none). `target` is
    the branch that a pull request wants to enter, else "". `complete` is False where the reader's
    cap cut the list of commits short.
    """

    __slots__ = (
        "author",
        "base",
        "branch",
        "commits",
        "complete",
        "event",
        "head",
        "pushed_at",
        "target",
    )
    head: Final[str]
    base: Final[str]
    branch: Final[str]
    target: Final[str]
    event: Final[str]
    author: Final[str]
    pushed_at: Final[int]
    commits: Final[tuple[Commit, ...]]
    complete: Final[bool]

    def __init__(
        self,
        head: str,
        base: str,
        branch: str,
        author: str,
        pushed_at: int,
        commits: tuple[Commit, ...],
        target: str = "",
        event: str = "push",
        complete: bool = True,
    ) -> None:
        self.head = head
        self.base = base
        self.branch = branch
        self.target = target
        self.event = event
        self.author = author
        self.pushed_at = pushed_at
        self.commits = commits
        self.complete = complete

    def judged_commits(self) -> tuple[Commit, ...]:
        """Return the commits whose files count: merges only where nothing else was pushed.

        A merge's difference from its first parent repeats the merged commits when those are part
        of the same push, and is the whole news when they are not.
        """
        own = tuple([c for c in self.commits if len(c.parents) < 2])
        return own or self.commits

    def files(self) -> Iterator[FileChange]:
        """Yield the listed files of all judged commits, a file once for each commit."""
        for commit in self.judged_commits():
            yield from commit.files


class BuildRecord(Fact):
    """One finished build of a change: a fact about the past, never a feature.

    `id` is unique within a store; `outcome` is one of OUTCOMES, of which passed, failed and
    errored are labels. Times are Unix seconds. `p_run` is with which probability a gate let it run: 1,
    or less for a predicted failure that was drawn to run all the same; 1 / p_run is its weight.
    """

    __slots__ = (
        "attempt",
        "change",
        "finished_at",
        "id",
        "outcome",
        "p_run",
        "provider",
        "started_at",
        "url",
        "workflow",
    )
    id: Final[str]
    change: Final[Change]
    outcome: Final[str]
    started_at: Final[int]
    finished_at: Final[int]
    provider: Final[str]
    workflow: Final[str]
    attempt: Final[int]
    url: Final[str]
    p_run: Final[float]

    def __init__(
        self,
        id: str,
        change: Change,
        outcome: str,
        started_at: int,
        finished_at: int,
        provider: str = "",
        workflow: str = "",
        attempt: int = 1,
        url: str = "",
        p_run: float = 1.0,
    ) -> None:
        self.id = id
        self.change = change
        self.outcome = outcome
        self.started_at = started_at
        self.finished_at = finished_at
        self.provider = provider
        self.workflow = workflow
        self.attempt = attempt
        self.url = url
        self.p_run = p_run

    @property
    def failed(self) -> bool | None:
        """Return the label: True, False, or None where the outcome says nothing."""
        if self.outcome in FAILURES:
            return True
        return False if self.outcome == "passed" else None


def change_to_plain(change: Change) -> dict[str, Any]:
    """Return `change` as dicts, lists, strings and numbers, ready for JSON."""
    return {
        "head": change.head,
        "base": change.base,
        "branch": change.branch,
        "target": change.target,
        "event": change.event,
        "author": change.author,
        "pushed_at": change.pushed_at,
        "complete": change.complete,
        "commits": [_commit_to_plain(c) for c in change.commits],
    }


def _commit_to_plain(c: Commit) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "sha": c.sha,
        "parents": list(c.parents),
        "author": c.author,
        "authored_at": c.authored_at,
        "committed_at": c.committed_at,
        "subject": c.subject,
        "files": [[f.path, f.added, f.deleted, f.status] for f in c.files],
    }
    if c.rest_files or c.rest_added or c.rest_deleted:
        plain["rest"] = [c.rest_files, c.rest_added, c.rest_deleted]
    return plain


def change_from_plain(plain: dict[str, Any]) -> Change:
    """Return the Change that `change_to_plain` described.

    Raises:
        KeyError, TypeError, ValueError: where `plain` is not of that form.
    """
    return Change(
        plain["head"],
        plain["base"],
        plain["branch"],
        plain["author"],
        plain["pushed_at"],
        tuple([_commit_from_plain(c) for c in plain["commits"]]),
        plain["target"],
        plain["event"],
        plain["complete"],
    )


def _commit_from_plain(plain: dict[str, Any]) -> Commit:
    return Commit(
        plain["sha"],
        tuple(plain["parents"]),
        plain["author"],
        plain["authored_at"],
        plain["committed_at"],
        plain["subject"],
        tuple([FileChange(*f) for f in plain["files"]]),
        *plain.get("rest", ()),
    )
