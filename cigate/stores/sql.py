"""Build records in SQLite or PostgreSQL, through the same statements.

A change is kept once, compressed, under the digest of its content; a build points at it. Must not
let a password, or the values of a statement, into a message.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cigate.change import FAILURES, BuildRecord, Change
from cigate.errors import StoreError
from cigate.forgetting import names, without
from cigate.stores import Counts, schema
from cigate.stores.packing import pack_change, unpack
from cigate.stores.rows import (
    OUTLINE,
    Entry,
    as_stored,
    entry_of,
    outlined,
    record_of,
    row_of,
    select_records,
)
from cigate.stores.schema import builds, changes, unescape
from cigate.stores.versions import is_current, upgrade

BATCH: Final = 1000
FETCH: Final = 500
STREAM: Final = 2_000


class SqlStore(ABC):
    """What both databases have in common; a subclass says how to connect, lock and insert."""

    def __init__(self, engine: sa.Engine, shown: str, secrets: tuple[str, ...] = ()) -> None:
        self.engine = engine
        self.shown = shown
        self.repository = ""
        self._secrets = secrets
        self._current = False

    def append(self, records: Iterable[BuildRecord]) -> int:
        """Add the records whose id is new, in batches that go in whole; return how many."""
        stream = iter(records)
        added = 0
        while batch := list(islice(stream, BATCH)):
            added += self._append_batch({record.id: record for record in reversed(batch)})
        return added

    def read(self, workflow: str = "", since: int = 0, until: int | None = None) -> Iterator[BuildRecord]:
        """Stream the builds that finished in [since, until), ordered by (finished_at, id)."""
        query = select_records().order_by(builds.c.finished_at, builds.c.id)
        yield from map(record_of, self._stream(query.where(*self._span(workflow, since, until))))

    def read_packed(self, workflow: str = "", until: int | None = None) -> Iterator[Entry]:
        """Stream the builds that finished before `until` as `unpack` takes them, in no order."""
        query = select_records("pushed_at").where(*self._span(workflow, 0, until))
        yield from map(entry_of, self.stream_all(query))

    def unpack(self, packed: tuple[Any, ...]) -> BuildRecord:
        """Return the record of a packed build; it needs no connection."""
        return record_of(packed)

    def outline(
        self, workflow: str = "", heads: Container[str] = ()
    ) -> Iterator[tuple[int, str, BuildRecord | None]]:
        """Stream when each build finished, and what it says, in a text; those of `heads` come as well."""
        query = sa.select(*as_stored(*OUTLINE)).order_by(builds.c.finished_at, builds.c.id)
        for row in self._stream(query.where(*self._span(workflow, 0, None))):
            id, digest, head, outcome, started_at, finished_at, *_ = row
            wanted = heads and unescape(head) in heads
            text = f"{started_at} {finished_at} {digest} {outcome}\0{id}\0"  # no stored text has a NUL
            yield finished_at, text, outlined(map(schema.as_given, row)) if wanted else None

    def read_commit(self, head: str) -> Sequence[BuildRecord]:
        """Return the builds of one commit, in the order in which they finished."""
        query = select_records().where(*self._own(), builds.c.head == head)
        with self.reading() as connection:
            in_order = query.order_by(builds.c.finished_at, builds.c.id)
            rows = [] if connection is None else connection.execute(in_order).all()
        return [record_of(row) for row in rows]

    def heads(self, among: Sequence[str], newest: int, until: int) -> frozenset[str]:
        """Return the commits that were built: those `among` some, and those of the `newest` builds."""
        query = sa.select(builds.c.head).where(*self._own(), builds.c.started_at <= until)
        last = query.order_by(builds.c.finished_at.desc(), builds.c.id.desc()).limit(newest)
        with self.reading() as connection:
            if connection is None:
                return frozenset()
            found = connection.execute(query.where(builds.c.head.in_(among))).scalars().all()
            return frozenset(found) | frozenset(connection.execute(last).scalars())

    def forget_author(self, author: str) -> int:
        """Put nobody in the place of `author`, a pseudonym; return in how many changes."""
        last, forgotten = "", 0
        query = sa.select(changes).order_by(changes.c.id).limit(FETCH)
        while True:
            with self.reading() as connection:
                rows = (
                    [] if connection is None else connection.execute(query.where(changes.c.id > last)).all()
                )
            if not rows:
                return forgotten
            last = rows[-1].id
            found = {row.id: unpack(row.content) for row in rows}
            found = {id: change for id, change in found.items() if names(change, author)}
            if found:
                self._replace({id: without(change, author) for id, change in found.items()})
            forgotten += len(found)

    def count(self) -> Counts:
        """Return how many builds, failures and builds of each workflow there are."""
        failed = sa.case((builds.c.outcome.in_(sorted(FAILURES)), 1), else_=0)
        query = (
            sa.select(
                builds.c.workflow,
                sa.func.count(),
                sa.func.sum(failed),
                sa.func.max(builds.c.finished_at),
            )
            .where(*self._own())
            .group_by(builds.c.workflow)
        )
        with self.reading() as connection:
            rows = [] if connection is None else connection.execute(query).all()
        workflows = sorted(((row[0], row[1]) for row in rows), key=lambda w: (-w[1], w[0]))
        return Counts(
            builds=sum(row[1] for row in rows),
            failures=sum(row[2] for row in rows),
            last_finished_at=max((row[3] for row in rows), default=0),
            workflows=tuple(workflows),
        )

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def upgrade_tables(self) -> int:
        """Make the tables, or lead them up to this program's version; return that."""
        with self.writing():
            return len(schema.STEPS)

    def exists(self) -> bool:
        """Tell whether there is a database to read at all."""
        return True

    def prepare(self) -> None:  # noqa: B027 - a step that only files need
        """Make room for a database that is about to be written for the first time."""

    def lock(self, connection: sa.Connection) -> None:  # noqa: B027 - a step that only servers need
        """Let only one connection at a time make or change the tables."""

    def enter(self, connection: sa.Connection) -> None:  # noqa: B027 - a step that only servers need
        """Join the writers of builds, whom an export and a pruning let finish first."""

    def shut_out(self, connection: sa.Connection) -> None:  # noqa: B027 - a step that only servers need
        """Wait for the writers of builds that are at work, and hold back new ones."""

    def renew_indexes(self) -> bool:
        """Make anew what indexes of an older version there are, while others write; tell whether any was."""
        return False

    def announce_stream(self, connection: sa.Connection) -> None:  # noqa: B027 - a step that only servers need
        """Tell the database that what is asked for next will be read to its end."""

    @abstractmethod
    def insert_missing(self, table: sa.Table) -> sa.Insert:
        """Return the statement that inserts the rows whose key is not there yet."""

    def _append_batch(self, batch: dict[str, BuildRecord]) -> int:
        with self.reading() as connection:
            known = set() if connection is None else self._known(connection, batch)
        # Everybody writes in the order of the keys, so that two writers of the same builds cannot
        # wait for each other.
        new = [batch[id] for id in sorted(batch.keys() - known)]
        if not new:
            return 0
        packed = [pack_change(record.change) for record in new]
        rows = [
            {"repository": self.repository, **row_of(record, digest)}
            for record, (digest, _) in zip(new, packed, strict=True)
        ]
        contents = [{"id": digest, "content": content} for digest, content in sorted(set(packed))]
        with self.writing() as connection:
            self.enter(connection)
            connection.execute(self.insert_missing(changes), contents)
            insert = self.insert_missing(builds)
            done = connection.execute(insert, rows, execution_options={"preserve_rowcount": True})
            return done.rowcount

    def _own(self) -> tuple[sa.ColumnElement[bool], ...]:
        """Return what picks the builds of the store's repository; of all where it names none."""
        return (builds.c.repository == self.repository,) if self.repository else ()

    def _span(self, workflow: str, since: int, until: int | None) -> Iterator[sa.ColumnElement[bool]]:
        """Yield what picks the builds of a workflow ("": of all) that finished in [since, until)."""
        yield from self._own()
        yield builds.c.finished_at >= since
        if until is not None:
            yield builds.c.finished_at < until
        if workflow:
            yield builds.c.workflow == workflow

    def stream_all(self, query: sa.Select[Any]) -> Iterator[Any]:
        """Stream the rows of a question whose answer is long."""
        return self._stream(query)

    def _stream(self, query: sa.Select[Any]) -> Iterator[Any]:
        with self.reading() as connection:
            if connection is not None:
                self.announce_stream(connection)
                yield from connection.execution_options(yield_per=STREAM).execute(query)

    def _known(self, connection: sa.Connection, ids: Iterable[str]) -> set[str]:
        among = builds.c.id.in_(sorted(ids))
        query = sa.select(builds.c.id).where(builds.c.repository == self.repository, among)
        return set(connection.execute(query).scalars())

    def _replace(self, new: dict[str, Change]) -> None:
        """Give the builds of each change the one that takes its place; the old one goes."""
        with self.writing() as connection:
            self.shut_out(connection)
            for old_id, change in new.items():
                new_id, content = pack_change(change)
                connection.execute(self.insert_missing(changes), [{"id": new_id, "content": content}])
                moved = sa.update(builds).where(builds.c.change_id == old_id).values(change_id=new_id)
                connection.execute(moved)
                connection.execute(sa.delete(changes).where(changes.c.id == old_id))

    @contextmanager
    def reading(self) -> Iterator[sa.Connection | None]:
        """Give a connection for reading, or None where nothing was ever written."""
        with self._translated():
            if not self.exists():
                yield None
                return
            with self.engine.connect() as connection:
                present = self._current or is_current(connection)
                connection.rollback()
                if present is False:
                    self._upgrade()
                yield None if present is None else connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection whose writes are all kept, or, after an exception, none."""
        with self._translated():
            if not self._current:
                self._upgrade()
            with self._transaction() as connection:
                yield connection

    def _upgrade(self) -> None:
        self.prepare()
        with self._transaction() as connection:
            self.lock(connection)
            upgrade(connection)
        self._current = True

    def _transaction(self) -> AbstractContextManager[sa.Connection]:
        return self.engine.execution_options(cigate_writes=True).begin()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(
                f"the store {self.shown} cannot be used: {self._reason(error)}",
                "check that it is there and that you may write to it",
            ) from error

    def _reason(self, error: Exception) -> str:
        """Return the database's own words: first line, no statement, no password."""
        said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        for secret in self._secrets:
            said = said.replace(secret, "***")
        return said.splitlines()[0]
