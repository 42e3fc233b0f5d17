"""Damages a bundle: bytes at random, and the model's own messages field by field.

Knows nothing of forests: whatever ONNX model a bundle holds, each of its fields may be hit.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

NUMBERS = (-(1 << 63), -1, 0, 1, 2, 3, 255, 1 << 31, (1 << 63) - 1)
FLOATS = (float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 1e-45, 0.5, 3.0, 3e38)
TEXTS = (b"", b"x", b"LEAF", b"BRANCH_LEQ", b"SOFTMAX", b"Loop", b"If", b"ai.onnx.ml", b"features", b"\xff")
EDGES = (b"\0", b"\xff", b"\xff\xff\xff\xff\x0f", b"\x80" * 9, b"\x0a\x00", b'"', b"NaN", b"[[", b"\\ud800")


def byte_mutant(chance: random.Random, data: bytes) -> bytes:
    """Return `data` with one to three small damages."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(made) + 1)
        size = chance.choice((1, 1, 2, 4, 16, 256))
        how = chance.randrange(7)
        if how == 0 and at < len(made):
            made[at] ^= 1 << chance.randrange(8)
        elif how == 1 and at < len(made):
            made[at] = chance.randrange(256)
        elif how == 2:
            del made[at : at + size]
        elif how == 3:
            made[at:at] = chance.choice(EDGES)
        elif how == 4:
            made[at:at] = made[at : at + size]
        elif how == 5:
            other = chance.randrange(len(made) + 1)
            made[at : at + size] = made[other : other + size]
        else:
            made[at : at + size] = chance.choice(EDGES)
    return bytes(made)


def structure_mutant(chance: random.Random, model: bytes) -> bytes:
    """Return the model with one field of one of its messages changed, dropped, doubled or moved."""
    import onnx

    proto = onnx.load_from_string(model)
    for _ in range(chance.choice((1, 1, 2))):
        _damage(chance, chance.choice(list(_messages(proto))))
    try:
        return bytes(proto.SerializeToString())
    except ValueError:  # protobuf refuses to write a text that is no UTF-8: then it is damage of bytes
        return byte_mutant(chance, model)


def _messages(proto: Any) -> Iterator[Any]:
    """Yield a message and all messages in it; long lists of numbers belong to theirs."""
    yield proto
    for field, value in proto.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for part in value if _repeats(field) else [value]:
                yield from _messages(part)


def _repeats(field: Any) -> bool:
    return bool(field.is_repeated)


def _damage(chance: random.Random, message: Any) -> None:
    present = [field for field, _ in message.ListFields()]
    fields = present if present and chance.random() < 0.85 else list(message.DESCRIPTOR.fields)
    field = chance.choice(fields)
    if not _repeats(field):
        _damage_one(chance, message, field)
        return
    values = getattr(message, field.name)
    how = chance.randrange(5)
    at = chance.randrange(len(values)) if len(values) else 0
    if not len(values) or how == 0:
        _append(chance, values, field)
    elif how == 1:
        del values[at]
    elif how == 2:
        del values[at:]
    elif field.type == field.TYPE_MESSAGE:
        values.add().CopyFrom(values[at])
    elif how == 3:
        other = chance.randrange(len(values))
        values[at], values[other] = values[other], values[at]
    else:
        values[at] = _value(chance, field, values)


def _damage_one(chance: random.Random, message: Any, field: Any) -> None:
    if field.type == field.TYPE_MESSAGE:
        if chance.random() < 0.5:
            message.ClearField(field.name)
        else:
            getattr(message, field.name).SetInParent()
    elif chance.random() < 0.3:
        message.ClearField(field.name)
    else:
        setattr(message, field.name, _value(chance, field, [getattr(message, field.name)]))


def _append(chance: random.Random, values: Any, field: Any) -> None:
    if field.type == field.TYPE_MESSAGE:
        values.add()
    else:
        values.append(_value(chance, field, values))


def _value(chance: random.Random, field: Any, known: Any) -> Any:
    """Return another value of the field's own type, often one that stands nearby."""
    if len(known) and chance.random() < 0.4:
        near = chance.choice(list(known))
        if isinstance(near, int) and not isinstance(near, bool):
            return _fit(field, near + chance.choice((-1, 1)))
        return near
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return chance.choice(FLOATS)
    if field.cpp_type == field.CPPTYPE_STRING:
        text = chance.choice(TEXTS)
        return text if field.type == field.TYPE_BYTES else text.decode("utf-8", "replace")
    if field.cpp_type == field.CPPTYPE_ENUM:
        return chance.choice([value.number for value in field.enum_type.values])
    return _fit(field, chance.choice(NUMBERS))


def _fit(field: Any, number: int) -> int:
    bits = 32 if field.cpp_type in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32) else 64
    if field.cpp_type == field.CPPTYPE_ENUM:
        return field.enum_type.values[number % len(field.enum_type.values)].number  # type: ignore[no-any-return]
    if field.cpp_type in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64):
        return number % (1 << bits)
    if field.cpp_type == field.CPPTYPE_BOOL:
        return number % 2
    return (number + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))
