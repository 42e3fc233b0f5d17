"""What a store's URL says, read so strictly that no part of a password can be taken for another.

Pure. No message made here holds anything that was in the URL.
"""

from __future__ import annotations

import re
from urllib.parse import quote

import sqlalchemy as sa

from cigate.errors import StoreError

# A password with a bare @, /, ? or # in it would be cut in two, and half of it shown as a host.
_AUTHORITY = re.compile(r"[^@/?#]*(@[^@/?#]*)?(/[^@#]*)?$")


def parse_sqlite(url: str) -> str:
    """Return the path in ``sqlite:///relative/path`` or ``sqlite:////absolute/path``, as it stands.

    Raises:
        StoreError: there is no path in it.
    """
    _, _, path = url.partition("sqlite:///")
    if not path or path == ":memory:" or "\0" in path:
        raise StoreError(
            "the URL of the store names no file",
            "for example sqlite:///builds.sqlite, or sqlite:////srv/builds.sqlite with a full path",
        )
    return path


def parse_postgres(url: str) -> sa.URL:
    """Return the parts of ``postgresql://user:password@host:port/database?options``.

    Raises:
        StoreError: it is not of that form.
    """
    _, _, rest = url.partition("://")
    try:
        if not _AUTHORITY.fullmatch(rest):
            raise ValueError
        parsed = sa.make_url(f"postgresql+psycopg://{rest}")
        if not parsed.database:
            raise ValueError
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            "the URL of the PostgreSQL store cannot be understood (it is not shown: it may hold a password)",
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, where the characters @ / ? # % : of a"
            " password are percent-encoded",
        ) from None
    return parsed


def show_postgres(url: sa.URL) -> str:
    """Return the URL without user, password and options."""
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{url.host or ''}{port}/{url.database}"


def secrets_of(url: sa.URL) -> tuple[str, ...]:
    """Return every spelling of the passwords in `url`, longest first."""
    given = [str(url.password)] if url.password else []
    for name, value in url.query.items():
        if "password" in name:
            given += [value] if isinstance(value, str) else list(value)
    spelled = {form for one in given for form in (one, quote(one), quote(one, safe=""))}
    return tuple(sorted(filter(None, spelled), key=len, reverse=True))
