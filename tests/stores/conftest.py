"""One fresh store for each test, in each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cigate.stores import Store, open_store
from tests.servers import Postgres, run_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with run_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that nobody has written to."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/builds.sqlite"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()
