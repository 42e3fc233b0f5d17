"""The version of a store's tables: read it, refuse a newer one, lead an older one up step by step.

Must be called inside a transaction that nobody else can be in where it writes.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from cigate.errors import StoreError
from cigate.stores import schema
from cigate.stores.schema import meta

KEY: Final = "schema_version"


def read_version(connection: sa.Connection) -> int:
    """Return the version of the tables, 0 where there are none.

    Raises:
        StoreError: they are not cigate's, or of a newer cigate.
    """
    inspector = sa.inspect(connection)
    if not inspector.has_table(meta.name):
        return 0
    text = connection.execute(sa.select(meta.c.value).where(meta.c.key == KEY)).scalar()
    if text is None or not text.isdecimal():
        raise _not_ours(meta.name)
    version = int(text)
    if version > len(schema.STEPS):
        raise StoreError(
            f"the store was made by a newer cigate (its tables have version {version}, this one"
            f" knows {len(schema.STEPS)})",
            "pip install --upgrade 'cigate[store]'",
        )
    return version


def is_current(connection: sa.Connection) -> bool | None:
    """Tell whether the tables are of this version; None where there are none."""
    version = read_version(connection)
    return None if version == 0 else version == len(schema.STEPS)


def upgrade(connection: sa.Connection) -> None:
    """Bring the tables to this version: all the steps, or, after an exception, none."""
    version = read_version(connection)
    if version == len(schema.STEPS):
        return
    if version == 0:
        _refuse_strangers(connection)
    for step in schema.STEPS[version:]:
        step(connection)
    connection.execute(sa.delete(meta).where(meta.c.key == KEY))
    connection.execute(sa.insert(meta).values(key=KEY, value=str(len(schema.STEPS))))


def _refuse_strangers(connection: sa.Connection) -> None:
    taken = set(sa.inspect(connection).get_table_names()) & set(schema.metadata.tables)
    if taken:
        raise _not_ours(min(taken))


def _not_ours(table: str) -> StoreError:
    return StoreError(
        f"the database has a table named {table} that cigate did not make",
        "give cigate a database, or a schema, of its own",
    )
