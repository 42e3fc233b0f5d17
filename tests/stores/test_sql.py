"""What goes wrong with a database is told in one line, without a password."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import capabilities

from cigate.errors import MissingExtra, StoreError
from cigate.stores import open_store
from cigate.stores.postgres import PostgresStore
from cigate.stores.shelving import shelve
from cigate.stores.sqlite import SqliteStore
from tests.servers import PASSWORD, Postgres, free_port
from tests.stores.samples import record

MANY = """
INSERT INTO builds (repository, id, change_id, head, branch, outcome, started_at, finished_at, provider,
    workflow, attempt, url, pushed_at)
SELECT repository, id || n, change_id, head, branch, outcome, started_at, finished_at, provider, workflow,
    attempt, repeat('x', 1500), pushed_at FROM builds, generate_series(1, 10000) n"""


def refusal(url: str) -> str:
    with pytest.raises(StoreError) as caught:
        open_store(url).append([record(1)])
    said = f"{caught.value} {caught.value.hint}"
    assert "\n" not in said
    assert "INSERT" not in said
    return said


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of something else is named and left as it is."""
    path = tmp_path / "notes.sqlite"
    path.write_text("not a database " * 100)
    assert f"sqlite:///{path} cannot be used: file is not a database" in refusal(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


def test_place_that_cannot_be_made(tmp_path: Path) -> None:
    """A folder where a file should be, and a file where a folder should be."""
    (tmp_path / "file").write_text("")
    assert "unable to open database file" in refusal(f"sqlite:///{tmp_path}")
    assert "cannot be used" in refusal(f"sqlite:///{tmp_path}/file/builds.sqlite")


def test_reading_makes_no_file(tmp_path: Path) -> None:
    """A question leaves no trace."""
    store = open_store(f"sqlite:///{tmp_path}/deep/builds.sqlite")
    assert list(store.read()) == []
    assert list(tmp_path.iterdir()) == []


def test_damaged_change_is_told(tmp_path: Path) -> None:
    """A row that lost its content stops the reading with a next step."""
    store = SqliteStore(f"sqlite:///{tmp_path}/builds.sqlite")
    store.append([record(1)])
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE changes SET content = x'00ff'"))
    with pytest.raises(StoreError, match="damaged") as caught:
        list(store.read())
    assert "import again" in caught.value.hint


def test_damaged_change_on_a_shelf_is_told(tmp_path: Path) -> None:
    """Whoever comes to it is told then, or, where its moment must be looked up in it, when it is read."""
    store = SqliteStore(f"sqlite:///{tmp_path}/builds.sqlite")
    store.append([record(1)])
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE changes SET content = x'00ff'"))
    shelf = shelve(store)
    with pytest.raises(StoreError, match="damaged"):
        list(shelf)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE builds SET pushed_at = NULL"))
    with pytest.raises(StoreError, match="damaged"):
        shelve(store)


def test_wrong_password_is_not_shown(postgres: Postgres) -> None:
    """The server's own words come through, the password does not, in any spelling."""
    said = refusal(postgres.url("postgres", password=PASSWORD + "wrong"))
    assert "password authentication failed" in said
    assert "s3cret" not in said


@pytest.mark.parametrize("chunked", [True, False])
def test_a_reading_that_is_cut_off_is_told(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, chunked: bool
) -> None:
    """A server that ends the connection in the middle ends the reading in one line, whatever libpq can do."""
    if not chunked:
        monkeypatch.setattr(capabilities, "has_stream_chunked", bool)
    url = postgres.create()
    store = open_store(url)
    assert isinstance(store, PostgresStore)
    assert list(store.read_packed()) == []
    store.append([record(1)])
    with psycopg.connect(url) as connection:  # more than what lies between two sockets
        connection.execute(MANY)
    stream = store.read_packed()
    next(stream)
    with psycopg.connect(url) as other:
        others = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        other.execute(f"{others} AND datname = current_database()".encode())
    with pytest.raises(StoreError, match="cannot be used") as caught:
        list(stream)
    assert "s3cret" not in str(caught.value)
    first = next(store.read_packed())
    assert store.unpack(first[2]).id == first[1]
    assert store.count().builds == 10_001


def test_unreachable_server() -> None:
    """A server that is down is named by host and port."""
    port = free_port()
    said = refusal(f"postgresql://ann:hunter2@127.0.0.1:{port}/ci")
    assert f"postgresql://127.0.0.1:{port}/ci cannot be used" in said
    assert "hunter2" not in said


def test_missing_database_library_names_the_extra() -> None:
    """A plain installation has no SQLAlchemy, and says what to install."""
    program = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from cigate.errors import MissingExtra\n"
        "from cigate.stores import open_store\n"
        "try: open_store('sqlite:///x')\n"
        "except MissingExtra as error: print(error, error.hint)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    expected = MissingExtra("a store of builds", "store")
    assert said.strip() == f"{expected} {expected.hint}"
