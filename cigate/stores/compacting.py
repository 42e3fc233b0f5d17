"""Many small objects of builds become few large ones, a month at a time, while others read and write.

Whoever removes an object has, after seeing it listed, made another of all its builds under a name that
nobody had before; only pruning leaves old builds out. So the newest object that holds a build always stays,
whoever is killed at whatever moment and however many do this at once; what is there twice meanwhile is
read once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from typing import Final

from cigate.stores.batches import FOLDER, Part, Row, folder_of, make_object
from cigate.stores.bucket import Bucket, Gone
from cigate.stores.merging import Known, read_parts

PIECE: Final = 20_000
MONTH: Final = len(f"{FOLDER}/2026/11")


def fresh_mark() -> str:
    """Return what makes an object's name one that never was before."""
    return os.urandom(12).hex()


def compact(bucket: Bucket, list_parts: Callable[[], Sequence[Part]], known: Known) -> tuple[int, int]:
    """Join the objects of each repository and month that has too many; return how many went and came.

    A month whose objects somebody else joins meanwhile is left to them.
    """
    went = came = 0
    done: set[str] = set()
    while left := [part for part in list_parts() if _month(part) not in done]:
        month = min(map(_month, left))
        done.add(month)
        old = [part for part in left if _month(part) == month]
        if not _scattered(old):
            continue
        try:
            rows = read_parts(bucket, old, known, min(part.first for part in old))
            new = [bucket.create(*made) for made in _pieces(rows, old[0].realm)]
        except Gone:
            continue
        bucket.delete([part.name for part in old])
        went, came = went + len(old), came + len(new)
    return went, came


def _month(part: Part) -> str:
    return part.name[: len(part.realm) + MONTH]


def _scattered(parts: Sequence[Part]) -> bool:
    """Tell whether there are more objects than their builds need."""
    builds = sum(part.count for part in parts)
    return len(parts) > -(-builds // PIECE)


def _pieces(rows: Iterator[Row], realm: str) -> Iterator[tuple[str, bytes]]:
    """Yield an object for each so many builds of one month."""
    for _, month in groupby(rows, key=lambda row: folder_of(row.record.finished_at)[:MONTH]):
        while piece := list(islice(month, PIECE)):
            yield make_object(piece, fresh_mark(), realm)
