"""Tables of another age are led up, refused, or left alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from cigate.errors import StoreError
from cigate.stores import Store, open_store, schema
from cigate.stores.packing import pack_change
from cigate.stores.rows import row_of
from cigate.stores.shelving import shelve
from cigate.stores.sql import SqlStore
from cigate.stores.upkeep import fill_pushed_at
from tests.stores.conftest import fresh_url
from tests.stores.samples import record


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a database that nobody has written to, of each kind."""
    return fresh_url(request.param, request)


def execute(url: str, *statements: str) -> None:
    store = open_store(url)
    assert isinstance(store, SqlStore)
    store.prepare()
    with store.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    store.close()


def test_newer_tables_are_refused(store: Store, url: str) -> None:
    """An old cigate must neither misread nor damage what a new one wrote."""
    store.append([record(1)])
    execute(url, "UPDATE meta SET value = '99'")
    for use in (lambda: list(open_store(url).read()), lambda: open_store(url).append([record(2)])):
        with pytest.raises(StoreError, match=r"newer cigate .* version 99") as caught:
            use()
        assert "upgrade" in caught.value.hint


def test_older_tables_are_led_up(store: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each missing step runs once, on the first use of any kind, and no record is lost."""
    store.append([record(1), record(2)])

    def add_column(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE changes ADD COLUMN note TEXT"))

    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, add_column))
    assert list(open_store(url).read()) == [record(1), record(2)]
    assert open_store(url).append([record(2), record(3)]) == 1
    execute(url, "UPDATE changes SET note = 'x'")


BEFORE_REPOSITORIES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE changes (id TEXT PRIMARY KEY, content {bytes} NOT NULL)",
    """CREATE TABLE builds (id TEXT PRIMARY KEY, change_id TEXT NOT NULL REFERENCES changes (id),
    head TEXT NOT NULL, branch TEXT NOT NULL, outcome TEXT NOT NULL, started_at BIGINT NOT NULL,
    finished_at BIGINT NOT NULL, provider TEXT NOT NULL, workflow TEXT NOT NULL, attempt INTEGER NOT NULL,
    url TEXT NOT NULL)""",
    "CREATE INDEX builds_by_finish ON builds (finished_at, id)",
    "CREATE INDEX builds_by_head ON builds (head)",
    "INSERT INTO meta VALUES ('schema_version', '1')",
)


def test_a_store_of_before_repositories_keeps_its_builds(url: str) -> None:
    """Tables as the first cigate made them are led up with every build, and take new ones."""
    kind = "BYTEA" if url.startswith("postgresql") else "BLOB"
    execute(url, *(statement.replace("{bytes}", kind) for statement in BEFORE_REPOSITORIES))
    old = [record(1), record(2)]
    store = open_store(url)
    assert isinstance(store, SqlStore)
    with store.engine.begin() as connection:
        for each in old:
            id, content = pack_change(each.change)
            connection.execute(sa.insert(schema.changes), {"id": id, "content": content})
            since = ("p_run", "pushed_at")  # columns that came later
            row = {name: value for name, value in row_of(each, id).items() if name not in since}
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(sa.text(f"INSERT INTO builds ({names}) VALUES ({values})"), row)
    assert list(store.read()) == old
    assert store.append([*old, record(3)]) == 1
    assert open_store(f"{url}?repository=o/r").append(old) == 2
    assert store.count().builds == 5


def test_failed_step_changes_nothing(store: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that breaks half way leaves the old version, which the old program can still use."""
    store.append([record(1)])

    def break_half_way(connection: sa.Connection) -> None:
        connection.execute(sa.text("CREATE TABLE half (id TEXT)"))
        connection.execute(sa.text("SELECT * FROM nowhere"))

    with monkeypatch.context() as patched:
        patched.setattr(schema, "STEPS", (*schema.STEPS, break_half_way))
        with pytest.raises(StoreError, match="nowhere"):
            open_store(url).append([record(2)])
    assert list(open_store(url).read()) == [record(1)]
    execute(url, "CREATE TABLE half (id TEXT)")


@pytest.mark.parametrize("table", ["builds", "meta"])
def test_tables_of_a_stranger_are_left_alone(url: str, table: str) -> None:
    """A database in which our names are taken is not written to."""
    execute(url, f"CREATE TABLE {table} (key TEXT, value TEXT)")
    with pytest.raises(StoreError, match=f"table named {table} that cigate did not make"):
        open_store(url).append([record(1)])


def test_builds_of_before_the_draw_were_all_let_run(url: str) -> None:
    """Tables of version 2 keep every build; new ones keep with which probability they were let run."""
    store = open_store(url)
    store.append([record(number) for number in range(1, 7)])
    store.close()
    execute(
        url,
        "ALTER TABLE builds DROP COLUMN p_run",
        "UPDATE meta SET value = '2' WHERE key = 'schema_version'",
    )
    store = open_store(url)
    assert list(store.read()) == [record(number) for number in range(1, 7)]
    assert {found.p_run for found in store.read()} == {1.0}
    assert store.append([record(6), record(7)]) == 1
    (new,) = store.read_commit(record(7).change.head)
    assert new == record(7)
    assert new.p_run == 0.05
    store.close()


def test_builds_of_before_version_4_are_read_as_new_ones(url: str) -> None:
    """Their moments are looked up in their changes until `fill_pushed_at` puts them beside, once."""
    made = [record(number) for number in range(1, 9)]
    store = sql(open_store(url))
    store.append(made[:6])
    store.close()
    execute(
        url,
        "ALTER TABLE builds DROP COLUMN pushed_at",
        "UPDATE meta SET value = '3' WHERE key = 'schema_version'",
    )
    store = sql(open_store(url))
    assert list(store.read()) == made[:6]
    assert list(shelve(store)) == made[:6]
    assert store.append(made) == 2
    assert pushed(store) == [None] * 6 + [one.change.pushed_at for one in made[6:]]
    assert list(shelve(store)) == made
    assert list(fill_pushed_at(store, portion=4)) == [4, 2]
    assert pushed(store) == [one.change.pushed_at for one in made]
    assert list(shelve(store)) == made
    assert list(fill_pushed_at(store)) == []
    store.close()


def pushed(store: SqlStore) -> list[int | None]:
    with store.reading() as connection:
        assert connection is not None
        return list(connection.execute(sa.select(schema.builds.c.pushed_at).order_by("seq")).scalars())


def sql(store: Store) -> SqlStore:
    assert isinstance(store, SqlStore)
    return store
