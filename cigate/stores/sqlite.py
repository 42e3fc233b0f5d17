"""The store in a file: the default, shared by the worktrees of a repository and by many processes."""

from __future__ import annotations

import os
import sqlite3
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from cigate.stores.sql import SqlStore
from cigate.stores.urls import parse_sqlite

BUSY_S: Final = 60


class SqliteStore(SqlStore):
    """A file: the default, shared by the worktrees of one repository and by many processes."""

    def __init__(self, url: str, deadline_s: float | None = None) -> None:
        self.path: Final = parse_sqlite(url)
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=self.path),
            connect_args={"timeout": BUSY_S if deadline_s is None else min(BUSY_S, deadline_s)},
            hide_parameters=True,
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        super().__init__(engine, f"sqlite:///{self.path}")

    def exists(self) -> bool:
        """Tell whether there is a file: opening it would make one."""
        return os.path.exists(self.path)

    def prepare(self) -> None:
        """Make the folder of the file."""
        os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)

    def insert_missing(self, table: sa.Table) -> sa.Insert:
        """Return the statement in SQLite's dialect."""
        return sqlite.insert(table).on_conflict_do_nothing()


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    """Take transactions into our own hands, and let readers and a writer work side by side."""
    connection.isolation_level = None
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError:
        # Somebody else is switching it on, or the file system cannot: slower, not wrong.
        return


def _begin_sqlite(connection: sa.Connection) -> None:
    """Take the write lock at once: one that is asked for later may be refused without waiting."""
    writes = connection.get_execution_options().get("cigate_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
