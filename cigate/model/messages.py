"""The ONNX messages that a forest needs, field by field, read with nothing tolerated beside them.

The numbers are those of onnx.proto. A field that is not listed, or that stands twice where it may
stand once (a parser would merge the two), is refused: no reader of a file may see another model in
it than this one.
"""

from __future__ import annotations

import struct

from cigate.model.wire import (
    BYTES,
    FIXED32,
    VARINT,
    damaged,
    read_fields,
    read_text,
    read_varint,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    # field number -> name, wire types, whether it may stand more than once
    Schema = dict[int, tuple[str, tuple[int, ...], bool]]

_TEXT, _NUMBER = (BYTES,), (VARINT,)
_PACKABLE = (VARINT, BYTES)

MODEL: Schema = {
    1: ("ir_version", _NUMBER, False),
    2: ("producer_name", _TEXT, False),
    3: ("producer_version", _TEXT, False),
    4: ("domain", _TEXT, False),
    5: ("model_version", _NUMBER, False),
    6: ("doc_string", _TEXT, False),
    7: ("graph", _TEXT, False),
    8: ("opset_import", _TEXT, True),
    14: ("metadata_props", _TEXT, True),
}
OPERATOR_SET: Schema = {1: ("domain", _TEXT, False), 2: ("version", _NUMBER, False)}
GRAPH: Schema = {
    1: ("node", _TEXT, True),
    2: ("name", _TEXT, False),
    5: ("initializer", _TEXT, True),
    10: ("doc_string", _TEXT, False),
    11: ("input", _TEXT, True),
    12: ("output", _TEXT, True),
    13: ("value_info", _TEXT, True),
}
NODE: Schema = {
    1: ("input", _TEXT, True),
    2: ("output", _TEXT, True),
    3: ("name", _TEXT, False),
    4: ("op_type", _TEXT, False),
    5: ("attribute", _TEXT, True),
    6: ("doc_string", _TEXT, False),
    7: ("domain", _TEXT, False),
}
ATTRIBUTE: Schema = {
    1: ("name", _TEXT, False),
    2: ("f", (FIXED32,), False),
    3: ("i", _NUMBER, False),
    4: ("s", _TEXT, False),
    7: ("floats", (FIXED32, BYTES), True),
    8: ("ints", _PACKABLE, True),
    9: ("strings", _TEXT, True),
    13: ("doc_string", _TEXT, False),
    20: ("type", _NUMBER, False),
}
INITIALIZER: Schema = {
    1: ("dims", _PACKABLE, True),
    2: ("data_type", _NUMBER, False),
    4: ("float_data", (FIXED32, BYTES), True),
    7: ("int64_data", _PACKABLE, True),
    8: ("name", _TEXT, False),
    9: ("raw_data", _TEXT, False),
    12: ("doc_string", _TEXT, False),
}
# For messages: what an attacker would want to put in.
_REFUSED = {
    ("the model", 20): "training data",
    ("the model", 25): "functions",
    ("the graph", 15): "sparse constants",
    ("an attribute", 5): "a tensor attribute",
    ("an attribute", 6): "a subgraph",
    ("an attribute", 11): "subgraphs",
    ("a constant", 13): "external data",
    ("a constant", 14): "external data",
}
# AttributeProto.type -> the field that must hold the value
_KINDS = {1: "f", 2: "i", 3: "s", 6: "floats", 7: "ints", 8: "strings"}


class Message:
    """The fields of one message by name; absent numbers are 0 and absent texts empty."""

    __slots__ = ("_data", "_spans")

    def __init__(self, data: bytes, spans: dict[str, list[tuple[int, int, int]]]) -> None:
        self._data = data
        self._spans = spans

    def many(self, name: str) -> list[tuple[int, int]]:
        """Return where each occurrence of the field stands."""
        return [(a, b) for _, a, b in self._spans.get(name, ())]

    def one(self, name: str) -> tuple[int, int]:
        """Return where the field stands; it must be there."""
        if name not in self._spans:
            raise damaged(f"has no {name}")
        return self.many(name)[0]

    def texts(self, name: str) -> list[str]:
        """Return each occurrence of the field as text."""
        return [read_text(self._data, a, b) for a, b in self.many(name)]

    def text(self, name: str) -> str:
        """Return the field as text."""
        return "".join(self.texts(name))

    def number(self, name: str) -> int:
        """Return the field as an unsigned number."""
        return self.many(name)[0][0] if name in self._spans else 0

    def numbers(self, name: str) -> list[int]:
        """Return a repeated number, packed or not, as signed 64-bit integers."""
        found: list[int] = []
        for wire, a, b in self._spans.get(name, ()):
            if wire == VARINT:
                found.append(a)
                continue
            while a < b:
                number, a = read_varint(self._data, a, b)
                found.append(number)
        return [n - (1 << 64) if n >> 63 else n for n in found]

    def floats(self, name: str) -> list[float]:
        """Return a repeated float32, packed or not."""
        content = b"".join([self._data[a:b] for a, b in self.many(name)])
        if len(content) % 4:
            raise damaged("holds a broken list of numbers")
        return list(struct.unpack(f"<{len(content) // 4}f", content))


class Attribute:
    """One operator's attribute: `kind` is the name of the field that holds the value."""

    __slots__ = ("kind", "message", "name")
    name: Final[str]
    kind: Final[str]
    message: Final[Message]

    def __init__(self, name: str, kind: str, message: Message) -> None:
        self.name = name
        self.kind = kind
        self.message = message


def read_message(data: bytes, start: int, end: int, schema: Schema, what: str) -> Message:
    """Return the message in data[start:end]; refuse any field that `schema` does not list."""
    spans: dict[str, list[tuple[int, int, int]]] = {}
    for number, wire, a, b in read_fields(data, start, end):
        name, wires, repeated = schema.get(number, ("", (), False))
        if wire not in wires:
            thing = _REFUSED.get((what, number), f"field {number}")
            raise damaged(f"holds {thing} in {what}, which is not allowed")
        found = spans.setdefault(name, [])
        if found and not repeated:
            raise damaged(f"holds {name} twice in {what}")
        found.append((wire, a, b))
    return Message(data, spans)


def read_attribute(data: bytes, start: int, end: int, schema: Schema) -> Attribute:
    """Return one attribute; its type must name the one field that holds its value."""
    message = read_message(data, start, end, schema, "an attribute")
    kind = _KINDS.get(message.number("type"), "")
    held = [name for name in _KINDS.values() if message.many(name)]
    if held not in ([kind], []):
        raise damaged("holds an attribute whose type and value differ")
    return Attribute(message.text("name"), kind, message)
