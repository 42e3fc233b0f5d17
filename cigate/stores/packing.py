"""How a record becomes a row and back: exactly, whatever bytes a path or a branch is made of.

Pure: knows no database.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from cigate.change import BuildRecord, Change, change_from_plain, change_to_plain
from cigate.errors import StoreError

OUTLINE = (
    "id",
    "change_id",
    "head",
    "outcome",
    "started_at",
    "finished_at",
    "workflow",
    "attempt",
    "url",
)


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
    return change_from_plain(json.loads(zlib.decompress(content)))


def unpack(content: bytes) -> Change:
    """Return the Change that was packed and stored.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        return unpack_change(content)
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise StoreError(
            "a build in the store is damaged: its change cannot be read",
            "restore the database from a backup, or delete it and import again",
        ) from error


def row_of(record: BuildRecord, change_id: str) -> dict[str, Any]:
    """Return the columns of `record`; head and branch repeat what its change says."""
    return {
        "id": record.id,
        "change_id": change_id,
        "head": record.change.head,
        "branch": record.change.branch,
        "outcome": record.outcome,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "provider": record.provider,
        "workflow": record.workflow,
        "attempt": record.attempt,
        "url": record.url,
        "p_run": record.p_run,
    }


def record_of(row: Mapping[str, Any]) -> BuildRecord:
    """Return the record in `row`, whose `content` is the packed change.

    Raises:
        StoreError: the change cannot be read.
    """
    return BuildRecord(
        id=row["id"],
        change=unpack(row["content"]),
        outcome=row["outcome"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        provider=row["provider"],
        workflow=row["workflow"],
        attempt=row["attempt"],
        url=row["url"],
        p_run=row["p_run"],
    )


def outlined(row: Iterable[Any]) -> BuildRecord:
    """Return the record in the OUTLINE columns `row`, with the head alone of its change."""
    id, _, head, outcome, started_at, finished_at, workflow, attempt, url = row
    change = Change(head, "", "", "", 0, ())
    return BuildRecord(id, change, outcome, started_at, finished_at, "", workflow, attempt, url)
