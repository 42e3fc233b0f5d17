"""The one schema of a store, the same in every database, and the steps that lead to it.

Text columns hold any string that git can produce, in a form that every database accepts.
Must not connect to anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_UNSTORABLE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def escape(raw: str) -> str:
    r"""Return `raw` with lone surrogates, NUL and backslashes as ``\uXXXX``: storable, reversible."""
    return _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", raw)


def unescape(stored: str) -> str:
    """Return what `escape` was given."""
    if "\\" not in stored:  # ten thousand builds hold 70,000 texts
        return stored
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), stored)


class ExactText(TypeDecorator[str]):
    """Text that comes back as it went in, ordered by code points whatever the database's locale."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return the column type: PostgreSQL alone needs to be told to order by bytes."""
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(Text(collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Escape on the way in."""
        return None if value is None else escape(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Unescape on the way out."""
        return None if value is None else unescape(value)


def raw(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type that leaves a column's cells as they are stored."""
    return Text() if isinstance(kind, ExactText) else kind


def as_given(stored: Any) -> Any:
    """Return what stands for a cell of a `raw` column."""
    return unescape(stored) if isinstance(stored, str) else stored


metadata: Final = MetaData()

meta: Final = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

changes: Final = Table(
    "changes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

builds: Final = Table(
    "builds",
    metadata,
    # Numbers only rise, in the order in which builds came: what is newer than a number is what is new.
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("repository", ExactText, nullable=False),
    Column("id", ExactText, nullable=False),
    Column("change_id", Text, ForeignKey("changes.id"), nullable=False),
    Column("head", ExactText, nullable=False),
    Column("branch", ExactText, nullable=False),
    Column("outcome", ExactText, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger, nullable=False),
    Column("provider", ExactText, nullable=False),
    Column("workflow", ExactText, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("url", ExactText, nullable=False),
    Column("p_run", Double, nullable=False, server_default="1"),
    # When the change was pushed: builds are learned in that order. Not known of builds of before version 4.
    Column("pushed_at", BigInteger),
    UniqueConstraint("repository", "id"),
    # What is included lets PostgreSQL answer `heads` from the index: 22 pages in the place of 1,013.
    Index(
        "builds_by_repository",
        "repository",
        "finished_at",
        "id",
        postgresql_include=["head", "started_at"],
    ),
    Index("builds_by_finish", "finished_at", "id"),
    Index("builds_by_head", "head"),
    Index("builds_by_change", "change_id"),
    sqlite_autoincrement=True,
)


def add_repositories(connection: Connection) -> None:
    """Give builds a repository and a number: a store may hold many repositories, and tell what is new.

    Tables that step 1 made just now have them already.
    """
    old = [column["name"] for column in inspect(connection).get_columns(builds.name)]
    if "repository" in old:
        return
    for index in ("builds_by_finish", "builds_by_head"):
        connection.execute(text(f"DROP INDEX {index}"))
    connection.execute(text("ALTER TABLE builds RENAME TO builds_before"))
    builds.create(connection)
    before = Table("builds_before", MetaData(), *(Column(name) for name in old))
    rows = select(literal("").label("repository"), *(before.c[name] for name in old))
    connection.execute(
        builds.insert().from_select(["repository", *old], rows.order_by(before.c.finished_at, before.c.id))
    )
    connection.execute(text("DROP TABLE builds_before"))


def add_p_run(connection: Connection) -> None:
    """With which probability a build was let run. All builds before were."""
    _add_column(connection, "p_run", "DOUBLE PRECISION NOT NULL DEFAULT 1")


def add_pushed_at(connection: Connection) -> None:
    """Say beside a build when it was pushed, so that it can be put in order without opening its change.

    It stays empty in the builds of before, which are looked into instead: to fill in millions of them
    would keep every pipeline waiting that records meanwhile.
    """
    _add_column(connection, "pushed_at", "BIGINT")


def _add_column(connection: Connection, name: str, kind: str) -> None:
    # Step 1 makes the tables as they are today, this column with them.
    if name not in {column["name"] for column in inspect(connection).get_columns(builds.name)}:
        connection.execute(text(f"ALTER TABLE builds ADD COLUMN {name} {kind}"))


# Step n leads from version n to n + 1; an empty database is version 0. A step that has been
# released is never edited: whoever changes the tables adds one.
STEPS: tuple[Callable[[Connection], None], ...] = (
    metadata.create_all,
    add_repositories,
    add_p_run,
    add_pushed_at,
)
