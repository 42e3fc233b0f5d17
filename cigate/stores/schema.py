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
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_UNSTORABLE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


def escape(text: str) -> str:
    r"""Return `text` with lone surrogates, NUL and backslashes as ``\uXXXX``: storable, reversible."""
    return _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def unescape(text: str) -> str:
    """Return what `escape` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


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
    Column("id", ExactText, primary_key=True),
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
    Index("builds_by_finish", "finished_at", "id"),
    Index("builds_by_head", "head"),
)

# Step n leads from version n to n + 1; an empty database is version 0. A step that has been
# released is never edited: whoever changes the tables adds one.
STEPS: tuple[Callable[[Connection], None], ...] = (metadata.create_all,)
