"""The store on a PostgreSQL server: one for a team."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import psycopg
import sqlalchemy as sa
from psycopg import capabilities
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from cigate.stores.schema import builds
from cigate.stores.sql import SqlStore
from cigate.stores.urls import parse_postgres, secrets_of, show_postgres

CONNECT_S: Final = 10
CHUNK: Final = 1_000
LOCK: Final = 0x63696761  # "ciga": the advisory lock under which tables are made
GATE: Final = LOCK + 1  # writers of builds share it
COVERING: Final = "builds_by_repository"
NEW: Final = f"{COVERING}_new"


class PostgresStore(SqlStore):
    """A server: one store for a team."""

    def __init__(self, url: str, deadline_s: float | None = None) -> None:
        parsed = parse_postgres(url)
        connect_s = CONNECT_S if deadline_s is None else max(1, min(CONNECT_S, math.ceil(deadline_s)))
        limit = {} if "connect_timeout" in parsed.query else {"connect_timeout": connect_s}
        engine = sa.create_engine(parsed, connect_args=limit, hide_parameters=True)
        if deadline_s is not None:
            sa.event.listen(engine, "begin", _limit_statements(deadline_s))
        super().__init__(engine, show_postgres(parsed), secrets_of(parsed))

    def lock(self, connection: sa.Connection) -> None:
        """Take a lock that ends with the transaction: CREATE TABLE alone may clash."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))

    def enter(self, connection: sa.Connection) -> None:
        """Share a lock that ends with the transaction."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(GATE)))

    def shut_out(self, connection: sa.Connection) -> None:
        """Take the writers' lock alone: afterwards no build with a lower number can still appear."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(GATE)))

    def announce_stream(self, connection: sa.Connection) -> None:
        """Say that whoever opens a cursor wants all of it: by default, a tenth of it is to come fast."""
        connection.exec_driver_sql("SET LOCAL cursor_tuple_fraction = 1")

    def stream_all(self, query: sa.Select[Any]) -> Iterator[Any]:
        """Stream rows that the server sends while we work: with a cursor each would wait for the other."""
        compiled = query.compile(dialect=self.engine.dialect)
        with self.reading() as connection:
            driver: Any = connection and connection.connection.driver_connection
            if driver is None:
                return
            size = CHUNK if capabilities.has_stream_chunked() else 1
            try:
                with driver.cursor() as cursor:
                    yield from cursor.stream(str(compiled), compiled.params, binary=True, size=size)
            except psycopg.Error as error:
                raise sa.exc.OperationalError(None, None, error) from error

    def renew_indexes(self) -> bool:
        """Let the index by repository include what is asked of it: tables of before have a plain one.

        A run that was cut short leaves one that cannot be used under the name for the new; it goes first.
        """
        index = next(each for each in builds.indexes if each.name == COVERING)
        made = str(CreateIndex(index).compile(dialect=self.engine.dialect))
        concurrently = made.replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY").replace(COVERING, NEW)
        with self.reading() as connection:
            if connection is None or _covers(connection):
                return False
        with self._translated():
            alone = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            with alone.connect() as connection:
                connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {NEW}")
                connection.exec_driver_sql(concurrently)
        with self.writing() as connection:
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {COVERING}")
            connection.exec_driver_sql(f"ALTER INDEX {NEW} RENAME TO {COVERING}")
        return True

    def insert_missing(self, table: sa.Table) -> sa.Insert:
        """Return the statement in PostgreSQL's dialect."""
        return postgresql.insert(table).on_conflict_do_nothing()


def _covers(connection: sa.Connection) -> bool:
    query = sa.text("SELECT pg_get_indexdef(to_regclass(:name))")
    return "INCLUDE" in (connection.execute(query, {"name": COVERING}).scalar() or "")


def _limit_statements(deadline_s: float) -> Callable[[sa.Connection], None]:
    """Return what bounds each statement of a transaction, in a way that a pooler between lets through."""
    limit_ms = max(1, math.ceil(deadline_s * 1000))

    def limit(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {limit_ms}")

    return limit
