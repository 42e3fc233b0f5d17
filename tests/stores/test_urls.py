"""A store's URL is read strictly, and nothing secret in it can reach a message."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.errors import StoreError
from cigate.stores import open_store
from cigate.stores.urls import parse_postgres, parse_sqlite, secrets_of, show_postgres


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///builds.sqlite", "builds.sqlite"),
        ("sqlite:////srv/a b/50%25?#.sqlite", "/srv/a b/50%25?#.sqlite"),
    ],
)
def test_sqlite_path_is_taken_as_it_stands(url: str, path: str) -> None:
    """A folder may be called anything: nothing in a path is an option or an escape."""
    assert parse_sqlite(url) == path


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite://builds.sqlite", "sqlite:///:memory:"])
def test_sqlite_needs_a_file(url: str) -> None:
    """A store in memory would be lost, and a host makes no sense."""
    with pytest.raises(StoreError, match="names no file"):
        open_store(url)


@pytest.mark.parametrize("url", ["", "builds.sqlite", "mysql://u:hunter2@h/d", "sqlite:x", "C:\\hunter2"])
def test_unknown_kind_of_store_is_not_repeated(url: str) -> None:
    """What was given is not shown: it may hold a password."""
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert "hunter2" not in str(caught.value) + caught.value.hint
    assert "sqlite:///" in caught.value.hint


def test_postgres_parts() -> None:
    """A well-formed URL is shown by host, port and database alone."""
    url = parse_postgres("postgresql://ann:p%40ss@db.example:5433/ci?sslmode=require&password=x")
    assert (url.username, url.password, url.query["sslmode"]) == ("ann", "p@ss", "require")
    assert show_postgres(url) == "postgresql://db.example:5433/ci"
    assert secrets_of(url) == ("p%40ss", "p@ss", "x")


@pytest.mark.parametrize(
    "rest",
    [
        "zoe:hunter2@host:port/db",
        "zoe:hunter2",
        "zoe:hun@ter2@host/db",
        "zoe:hun/ter2@host/db",
        "zoe:hun?ter2@host/db",
        "zoe:hun#ter2@host/db",
        "zoe:hunter2@host",
        "zoe:hunter2@host/",
        "host/db?password=hun@ter2",
    ],
)
def test_malformed_postgres_url_shows_nothing(rest: str) -> None:
    """A bare character that belongs percent-encoded must not cut a password in two."""
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://{rest}")
    said = str(caught.value) + caught.value.hint
    assert not any(part in said for part in ("hunter2", "ter2", "hun", "zoe", "port/db"))
    assert caught.value.__cause__ is None


@given(password=st.text(min_size=8, max_size=12), encoded=st.booleans())
def test_no_password_is_shown(password: str, encoded: bool) -> None:
    """Encoded it is understood and hidden; bare it is either hidden or refused without a word of it."""
    written = quote(password, safe="", errors="replace") if encoded else password
    try:
        url = parse_postgres(f"postgresql://u:{written}@host.example/db")
    except StoreError as error:
        shown = str(error) + error.hint
        assert not encoded
    else:
        shown = show_postgres(url)
    assert shown == "postgresql://host.example/db" or "cannot be understood" in shown
