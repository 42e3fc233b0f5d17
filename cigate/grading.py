"""What became of the judgements in the ledger: each joined to the builds of its commit. Pure.

A commit's own builds count, the first of each workflow: a repetition says whether it was flaky, not whether
the warning was right. Must not decide what such grades are worth.
"""

from __future__ import annotations

from cigate.change import Fact
from cigate.ledger import HOOK, Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from cigate.change import BuildRecord


class Outcome(Fact):
    """How the builds of one commit ended: `failed` where one of them did.

    `duration_s` is what they took together, `url` that of a failed one, else of any.
    """

    __slots__ = ("duration_s", "failed", "finished_at", "head", "pushed_at", "url")
    head: Final[str]
    failed: Final[bool]
    pushed_at: Final[int]
    finished_at: Final[int]
    duration_s: Final[int]
    url: Final[str]

    def __init__(
        self, head: str, failed: bool, pushed_at: int, finished_at: int, duration_s: int, url: str
    ) -> None:
        self.head = head
        self.failed = failed
        self.pushed_at = pushed_at
        self.finished_at = finished_at
        self.duration_s = duration_s
        self.url = url


class Grade(Fact):
    """A judged commit: the judgement that counts, all that were made, and the outcome (None: not known)."""

    __slots__ = ("entries", "entry", "outcome")
    entry: Final[Entry]
    entries: Final[tuple[Entry, ...]]
    outcome: Final[Outcome | None]

    def __init__(self, entry: Entry, entries: tuple[Entry, ...], outcome: Outcome | None) -> None:
        self.entry = entry
        self.entries = entries
        self.outcome = outcome


class Outcomes:
    """Collects the builds of the commits in `heads`, None for every commit, as they are read."""

    def __init__(self, heads: Iterable[str] | None) -> None:
        self._heads = None if heads is None else frozenset(heads)
        self._builds: dict[str, dict[str, BuildRecord]] = {}

    @property
    def wanted(self) -> frozenset[str]:
        """Return the commits whose builds are collected; empty where it is every commit."""
        return self._heads or frozenset()

    def take(self, record: BuildRecord) -> None:
        """Look at one record; they may come in any order."""
        head = record.change.head
        if record.failed is None or (self._heads is not None and head not in self._heads):
            return
        first = self._builds.setdefault(head, {})
        known = first.get(record.workflow)
        if known is None or _order(record) < _order(known):
            first[record.workflow] = record

    def of(self, head: str) -> Outcome | None:
        """Return how the builds of `head` ended, None where none is known."""
        builds = sorted(self._builds.get(head, {}).values(), key=_order)
        if not builds:
            return None
        failed = [build for build in builds if build.failed]
        return Outcome(
            head,
            bool(failed),
            min(build.change.pushed_at for build in builds),
            max(build.finished_at for build in builds),
            sum(max(0, build.finished_at - build.started_at) for build in builds),
            next((build.url for build in (*failed, *builds) if build.url), ""),
        )

    def heads(self) -> list[str]:
        """Return the commits of which an outcome is known."""
        return list(self._builds)


def grade(entries: Iterable[Entry], outcomes: Outcomes) -> list[Grade]:
    """Return a grade for each judged commit, in the order of the judgements that count.

    What had ended before it was judged grades nothing.
    """
    by_head: dict[str, list[Entry]] = {}
    for entry in entries:
        by_head.setdefault(entry.head, []).append(entry)
    grades = [_grade(made, outcomes.of(head)) for head, made in by_head.items()]
    return sorted(grades, key=lambda graded: (graded.entry.at, graded.entry.head))


def _grade(made: Sequence[Entry], outcome: Outcome | None) -> Grade:
    entry = _counting(made)
    known = outcome if outcome and outcome.finished_at > entry.at else None
    return Grade(entry, tuple(made), known)


def _counting(made: Sequence[Entry]) -> Entry:
    """Return the last judgement of the hook, else the last of all: what was said when it mattered."""
    return next((entry for entry in reversed(made) if entry.door == HOOK), made[-1])


def _order(record: BuildRecord) -> tuple[int, int, str]:
    return record.attempt, record.finished_at, record.id
