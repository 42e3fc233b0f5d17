"""What a model says about itself: metadata and its input, read without loading it.

On the path of every push, so it looks at the outermost fields only; `structure` looks at all of
them. Must not trust a model whose digest was not checked.
"""

from __future__ import annotations

from hashlib import sha256

from cigate.model.wire import BYTES, VARINT, damaged, read_fields, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INPUT, OUTPUT = "features", "probabilities"
FEATURES_KEY = "cigate.features_sha256"
FLOAT, INT64 = 1, 7  # TensorProto.DataType
_GRAPH, _METADATA, _GRAPH_INPUT = 7, 14, 11


def features_digest(features: Iterable[tuple[str, int]]) -> str:
    """Return the SHA-256 of the ordered (name, version) list, as 64 hexadecimal digits.

    The exporter stores it in the model's metadata under FEATURES_KEY, which binds the order of the
    model's columns to the manifest's list.
    """
    lines = "".join(f"{name}\t{version}\n" for name, version in features)
    return sha256(lines.encode()).hexdigest()


def read_metadata(model: bytes) -> dict[str, str]:
    """Return the ONNX metadata; a key that stands there twice is DamagedBundle."""
    found: dict[str, str] = {}
    for number, wire, start, end in read_fields(model, 0, len(model)):
        if number != _METADATA or wire != BYTES:
            continue
        pair = {1: "", 2: ""}
        for part, kind, a, b in read_fields(model, start, end):
            if part not in pair or kind != BYTES:
                raise damaged("holds metadata that is not of text")
            pair[part] = read_text(model, a, b)
        if pair[1] in found:
            raise damaged("holds the same metadata twice")
        found[pair[1]] = pair[2]
    return found


def check_outline(model: bytes, features: Sequence[tuple[str, int]]) -> None:
    """Refuse a model that was not made for exactly this list of features, in this order."""
    told = read_metadata(model).get(FEATURES_KEY)
    if told is None:
        raise damaged(f"says nothing under {FEATURES_KEY}: cigate did not make it")
    if told != features_digest(features):
        raise damaged("was made for another list of features than manifest.json says")
    graphs = _messages(model, 0, len(model), _GRAPH)
    if len(graphs) != 1:
        raise damaged("does not hold one graph")
    inputs = _messages(model, *graphs[0], _GRAPH_INPUT)
    if [read_value(model, *span) for span in inputs] != [(INPUT, FLOAT, len(features))]:
        raise damaged(f"does not take the manifest's {len(features)} float32 features alone")


def read_value(model: bytes, start: int, end: int) -> tuple[str, int, int]:
    """Return (name, element type, number of columns) of a graph's two-dimensional input or output.

    The number of columns is 0 where the model leaves it open; a value that is no tensor has
    element type 0, one without two dimensions has -1 columns.
    """
    name, kind, columns = "", 0, -1
    for number, wire, a, b in read_fields(model, start, end):
        if number == 1 and wire == BYTES:
            name = read_text(model, a, b)
        elif number == 2 and wire == BYTES:
            for tensor in _messages(model, a, b, 1):
                kind, columns = _read_tensor_type(model, *tensor)
    return name, kind, columns


def _read_tensor_type(model: bytes, start: int, end: int) -> tuple[int, int]:
    kind, columns = 0, -1
    for number, wire, a, b in read_fields(model, start, end):
        if number == 1 and wire == VARINT:
            kind = a
        elif number == 2 and wire == BYTES:
            dimensions = list(_messages(model, a, b, 1))
            if len(dimensions) == 2:
                sizes = [v for n, w, v, _ in read_fields(model, *dimensions[1]) if (n, w) == (1, 0)]
                columns = sizes[-1] if sizes else 0
    return kind, columns


def _messages(model: bytes, start: int, end: int, wanted: int) -> list[tuple[int, int]]:
    fields = read_fields(model, start, end)
    return [(a, b) for number, wire, a, b in fields if number == wanted and wire == BYTES]
