"""The lines of a file that should be a table: plain or gzip, with an end to how long one may be.

Reads, and refuses what is no text. Must not know what the lines mean.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from cigate.errors import UsageError

MAX_LINE: Final = 1 << 20
_LOOK: Final = 4096
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def read_lines(source: BinaryIO, file: str) -> Iterator[str]:
    """Yield the lines of `source`, which is called `file` in messages.

    A byte order mark is dropped, every kind of line end becomes one newline, and bytes that are not
    UTF-8 become surrogates, as they do in what git says.

    Raises:
        UsageError: it cannot be read, is not text, or a line has more than MAX_LINE characters.
    """
    with _explained(file):
        unpacked = _unpacked(io.BufferedReader(_Raw(source)))
        start = unpacked.peek(_LOOK)[:_LOOK]
        _refuse_binary(start, file)
        text = io.TextIOWrapper(unpacked, "utf-8-sig", "surrogateescape", newline=None)
        number = 0
        while line := text.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise UsageError(
                    f"{file} line {number} is longer than {MAX_LINE:,} characters: not a table of builds",
                    "give a CSV file with one build a line",
                )
            yield line


class _Raw(io.RawIOBase):
    """Lends a stream to wrappers that would close it at the end: stdin is not ours to close."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _unpacked(stream: io.BufferedReader) -> io.BufferedReader:
    if stream.peek(2)[:2] != b"\x1f\x8b":
        return stream
    return io.BufferedReader(gzip.GzipFile(fileobj=stream))


def _refuse_binary(start: bytes, file: str) -> None:
    if start[:2] in _UTF16:
        raise UsageError(f"{file} is UTF-16 text, which is not read", "save it as UTF-8")
    if b"\0" in start:
        raise UsageError(f"{file} is not text", "give a CSV file, plain or compressed with gzip")


@contextmanager
def _explained(file: str) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(
            f"{file} is damaged: its gzip data cannot be unpacked", "copy or export it again"
        ) from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error
