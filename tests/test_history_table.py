"""Tables: bounded, in the order of writing, and the same after a dump and a load."""

from __future__ import annotations

import struct
from array import array
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.errors import HistoryError
from cigate.history.table import Table, from_bytes, read_cells, to_bytes
from tests.builds import examples

WIDTH, CAPACITY = 2, 5


def _loaded(table: Table) -> Table:
    copy = Table(table.width, table.capacity, table.typecode, table.signed)
    copy.load(memoryview(table.dump()))
    return copy


def _filled(*keys: int) -> Table:
    table = Table(WIDTH, CAPACITY, "d")
    for key in keys:
        table.cells[table.touch(key)] += key
    return table


class Model:
    """What a Table should do, in as few words as possible."""

    def __init__(self) -> None:
        self.rows: OrderedDict[int, list[float]] = OrderedDict()

    def touch(self, key: int) -> list[float]:
        """Return the row of `key`, now the last one."""
        if key not in self.rows and len(self.rows) == CAPACITY:
            self.rows.popitem(last=False)
        row = self.rows.setdefault(key, [0.0] * WIDTH)
        self.rows.move_to_end(key)
        return row


def _row(table: Table, key: int) -> list[float] | None:
    offset = table.find(key)
    return None if offset < 0 else list(table.cells[offset : offset + table.width])


@given(st.lists(st.integers(0, 9) | st.sampled_from(["reload", "forget"]), max_size=60))
@examples(150)
def test_table_does_what_a_short_model_does(steps: list[int | str]) -> None:
    """Rows, eviction and order agree with an ordered dict, dumped and loaded at any moment."""
    table, model = Table(WIDTH, CAPACITY, "d"), Model()
    for number, step in enumerate(steps):
        if isinstance(step, str):
            table = _loaded(table)
            if step == "reload":
                table.build_index()
        else:
            offset = table.touch(step)
            table.cells[offset + 1] += number
            model.touch(step)[1] += number
        keys = list(range(10))
        assert {key: _row(table, key) for key in keys} == {key: model.rows.get(key) for key in keys}
        assert table.find_all(keys) == [o for o in map(table.find, keys) if o >= 0]
        latest = [table.find(key) for key in reversed(model.rows)]
        assert table.recent(3) == latest[:3]
        assert len(table) == len(model.rows)


@given(st.lists(st.integers(0, 2**52 - 1), max_size=20))
@examples(50)
def test_dump_depends_on_the_rows_and_their_order_only(keys: list[int]) -> None:
    """Where a row happens to lie in memory does not show: same state, same bytes."""
    table = _filled(*keys)
    assert _loaded(table).dump() == table.dump()


def test_row_written_longest_ago_leaves() -> None:
    """Reading keeps nobody; writing does."""
    table = _filled(1, 2, 3, 4, 5)
    table.find(1)
    table.touch(2)
    table.touch(6)
    assert [key for key in range(7) if table.find(key) >= 0] == [2, 3, 4, 5, 6]
    assert _row(table, 6) == [0.0, 0.0]


def test_eviction_goes_on_after_a_load_as_before() -> None:
    """The order of writing is part of the dump."""
    table = _filled(5, 1, 4, 2, 3)
    table.touch(5)
    copy = _loaded(table)
    for key in (7, 8):
        assert table.find(key) < 0
        table.touch(key)
        copy.touch(key)
        assert copy.dump() == table.dump()
    assert [key for key in range(9) if copy.find(key) >= 0] == [2, 3, 5, 7, 8]


@given(st.lists(st.floats(width=32)))
@examples(50)
def test_bytes_are_little_endian(values: list[float]) -> None:
    """A snapshot made anywhere is read anywhere."""
    cells = array("f", values)
    data = struct.pack(f"<{len(values)}f", *values)
    assert to_bytes(cells) == data
    assert from_bytes("f", memoryview(data)).tobytes() == cells.tobytes()


