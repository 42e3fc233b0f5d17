"""A reader of the protobuf wire format, as much of it as an ONNX file needs.

On the path of every push (for the model's metadata) and under the structural validator. Knows no
ONNX; never guesses: bytes that a lenient parser would repair are refused.
"""

from __future__ import annotations

from cigate.errors import DamagedBundle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def damaged(what: str) -> DamagedBundle:
    """Return the error that says what is wrong with model.onnx."""
    return DamagedBundle(
        f"model.onnx {what}", "train a new model with `cigate train --export-onnx`, or fetch it anew"
    )


def read_varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the unsigned number of at most 64 bits at `at`, and the position behind it."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            if value >> 64:
                break
            return value, at
        shift += 7
    raise damaged("is cut short or holds a number that is too long")


def read_fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (field number, wire type, a, b) for each field of the message in data[at:end].

    For VARINT `a` is the number and `b` the position behind it; for the others data[a:b] is the
    content.
    """
    while at < end:
        key = data[at]
        if key < 128:  # one byte, as nearly always: a call for each would double the time
            at += 1
        else:
            key, at = read_varint(data, at, end)
        number, wire = key >> 3, key & 7
        if wire == VARINT and at < end and data[at] < 128:
            start, at = data[at], at + 1
        elif wire == VARINT:
            start, at = read_varint(data, at, end)
        elif wire == BYTES:
            size, start = read_varint(data, at, end)
            at = start + size
        elif wire in (FIXED32, FIXED64):
            start, at = at, at + (4 if wire == FIXED32 else 8)
        else:
            raise damaged(f"holds a field of the unused wire type {wire}")
        if number == 0 or at > end:
            raise damaged("is cut short or no ONNX file")
        yield number, wire, start, at


def read_text(data: bytes, start: int, end: int) -> str:
    """Return data[start:end] as text."""
    try:
        return data[start:end].decode("utf-8")
    except UnicodeDecodeError:
        raise damaged("holds a name that is not UTF-8") from None
