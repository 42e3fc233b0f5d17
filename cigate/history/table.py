"""Numbers by key: what the fold remembers of branches, people, paths and commits.

Bounded: when a table is full, the key that was written longest ago leaves. Reading a restored table
needs no dictionary (binary search on the sorted keys), so that a push pays for what it looks up only.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from itertools import islice

from cigate.history.snapshot import unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

EVICTED_AT_ONCE = 256  # keys looked up together; they still leave one by one
MOST_FOUND = 50_000  # places remembered of a snapshot that is only asked
# The highest bytes of numbers below 2**113: more than a fold can reach, and far from where sums of them,
# cast to float32, become infinite. A sign is that byte's first bit.
_HIGHEST = {"f": 0x78, "d": 0x47}
_SANE = {code: bytes([*range(top), *range(0x80, 0x80 + top)]) for code, top in _HIGHEST.items()}


def to_bytes(values: array[float] | array[int]) -> bytes:
    """Return the little-endian bytes of `values`."""
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()


def from_bytes(typecode: str, data: memoryview) -> array[Any]:
    """Return the array whose `to_bytes` form is `data`.

    Raises:
        HistoryError: where `data` does not hold a whole number of them.
    """
    values: array[Any] = array(typecode)
    if len(data) % values.itemsize:
        raise unreadable("has a part of the wrong size")
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def read_cells(typecode: str, data: memoryview, width: int = 1, signed: Iterable[int] = ()) -> array[float]:
    """Return the rows of `width` cells whose bytes are `data`; columns in `signed` may be negative.

    Looks at one byte of each number, because a push waits: 0.1 ms for 50,000 numbers.

    Raises:
        HistoryError: where a number is not finite, is huge, or is negative where none can be.
    """
    values = from_bytes(typecode, data)
    size = values.itemsize
    highest = bytes(data)[size - 1 :: size]
    if highest.translate(None, _SANE[typecode]):
        raise unreadable("holds numbers that no builds can lead to")
    for column in set(range(width)).difference(signed):
        if not highest[column::width].isascii():
            raise unreadable("holds negative numbers where none can be")
    return values


class Table:
    """Rows of `width` numbers by key, at most `capacity` of them.

    `cells` is flat: the row of a key starts at the offset that `find` and `touch` return. `typecode`
    is 'f' where thousands of rows must stay small and 'd' where a row holds Unix times; while these are
    written they stand in a list, which is three times as fast. Only the cells in `signed` may be negative.
    """

    __slots__ = (
        "_found",
        "_index",
        "_oldest",
        "_ranks",
        "_sorted",
        "_zeros",
        "capacity",
        "cells",
        "signed",
        "typecode",
        "width",
    )

    def __init__(self, width: int, capacity: int, typecode: str, signed: tuple[int, ...] = ()) -> None:
        self.width = width
        self.capacity = capacity
        self.typecode = typecode
        self.signed = signed
        self._zeros = self._to_write(array(typecode, [0.0] * width))
        self.cells = self._zeros[:0]
        self._index: dict[int, int] | None = {}
        self._oldest: dict[int, None] = {}
        self._sorted: array[int] = array("Q")
        self._ranks: array[int] = array("I")
        self._found: dict[int, int] = {}  # what was looked up in `_sorted`: a push asks again and again

    def __len__(self) -> int:
        return len(self.cells) // self.width

    def find(self, key: int) -> int:
        """Return the offset of the row of `key` in `cells`, or -1."""
        if self._index is not None:
            return self._index.get(key, -1)
        offset = self._found.get(key)
        if offset is None:
            at = bisect_left(self._sorted, key)
            there = at < len(self._sorted) and self._sorted[at] == key
            if len(self._found) >= MOST_FOUND:
                self._found.clear()
            offset = self._found[key] = self._ranks[at] * self.width if there else -1
        return offset

    def find_all(self, keys: Iterable[int]) -> list[int]:
        """Return the offsets of the rows of those `keys` that have one."""
        index = self._index
        if index is not None:
            return [index[key] for key in keys if key in index]
        found = self._found
        offsets = [found[key] if key in found else self.find(key) for key in keys]
        return [offset for offset in offsets if offset >= 0]

    def touch(self, key: int) -> int:
        """Return the offset of the row of `key`, made of zeros if new, now the last to leave."""
        return self.touch_all((key,))[0]

    def touch_all(self, keys: Iterable[int]) -> list[int]:
        """Return the offset of each key's row, after `touch` of each of them in turn."""
        index = self._index if self._index is not None else self.build_index()
        offsets = []
        for key in keys:
            offset = index.pop(key, -1)
            if offset < 0:
                offset = self._new_row(index)
            elif self._oldest:
                self._oldest.pop(key, None)
            index[key] = offset
            offsets.append(offset)
        return offsets

    def recent(self, most: int) -> list[int]:
        """Return the offsets of the rows written last, latest first."""
        index = self._index
        if index is not None:
            return list(islice(reversed(index.values()), most))
        last = len(self) - 1
        return [rank * self.width for rank in range(last, max(-1, last - most), -1)]

    def _new_row(self, index: dict[int, int]) -> int:
        if len(index) < self.capacity:
            offset = len(self.cells)
            self.cells.extend(self._zeros)
            return offset
        if not self._oldest:
            # A dictionary looks for its first key past all that were ever taken from its front.
            self._oldest = dict.fromkeys(islice(index, EVICTED_AT_ONCE))
        key = next(iter(self._oldest))
        del self._oldest[key]
        offset = index.pop(key)
        self.cells[offset : offset + self.width] = self._zeros  # type: ignore[assignment] # of the same kind
        return offset

    def _to_write(self, values: array[float] | list[float]) -> array[float] | list[float]:
        return list(values) if self.typecode == "d" else values

    def build_index(self) -> dict[int, int]:
        """Return the offset of each key, the key written longest ago first; writing needs it.

        Raises:
            HistoryError: where the rows that were loaded do not belong to one key each.
        """
        if self._index is not None:
            return self._index
        by_rank = dict(zip(self._ranks, self._sorted, strict=True))
        index = {by_rank[rank]: rank * self.width for rank in range(len(by_rank)) if rank in by_rank}
        if len(index) != len(self) or array("Q", sorted(index)) != self._sorted:
            raise unreadable("has a table whose rows are not of one key each")
        self._index = index
        self.cells = self._to_write(self.cells)
        return index

    def dump(self) -> bytes:
        """Return the rows, oldest first, after their sorted keys and those keys' ranks."""
        index = self.build_index()
        width = self.width
        ordered: array[float] = array(self.typecode)
        start = end = 0
        for offset in index.values():  # what was not touched since it was loaded lies in one piece
            if offset != end:
                ordered.extend(self.cells[start:end])
                start = offset
            end = offset + width
        ordered.extend(self.cells[start:end])
        rank_of = {key: rank for rank, key in enumerate(index)}
        keys = array("Q", sorted(index))
        ranks = array("I", map(rank_of.__getitem__, keys))
        return to_bytes(keys) + to_bytes(ranks) + to_bytes(ordered)

    def load(self, data: memoryview) -> None:
        """Take over the rows of a `dump`.

        Raises:
            HistoryError: where `data` is no dump of a table of this shape.
        """
        row_bytes = 12 + self.width * array(self.typecode).itemsize
        count, rest = divmod(len(data), row_bytes)
        if rest or count > self.capacity:
            raise unreadable("has a table of the wrong size")
        keys = from_bytes("Q", data[: 8 * count])
        ranks = from_bytes("I", data[8 * count : 12 * count])
        if count and max(ranks) >= count:
            raise unreadable("has a table that points outside itself")
        self.cells = read_cells(self.typecode, data[12 * count :], self.width, self.signed)
        self._sorted, self._ranks, self._index, self._found = keys, ranks, None, {}
