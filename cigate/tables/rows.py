"""One row of a table becomes one Build: of a commit that git may know, or of totals.

Pure. A row that cannot be read is a BadRow that says where and why, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from cigate.reporters.escape import escape
from cigate.tables.columns import Columns
from cigate.tables.values import (
    MAX_DURATION_S,
    BadValue,
    parse_attempt,
    parse_count,
    parse_duration,
    parse_flag,
    parse_outcome,
    parse_sha,
    parse_time,
    shorten,
)

SYNTHETIC: Final = "synthetic"
# Where a table of totals gives no times, its rows are taken to be this far apart, from then on.
FIRST_AT: Final = 946_684_800  # 2000-01-01
APART_S: Final = 3600
_PULL_REF: Final = re.compile(r"refs/pull/(\d+)/")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Totals:
    """What is known of a change without a commit."""

    author: str
    files_changed: int
    lines_added: int
    lines_deleted: int
    dominant_file_type: str


@dataclass(frozen=True, slots=True)
class Build:
    """What a row says: of a commit (`sha`), or of `totals`.

    `build_id` is "" where the table has none, `finished_at` None where it does not say how long the
    build took.
    """

    build_id: str
    sha: str
    totals: Totals | None
    outcome: str
    branch: str
    target: str
    event: str
    pushed_at: int
    started_at: int
    finished_at: int | None
    provider: str
    workflow: str
    attempt: int
    url: str
    job: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read; `column` is "" where the whole row is at fault."""

    file: str
    line: int
    column: str
    value: str
    why: str

    def __str__(self) -> str:
        where = f"{escape(self.file)} line {self.line}"
        if not self.column:
            return f"{where}: {self.why}"
        return f"{where}, column {shorten(self.column)}: '{shorten(self.value)}' {self.why}"


class Cells:
    """A row's cells by field; remembers which was read last, so that a message can name it."""

    def __init__(self, row: Sequence[str], columns: Columns) -> None:
        self._row = row
        self._columns = columns
        self._last = ""

    def text(self, field: str) -> str:
        """Return a cell, "" where the table or the row has none."""
        place = self._columns.places.get(field)
        return "" if place is None or place >= len(self._row) else self._row[place].strip()

    def value(self, field: str, parse: Callable[[str], _T]) -> _T:
        """Return what a cell means."""
        self._last = field
        return parse(self.text(field))

    def optional(self, field: str, parse: Callable[[str], _T]) -> _T | None:
        """Return what a cell means, None where it is empty."""
        return self.value(field, parse) if self.text(field) else None

    def bad(self, file: str, line: int, error: BadValue) -> BadRow:
        """Return the complaint about the cell that was read last."""
        column = self._columns.names.get(self._last, self._last)
        return BadRow(file, line, column, self.text(self._last), str(error))


def parse_row(
    row: Sequence[str], columns: Columns, file: str, line: int, number: int, workflow: str = ""
) -> Build | BadRow:
    """Return the build in `row`, the `number`-th of its file (from 0).

    `workflow` is the name for rows that have none of their own.
    """
    if any(cell.strip() for cell in row[columns.width :]):
        return BadRow(file, line, "", "", "more cells than the header has")
    cells = Cells(row, columns)
    try:
        return _build(cells, columns, number, workflow)
    except BadValue as error:
        return cells.bad(file, line, error)


def _build(cells: Cells, columns: Columns, number: int, workflow: str) -> Build:
    sha = cells.value("sha", parse_sha) if columns.has_commits else ""
    outcome = cells.value("status", parse_outcome)
    branch, target, event = _place(cells, columns, sha)
    times = _times(cells, sha)
    pushed_at, started_at, finished_at = times or _invented_times(number)
    return Build(
        build_id=cells.text("build_id"),
        sha=sha,
        totals=None if sha else _totals(cells),
        outcome=outcome,
        branch=branch,
        target=target,
        event=event,
        pushed_at=pushed_at,
        started_at=started_at,
        finished_at=finished_at,
        provider=_provider(cells, columns),
        workflow=cells.text("workflow") or workflow,
        attempt=cells.value("attempt", parse_attempt),
        url=cells.text("url"),
    )


def _times(cells: Cells, sha: str) -> tuple[int, int, int | None] | None:
    """Return when the build was pushed, started and finished; None where a row of totals has no time."""
    pushed = cells.optional("pushed_at", parse_time)
    finished = cells.optional("finished_at", parse_time)
    duration = cells.value("duration", parse_duration)
    known = [cells.optional("started_at", parse_time), pushed]
    known.append(None if finished is None else finished - (duration or 0))
    started = next((time for time in known if time is not None), None)
    if started is None:
        if sha:
            cells.value("started_at", parse_time)  # raises: there is none
        return None
    # What is pushed later than it starts would be judged with its own outcome known.
    pushed = started if pushed is None else min(pushed, started)
    if duration is None and finished is not None and 0 <= finished - started <= MAX_DURATION_S:
        duration = finished - started
    return pushed, started, None if duration is None else started + duration


def _invented_times(number: int) -> tuple[int, int, None]:
    at = FIRST_AT + number * APART_S
    return at, at, None


def _totals(cells: Cells) -> Totals:
    lines_added = cells.value("lines_added", parse_count)
    lines_deleted = cells.value("lines_deleted", parse_count)
    files_changed = cells.value("files_changed", parse_count)
    if not files_changed and lines_added + lines_deleted:
        raise BadValue("is too few for the lines that changed")
    return Totals(
        cells.text("author"), files_changed, lines_added, lines_deleted, cells.text("dominant_file_type")
    )


def _place(cells: Cells, columns: Columns, sha: str) -> tuple[str, str, str]:
    """Return branch, target and event.

    For a pull request Travis names the branch that it wants to enter, GitHub the one it comes from.
    """
    branch = cells.text("branch").removeprefix("refs/heads/")
    target = cells.text("target").removeprefix("refs/heads/")
    event = cells.text("event") or "push"
    number = cells.text("pr_number").removesuffix(".0")
    is_pr = cells.value("is_pr", parse_flag)
    if merged := _PULL_REF.match(branch):
        return f"pull/{merged[1]}", target, "pull_request"
    from_head = columns.names.get("branch", "").lower().startswith("head")
    if is_pr or (event == "pull_request" and number and not from_head):
        event = "pull_request"
        if not from_head:
            branch, target = f"pull/{number or sha}", target or branch
    return branch, target, event


def _provider(cells: Cells, columns: Columns) -> str:
    """Return who built it, as far as the columns give it away: a part of the build's id."""
    if cells.value("synthetic", parse_flag):
        return SYNTHETIC
    if given := cells.text("provider"):
        return given
    if "is_pr" in columns.places:
        return "travis"
    return "github" if {"event", "workflow"} & columns.places.keys() else "csv"
