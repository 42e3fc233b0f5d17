"""How a change is packed and read again: exactly, whatever bytes a path or a branch is made of.

Pure: knows no database.
"""

from __future__ import annotations

import json
import zlib
from hashlib import blake2b

from cigate.change import Change, change_from_plain, change_to_plain
from cigate.errors import StoreError

_PUSHED_AT = b'"pushed_at":'


def pack_change(change: Change) -> tuple[str, bytes]:
    """Return the digest of the canonical content of `change`, and that content compressed."""
    plain = change_to_plain(change)
    canonical = json.dumps(plain, separators=(",", ":"), sort_keys=True).encode()
    return blake2b(canonical, digest_size=20).hexdigest(), zlib.compress(canonical)


def unpack_change(content: bytes) -> Change:
    """Return the Change that was packed.

    Raises:
        KeyError, TypeError, ValueError, zlib.error: it is not what `pack_change` made.
    """
    # What JSON escapes is ASCII; from bytes the parser would first guess their encoding, and copy them.
    return change_from_plain(json.loads(zlib.decompress(content).decode("ascii")))


def unpack(content: bytes) -> Change:
    """Return the Change that was packed and stored.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        return unpack_change(content)
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise _damaged() from error


def peek_pushed_at(content: bytes) -> int:
    """Return when the packed change was pushed, without looking at anything else in it.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        # Within a JSON text a quote has a backslash before it: these bytes are the key and nothing else.
        return int(zlib.decompress(content).rpartition(_PUSHED_AT)[2].partition(b",")[0])
    except (ValueError, zlib.error) as error:
        raise _damaged() from error


def _damaged() -> StoreError:
    return StoreError(
        "a build in the store is damaged: its change cannot be read",
        "restore the database from a backup, or delete it and import again",
    )
