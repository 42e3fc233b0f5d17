"""What must hold for the protobuf reader: right on what protobuf writes, and never beyond the end."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.errors import DamagedBundle
from cigate.model.messages import INITIALIZER, read_message
from cigate.model.wire import BYTES, FIXED32, VARINT, read_fields, read_text, read_varint


def encode(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


@given(st.integers(0, (1 << 64) - 1), st.binary(max_size=3))
def test_a_number_reads_as_it_was_written(number: int, behind: bytes) -> None:
    data = encode(number)
    assert read_varint(data + behind, 0, len(data)) == (number, len(data))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\x01"])
def test_a_cut_or_overlong_number_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedBundle, match=r"model\.onnx is cut short"):
        read_varint(data, 0, len(data))


def test_every_kind_of_field_is_found() -> None:
    data = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x1d1234" + b"\x2112345678" + b"\x82\x01\x00"
    found = [
        (number, wire, a if wire == VARINT else data[a:b])
        for number, wire, a, b in read_fields(data, 0, len(data))
    ]
    assert found == [
        (1, VARINT, 150),
        (2, BYTES, b"abc"),
        (3, FIXED32, b"1234"),
        (4, 1, b"12345678"),
        (16, BYTES, b""),
    ]


@pytest.mark.parametrize(
    "data", [b"\x12\x04abc", b"\x1d123", b"\x21", b"\x08", b"\x0b", b"\x0e\x00", b"\x00\x00"]
)
def test_fields_beyond_the_end_groups_and_field_zero_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedBundle):
        list(read_fields(data, 0, len(data)))


@given(st.binary(max_size=60))
def test_random_bytes_give_fields_within_bounds_or_the_one_error(data: bytes) -> None:
    with contextlib.suppress(DamagedBundle):
        for _, wire, a, b in read_fields(data, 0, len(data)):
            assert b <= len(data)
            assert wire == VARINT or a <= b


def test_a_name_that_is_not_text_is_refused() -> None:
    with pytest.raises(DamagedBundle, match="UTF-8"):
        read_text(b"\xff", 0, 1)


def test_repeated_numbers_read_alike_packed_and_not() -> None:
    minus_one = b"\xff" * 9 + b"\x01"
    one_by_one = b"\x08\x05\x08" + minus_one
    packed = b"\x0a\x0b\x05" + minus_one
    for data in (one_by_one, packed):
        message = read_message(data, 0, len(data), INITIALIZER, "a constant")
        assert message.numbers("dims") == [5, -1]
