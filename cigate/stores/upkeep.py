"""What a store of years needs: prune what is old, read what came since the last time, fill in what is new.

All work in portions, each whole or not at all, so that builds can be recorded meanwhile. Must not be
needed for judging or recording a push.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from cigate.change import BuildRecord
from cigate.stores.packing import peek_pushed_at
from cigate.stores.rows import record_of, select_records, storable
from cigate.stores.schema import builds, changes, unescape
from cigate.stores.sql import FETCH, SqlStore

PORTION: Final = 5_000


def count_old(store: SqlStore, before: int) -> int:
    """Return how many builds had finished before that moment."""
    with store.reading() as connection:
        if connection is None:
            return 0
        query = sa.select(sa.func.count()).select_from(builds).where(*_old(store, before))
        return int(connection.execute(query).scalar_one())


def prune(store: SqlStore, before: int, portion: int = PORTION) -> Iterator[tuple[int, int]]:
    """Delete the builds that had finished before that moment, and the changes that no build needs then.

    Yields (builds, changes) of each portion when it is gone. Interrupted, it has deleted whole portions.
    """
    while True:
        with store.reading() as connection:
            if connection is None:
                return
        with store.writing() as connection:
            store.shut_out(connection)
            gone = _delete_builds(connection, store, before, portion)
            orphans = _delete_orphans(connection, gone)
        if not gone:
            return
        yield len(gone), orphans


def newest_number(store: SqlStore) -> int:
    """Return the highest number of a build: everything up to it is there and stays as it is."""
    with store.reading() as connection:
        if connection is None:
            return 0
    with store.writing() as connection:
        store.shut_out(connection)
        return int(connection.execute(sa.select(sa.func.max(builds.c.seq))).scalar() or 0)


def read_numbers(store: SqlStore, after: int, until: int) -> Iterator[tuple[int, str, BuildRecord]]:
    """Stream (number, repository, record) of the builds in (after, until], as they came."""
    query = (
        select_records("seq", "repository")
        .where(builds.c.seq > after, builds.c.seq <= until)
        .order_by(builds.c.seq)
    )
    if store.repository:
        query = query.where(builds.c.repository == store.repository)
    with store.reading() as connection:
        if connection is None:
            return
        result = connection.execution_options(yield_per=FETCH).execute(query)
        for *row, seq, repository in result:
            yield seq, unescape(repository), record_of(row)


def fill_pushed_at(store: SqlStore, portion: int = PORTION) -> Iterator[int]:
    """Say beside the builds of before version 4 when they were pushed, so that trainings read them as fast.

    Yields how many builds of each portion were looked into, when that is done. Interrupted, it goes on
    where it was.

    Raises:
        StoreError: a change cannot be read.
    """
    last = 0
    empty = sa.select(builds.c.seq, changes.c.content).join(changes, changes.c.id == builds.c.change_id)
    empty = empty.where(builds.c.pushed_at.is_(None)).order_by(builds.c.seq).limit(portion)
    fill = sa.update(builds).where(builds.c.seq == sa.bindparam("number"))
    while True:
        with store.reading() as connection:
            after = empty.where(builds.c.seq > last)
            found = [] if connection is None else connection.execute(after).all()
        if not found:
            return
        last = found[-1].seq
        moments = [(seq, storable(peek_pushed_at(content))) for seq, content in found]
        with store.writing() as connection:
            connection.execute(fill, [{"number": seq, "pushed_at": at} for seq, at in moments])
        yield len(found)


def _old(store: SqlStore, before: int) -> tuple[sa.ColumnElement[bool], ...]:
    own = (builds.c.repository == store.repository,) if store.repository else ()
    return (*own, builds.c.finished_at < before)


def _delete_builds(connection: sa.Connection, store: SqlStore, before: int, portion: int) -> list[str]:
    """Delete the oldest builds; return the change of each."""
    oldest = sa.select(builds.c.seq).where(*_old(store, before)).order_by(builds.c.finished_at).limit(portion)
    gone = sa.delete(builds).where(builds.c.seq.in_(oldest)).returning(builds.c.change_id)
    return list(connection.execute(gone).scalars())


def _delete_orphans(connection: sa.Connection, candidates: list[str]) -> int:
    """Delete those of the changes that no build is left of; return how many."""
    deleted = 0
    ids = sorted(set(candidates))
    needed = sa.select(builds.c.seq).where(builds.c.change_id == changes.c.id).exists()
    for at in range(0, len(ids), FETCH):
        among = changes.c.id.in_(ids[at : at + FETCH])
        deleted += connection.execute(sa.delete(changes).where(among, ~needed)).rowcount
    return deleted
