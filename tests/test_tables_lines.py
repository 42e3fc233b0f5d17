"""Files are read line by line, whatever they are, and never to the end of memory."""

from __future__ import annotations

import gzip
import io
import os
import tracemalloc
from contextlib import suppress
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.errors import UsageError
from cigate.tables.lines import MAX_LINE, read_lines

LINES = ["sha,status\n", "a,ü\n", "b,c\n"]


def read(data: bytes) -> list[str]:
    return list(read_lines(io.BytesIO(data), "t.csv"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_encodings_of_the_same_table(end: str, mark: bytes, pack: type[bytes]) -> None:
    """A byte order mark, Windows' or old line ends, and gzip under any name make no difference."""
    assert read(pack(mark + "".join(LINES).replace("\n", end).encode())) == LINES


def test_last_line_needs_no_end() -> None:
    """Nothing is lost where the file simply stops, and nothing comes of an empty one."""
    assert read(b"a\nb") == ["a\n", "b"]
    assert read(b"") == []


def test_other_bytes_are_kept() -> None:
    """A branch in Latin-1 is the branch that git names."""
    assert read(b"caf\xe9\n") == ["caf\udce9\n"]


# Named, since gzip writes the time into its bytes: ids made of them differ between the test workers.
@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"sha\0status\n", "t.csv is not text", id="zero byte"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "t.csv is not text", id="picture"),
        pytest.param(gzip.compress(b"\0" * 100), "t.csv is not text", id="zero bytes in gzip"),
        pytest.param("sha,status\n".encode("utf-16"), "t.csv is UTF-16 text", id="utf-16"),
        pytest.param(gzip.compress(b"sha,status\n" * 1000)[:-20], "t.csv is damaged", id="cut gzip"),
        pytest.param(b"\x1f\x8bnot gzip at all", "t.csv is damaged", id="gzip's first bytes only"),
        pytest.param(gzip.compress(b"x" * 5000)[:-5] + b"12345", "t.csv is damaged", id="wrong checksum"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, why: str) -> None:
    """Binary files, other encodings and cut or damaged archives, each in its own words."""
    with pytest.raises(UsageError, match=why):
        read(data)


class Endless(io.RawIOBase):
    """A file of one line of 100 MB."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = min(len(buffer), 100_000_000 - self.given)
        buffer[:size] = b"x" * size
        self.given += size
        return size


def test_endless_line_is_refused_early() -> None:
    """A line of 100 MB is neither read to its end nor held in memory."""
    source = Endless()
    tracemalloc.start()
    with pytest.raises(UsageError, match=r"t.csv line 1 is longer than 1,048,576 characters"):
        list(read_lines(source, "t.csv"))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert source.given < 3 * MAX_LINE
    assert peak < 20 * MAX_LINE


def test_line_of_the_greatest_length_is_read() -> None:
    """The limit itself is allowed."""
    assert read(b"x" * (MAX_LINE - 1) + b"\ny\n") == ["x" * (MAX_LINE - 1) + "\n", "y\n"]


def test_source_stays_open() -> None:
    """Standard input belongs to somebody else."""
    source = io.BytesIO(b"a\n")
    assert list(read_lines(source, "t.csv")) == ["a\n"]
    assert not source.closed


def test_slow_pipe_is_read_as_it_comes() -> None:
    """A pipe gives what it has; the end of one read is not the end of the file."""
    out, into = os.pipe()
    with open(out, "rb") as source, open(into, "wb", buffering=0) as writer:
        writer.write(b"sha,st")
        writer.write(b"atus\nx")
        writer.close()
        assert list(read_lines(source, "t.csv")) == ["sha,status\n", "x"]


class Failing(io.RawIOBase):
    """A disk that gives up."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        raise OSError(5, "Input/output error")


def test_failing_disk_is_told() -> None:
    """The system's own words, in one line."""
    failing: BinaryIO = Failing()  # type: ignore[assignment]
    with pytest.raises(UsageError, match=r"t.csv cannot be read: Input/output error"):
        list(read_lines(failing, "t.csv"))


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing but lines or a usage error comes of any file."""
    with suppress(UsageError):
        assert all(line.endswith("\n") for line in read(data)[:-1])
