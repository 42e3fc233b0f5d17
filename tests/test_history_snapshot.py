"""Snapshots: the same history again, or a HistoryError; never another error, never a crash later."""

from __future__ import annotations

import functools
import struct
from array import array
from collections.abc import Callable
from contextlib import suppress
from math import isfinite
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.errors import HistoryError
from cigate.features import Moment, vector_of
from cigate.history import History
from cigate.history.snapshot import MAGIC, read_sections, write_sections
from cigate.themes import THEMES
from tests import builds as b

OPENINGS: dict[str, Callable[[bytes], History]] = {"restore": History.restore, "open": History.open}
SECTIONS = 11
DOUBLES = (0, 1, 2, 4)  # branches, authors, commits, the project; the others hold float32


@functools.cache
def sound() -> bytes:
    """Return the snapshot of a small history that has something in every part."""
    history = History()
    for record in b.in_order(b.project(80)):
        history.learn(record)
    return history.snapshot()


def _sealed(body: bytes) -> bytes:
    return body + struct.pack("<I", crc32(body))


def _use(history: History) -> None:
    """Do with a history whatever is done with one."""
    for pushed in (b.change(at=b.AT + b.WEEK_S), b.project(5)[4].change):
        moment = Moment(pushed, history, pushed.pushed_at)
        assert all(map(isfinite, vector_of(moment)))
        assert all("\n" not in theme.say(moment) for theme in THEMES)
    for record in b.builds("pf", "topic-1", b.AT + b.WEEK_S):
        history.learn(record)
    assert all(map(isfinite, vector_of(Moment(b.change(), history, b.AT + 2 * b.WEEK_S))))
    history.snapshot()


def _try(data: bytes, opening: Callable[[bytes], History]) -> None:
    with suppress(HistoryError):  # writing to an opened history may still find that its rows are shared
        _use(opening(data))


@pytest.mark.parametrize("opening", OPENINGS)
def test_snapshot_gives_the_history_back(opening: str) -> None:
    """To the byte."""
    assert OPENINGS[opening](sound()).snapshot() == sound()


def test_empty_history_has_a_snapshot_too() -> None:
    """It is found before the first build, too."""
    assert History.restore(History().snapshot()).builds == 0


@given(st.lists(st.binary(max_size=30), max_size=5))
@b.examples(50)
def test_container_gives_its_sections_back(sections: list[bytes]) -> None:
    """Empty ones as well."""
    assert [bytes(s) for s in read_sections(write_sections(sections), len(sections))] == sections


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no history snapshot"),
        (b"PK\x03\x04 something else entirely", "no history snapshot"),
        (b"CIGHIST1" + bytes(100), "another version"),
        (MAGIC, "cut short"),
        (MAGIC + b"\x02\0\0\0" + bytes(60), "cut short"),
        (_sealed(write_sections([b"x"] * 3)[:-4] + b"more"), "cut short"),
    ],
)
def test_refusal_says_what_is_wrong_and_what_to_do(data: bytes, why: str) -> None:
    """One line each."""
    with pytest.raises(HistoryError, match=why) as refused:
        read_sections(data, 3)
    assert "made again" in refused.value.hint


@pytest.mark.parametrize("opening", OPENINGS)
@given(st.integers(0, 10**9))
@b.examples(60)
def test_truncated_snapshot_is_refused(opening: str, cut: int) -> None:
    """A torn write is found wherever it tore."""
    with pytest.raises(HistoryError):
        OPENINGS[opening](sound()[: cut % len(sound())])


@given(st.integers(0, 10**9), st.integers(0, 7))
@b.examples(60)
def test_flipped_bit_is_found(at: int, bit: int) -> None:
    """Any single one, the checksum's own included."""
    data = bytearray(sound())
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(HistoryError):
        History.open(bytes(data))


@pytest.mark.parametrize("opening", OPENINGS)
@given(st.binary(max_size=300))
@b.examples(60)
def test_any_bytes_are_refused_or_read(opening: str, data: bytes) -> None:
    """Nothing but a HistoryError, with and without a checksum that fits."""
    for whole in (data, MAGIC + data, _sealed(MAGIC + struct.pack("<I", SECTIONS) + data)):
        _try(whole, OPENINGS[opening])


