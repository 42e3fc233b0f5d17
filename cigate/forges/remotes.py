"""Where a repository's remote leads: the host and the path on it. Pure."""

from __future__ import annotations

import re
from typing import Final

_PATH: Final = r"(?P<name>[\w.-]+(?:/[\w.-]+)*/[\w.-]+?)(?:\.git)?/?"
_WITH_SCHEME: Final = re.compile(rf"[a-z+]+://(?:[^@/]*@)?(?P<host>[\w.-]+)(?::\d+)?/{_PATH}")
_WITHOUT: Final = re.compile(rf"(?:[^@/]*@)?(?P<host>[\w.-]+)[:/]{_PATH}")


def split_remote(url: str) -> tuple[str, str]:
    """Return host and path of a remote's address, ("", "") where it is not of such a form."""
    found = _WITH_SCHEME.fullmatch(url.strip()) or _WITHOUT.fullmatch(url.strip())
    return (found["host"].lower(), found["name"]) if found else ("", "")
