"""How a build's row becomes its record: whole, or put away unopened until it is looked at.

A million builds are read for every training, so that a row costs what its change costs and little else.
Must not connect to anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern
from typing import Any, Final

import sqlalchemy as sa

from cigate.change import BuildRecord, Change
from cigate.shelf import moment_of
from cigate.stores.packing import peek_pushed_at, unpack
from cigate.stores.schema import builds, changes, raw, unescape

RECORD: Final = (
    "id",
    "outcome",
    "started_at",
    "finished_at",
    "provider",
    "workflow",
    "attempt",
    "url",
    "p_run",
)
OUTLINE: Final = (
    "id",
    "change_id",
    "head",
    "outcome",
    "started_at",
    "finished_at",
    "workflow",
    "attempt",
    "url",
)
_MOST = 1 << 63
# A row as it is stored, and the moment and the id by which it is put in order.
Entry = tuple[int, str, tuple[Any, ...]]


def as_stored(*names: str) -> list[sa.ColumnElement[Any]]:
    """Return columns of builds whose cells come as they are stored: few of the texts are asked for."""
    return [sa.type_coerce(builds.c[name], raw(builds.c[name].type)) for name in names]


def select_records(*names: str) -> sa.Select[Any]:
    """Return the query for what `record_of` reads, and for more columns of builds after it."""
    cells = [*as_stored(*RECORD), changes.c.content, *as_stored(*names)]
    return sa.select(*cells).join(changes, changes.c.id == builds.c.change_id)


def row_of(record: BuildRecord, change_id: str) -> dict[str, Any]:
    """Return the columns of `record`; head, branch and pushed_at repeat what its change says."""
    change = record.change
    return {
        "id": record.id,
        "change_id": change_id,
        "head": change.head,
        "branch": change.branch,
        "pushed_at": storable(change.pushed_at),
        "outcome": record.outcome,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "provider": record.provider,
        "workflow": record.workflow,
        "attempt": record.attempt,
        "url": record.url,
        "p_run": record.p_run,
    }


def storable(moment: int) -> int | None:
    """Return what stands in a column for a moment that somebody's clock said; None if it takes no such."""
    return moment if -_MOST <= moment < _MOST else None


def record_of(row: Iterable[Any]) -> BuildRecord:
    """Return the record in a row of `select_records`.

    Raises:
        StoreError: the change cannot be read.
    """
    id, outcome, started_at, finished_at, provider, workflow, attempt, url, p_run, content = row
    return BuildRecord(
        unescape(id),
        unpack(content),
        unescape(outcome),
        started_at,
        finished_at,
        unescape(provider),
        unescape(workflow),
        attempt,
        unescape(url),
        p_run,
    )


def entry_of(row: Iterable[Any]) -> Entry:
    """Return a row of `select_records("pushed_at")` with what puts it in order; its change stays packed.

    Raises:
        StoreError: the row is of before pushed_at had a column, and its change cannot be read.
    """
    id, outcome, started_at, finished_at, provider, workflow, attempt, url, p_run, content, pushed_at = row
    at = moment_of(peek_pushed_at(content) if pushed_at is None else pushed_at, finished_at)
    # The driver makes a new text for each cell: a million times "passed" are 55 MB.
    names = intern(outcome), started_at, finished_at, intern(provider), intern(workflow)
    return at, unescape(id), (id, *names, attempt, url, p_run, content)


def outlined(row: Iterable[Any]) -> BuildRecord:
    """Return the record in the OUTLINE columns `row`, with the head alone of its change."""
    id, _, head, outcome, started_at, finished_at, workflow, attempt, url = row
    change = Change(head, "", "", "", 0, ())
    return BuildRecord(id, change, outcome, started_at, finished_at, "", workflow, attempt, url)