def _with_section(number: int, content: bytes) -> bytes:
    sections = [bytes(s) for s in read_sections(sound(), SECTIONS)]
    sections[number] = content
    return write_sections(sections)


@pytest.mark.parametrize("opening", OPENINGS)
@given(st.integers(0, SECTIONS - 1), st.binary(max_size=200))
@b.examples(100)
def test_any_section_under_a_right_checksum_is_refused_or_harmless(
    opening: str, number: int, content: bytes
) -> None:
    """What a hostile or broken writer may have sealed."""
    _try(_with_section(number, content), OPENINGS[opening])


def _cells_of(number: int) -> tuple[bytes, array[float]]:
    """Return the bytes of a section that come before its cells (keys and ranks, if any), and its cells."""
    content = bytes(read_sections(sound(), SECTIONS)[number])
    rows = len(History.restore(sound())._tables()[number]) if number < 4 else 0
    cells: array[float] = array("d" if number in DOUBLES else "f")
    cells.frombytes(content[12 * rows :])
    return content[: 12 * rows], cells


@pytest.mark.parametrize("number", range(5))
def test_next_to_nothing_beside_very_much_is_harmless(number: int) -> None:
    """Column by column: what one number is divided by may be the smallest there is."""
    head, cells = _cells_of(number)
    width = History()._tables()[number].width if number < 4 else len(cells)
    for column in range(width):
        for at in range(len(cells)):
            cells[at] = 1e-40 if at % width == column else 1e33
        _use(History.restore(_with_section(number, head + cells.tobytes())))


STRANGE = st.sampled_from(
    [float("nan"), float("inf"), -float("inf"), -1.0, -3.5, 1e300, 1e38, 5e-324, 1e-40, 1e30]
)


@pytest.mark.parametrize("opening", OPENINGS)
@given(
    st.integers(0, SECTIONS - 1), st.lists(st.tuples(st.integers(0, 10**9), STRANGE), min_size=1, max_size=40)
)
@b.examples(150)
def test_strange_numbers_under_a_right_checksum_are_refused_or_harmless(
    opening: str, number: int, strange: list[tuple[int, float]]
) -> None:
    """NaN, infinities, negative counts, huge and tiny numbers in any cells: no crash, finite features."""
    head, cells = _cells_of(number)
    for at, value in strange:
        cells[at % len(cells)] = value
    _try(_with_section(number, head + cells.tobytes()), OPENINGS[opening])


@pytest.mark.parametrize("value", [0.0, 5e-324, 1e-40, 0.3, 1.0, 1e34, -1e34, -1.0])
@pytest.mark.parametrize("number", range(SECTIONS))
def test_one_strange_number_everywhere_is_refused_or_harmless(number: int, value: float) -> None:
    """Each place that divides, takes a root or makes a whole number is reached."""
    head, cells = _cells_of(number)
    for at in range(len(cells)):
        cells[at] = value
    _try(_with_section(number, head + cells.tobytes()), History.restore)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("number", range(SECTIONS))
def test_number_that_is_none_is_refused_in_every_section(number: int, value: float) -> None:
    """Not one slips through into a feature."""
    content = bytes(read_sections(sound(), SECTIONS)[number])
    last = struct.pack("<d" if number in DOUBLES else "<f", value)
    with pytest.raises(HistoryError, match="no builds can lead to"):
        History.open(_with_section(number, content[: -len(last)] + last))


@given(st.lists(st.integers(0, 2**32 - 1), max_size=30))
@b.examples(50)
def test_lying_lengths_are_refused(lengths: list[int]) -> None:
    """No length leads outside the data, or to an allocation of its size."""
    head = MAGIC + struct.pack(f"<I{len(lengths)}I", len(lengths), *lengths)
    with pytest.raises(HistoryError):
        History.restore(_sealed(head + bytes(50)))


def test_snapshot_of_a_busy_repository_stays_below_a_megabyte() -> None:
    """10,000 builds that fill every table: what a push has to read, and a bundle to carry."""
    history = History()
    for record in b.busy_repository(10_000):
        history.learn(record)
    assert [len(table) for table in history._tables()] == [table.capacity for table in history._tables()]
    data = history.snapshot()
    assert len(data) <= 1_000_000
    assert History.restore(data).snapshot() == data