def _dump(keys: list[int], ranks: list[int], cells: list[float]) -> memoryview:
    return memoryview(
        struct.pack(f"<{len(keys)}Q", *keys)
        + struct.pack(f"<{len(ranks)}I", *ranks)
        + struct.pack(f"<{len(cells)}d", *cells)
    )


def _load(data: memoryview) -> Table:
    table = Table(WIDTH, CAPACITY, "d", signed=(1,))
    table.load(data)
    return table


def test_sound_dump_by_hand_is_loaded() -> None:
    """The form that the refusals below start from is right."""
    table = _load(_dump([3, 9], [1, 0], [1.0, -2.0, 3.0, 4.0]))
    assert (_row(table, 3), _row(table, 9)) == ([3.0, 4.0], [1.0, -2.0])
    assert table.build_index() == {9: 0, 3: 2}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (_dump([3], [0], [1.0, 2.0])[:-1], "wrong size"),
        (_dump(list(range(6)), list(range(6)), [0.0] * 12), "wrong size"),
        (_dump([3, 9], [0, 2], [0.0] * 4), "outside itself"),
        (_dump([3], [0], [float("nan"), 0.0]), "no builds can lead to"),
        (_dump([3], [0], [0.0, float("inf")]), "no builds can lead to"),
        (_dump([3], [0], [0.0, -float("inf")]), "no builds can lead to"),
        (_dump([3], [0], [2.0**113, 0.0]), "no builds can lead to"),
        (_dump([3], [0], [-1.0, 0.0]), "negative numbers"),
        (_dump([3], [0], [-0.0, 0.0]), "negative numbers"),
    ],
)
def test_what_no_dump_can_be_is_refused(data: memoryview, why: str) -> None:
    """A damaged table is told from a sound one before anything is read from it."""
    with pytest.raises(HistoryError, match=why):
        _load(data)


@pytest.mark.parametrize(
    "data",
    [
        _dump([3, 3], [0, 1], [0.0] * 4),
        _dump([3, 9], [1, 1], [0.0] * 4),
        _dump([9, 3], [0, 1], [0.0] * 4),
    ],
)
def test_rows_of_no_single_key_are_refused_before_anything_is_written(data: memoryview) -> None:
    """Repeated keys, shared rows and unsorted keys cannot be learned on."""
    with pytest.raises(HistoryError, match="one key each"):
        _load(data).build_index()


@given(st.lists(st.floats(width=64)), st.sampled_from(["f", "d"]), st.booleans())
@examples(150)
def test_cells_that_are_read_are_finite_and_of_their_sign(
    values: list[float], typecode: str, signed: bool
) -> None:
    """One byte of each number is enough to tell; what lies well within bounds is not refused."""
    cells = array(typecode, values)
    sane = all(abs(x) < 2.0**112 and (signed or str(x)[0] != "-") for x in cells)
    try:
        read = read_cells(typecode, memoryview(to_bytes(cells)), 1, (0,) if signed else ())
    except HistoryError:
        assert not sane
    else:
        assert all(abs(x) < 2.0**113 and (signed or x >= 0) for x in read)
        assert read == cells


def test_cells_of_a_broken_length_are_refused() -> None:
    """Half a number is none."""
    with pytest.raises(HistoryError, match="wrong size"):
        read_cells("d", memoryview(b"1234567"))


def test_keys_leave_one_by_one_in_the_order_of_their_last_writing() -> None:
    """Looking up the next to leave in advance changes nothing: a key written meanwhile stays."""
    table = Table(1, 400, "f")
    for key in range(400):
        table.touch(key)
    table.touch(1000)
    for key in (1, 2, 300):
        table.touch(key)
    for key in range(2000, 2300):
        table.touch(key)
    gone = [key for key in range(400) if table.find(key) < 0]
    assert gone == [key for key in range(304) if key not in (1, 2, 300)]
