"""One fresh store for each test, in each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cigate.stores import Store, open_store
from tests.servers import Bucket, Postgres


def fresh_url(kind: str, request: pytest.FixtureRequest) -> str:
    """Return the URL of a store of this kind that nobody has written to."""
    folder: Path = request.getfixturevalue("tmp_path")
    if kind == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.create()
    if kind == "s3":
        bucket: Bucket = request.getfixturevalue("seaweedfs")
        patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        for name, value in bucket.environment.items():
            patch.setenv(name, value)
        return bucket.create()
    return f"file://{folder}/deep/builds" if kind == "folder" else f"sqlite:///{folder}/deep/builds.sqlite"


@pytest.fixture(params=["sqlite", "postgresql", "s3", "folder"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a store that nobody has written to, of each kind."""
    return fresh_url(request.param, request)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()
