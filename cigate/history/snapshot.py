"""The container of a history snapshot: a header, then sections of known length, then a checksum.

Knows nothing of what the sections mean. The checksum finds a torn or damaged file; against a hostile one
a bundle's manifest holds the SHA-256 of these bytes.
"""

from __future__ import annotations

import struct
from zlib import crc32

from cigate.errors import HistoryError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC = b"CIGHIST2"
_REBUILD = "delete it; it is made again from the build records"


def unreadable(what: str) -> HistoryError:
    """Return the error that says what is wrong with a snapshot, and what to do."""
    return HistoryError(f"the history snapshot {what}", _REBUILD)


def write_sections(sections: Sequence[bytes]) -> bytes:
    """Return the container that holds `sections` in order."""
    lengths = struct.pack(f"<{len(sections)}I", *map(len, sections))
    body = MAGIC + struct.pack("<I", len(sections)) + lengths + b"".join(sections)
    return body + struct.pack("<I", crc32(body))


def read_sections(data: bytes, expected: int) -> list[memoryview]:
    """Return the sections of a container that must hold `expected` of them.

    Raises:
        HistoryError: where the container is damaged, cut short, or of another version.
    """
    if data[:7] != MAGIC[:7]:
        raise HistoryError("this is no history snapshot", _REBUILD)
    if data[:8] != MAGIC:
        raise unreadable("is of another version of cigate")
    head = len(MAGIC) + 4 + 4 * expected
    if len(data) < head + 4 or struct.unpack_from("<I", data, 8)[0] != expected:
        raise unreadable("is cut short")
    view = memoryview(data)
    if crc32(view[:-4]) != struct.unpack_from("<I", data, len(data) - 4)[0]:
        raise unreadable("is damaged")
    lengths = struct.unpack_from(f"<{expected}I", data, 12)
    if head + sum(lengths) + 4 != len(data):
        raise unreadable("is cut short")
    sections = []
    for length in lengths:
        sections.append(view[head : head + length])
        head += length
    return sections
