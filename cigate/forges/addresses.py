"""Which addresses may be given a token. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from cigate.errors import UsageError

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def check_address(url: str, what: str, example: str) -> None:
    """Refuse an address that is none, or that would carry a token in clear text; `what` names it.

    Raises:
        UsageError: as said; the address is not shown, since it may hold a login.
    """
    try:
        parts = urlsplit(url)
        host, login = parts.hostname, parts.username or parts.password
    except ValueError:
        host, login = None, None
    if not host or login or not (parts.scheme == "https" or host in _LOOPBACK):
        raise UsageError(f"{what} is not the https address of an API without a login in it", example)
