"""Decides whether an ONNX file is a forest and nothing else, without loading it.

For export, publishing and pulling; too slow for a push (0.1 s for 100 trees of 64 leaves). What
is not known to be harmless is refused: an onnxruntime session loops for ever on a cyclic tree,
crashes on a deep one and reads files that external data name.
"""

from __future__ import annotations

from cigate.model.messages import (
    ATTRIBUTE,
    GRAPH,
    INITIALIZER,
    MODEL,
    NODE,
    OPERATOR_SET,
    Message,
    read_attribute,
    read_message,
)
from cigate.model.outline import FLOAT, INPUT, INT64, OUTPUT, check_outline, read_value
from cigate.model.trees import CLASSIFIER, REGRESSOR, check_ensemble
from cigate.model.wire import damaged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cigate.model.messages import Attribute

MAX_MODEL_BYTES = 16 << 20
MAX_NODES = 16
MAX_NODE_INPUTS = 4
MAX_CONSTANT = 4096

# The newest versions that onnxruntime 1.19 reads, the oldest one that cigate runs with.
MAX_IR_VERSION = 10
MAX_OPERATOR_SETS = {"": 21, "ai.onnx": 21, "ai.onnx.ml": 3}

_ENSEMBLES = {"TreeEnsembleClassifier": CLASSIFIER, "TreeEnsembleRegressor": REGRESSOR}
# What may follow the forests, with the attributes that each may have: a calibrated or boosted
# forest needs them. None of them can change the number of rows.
_ELEMENTWISE: dict[str, frozenset[str]] = {
    "Add": frozenset(),
    "Cast": frozenset({"to", "saturate"}),
    "Concat": frozenset({"axis"}),
    "Identity": frozenset(),
    "Mul": frozenset(),
    "Sigmoid": frozenset(),
    "Sub": frozenset(),
}


def check_structure(model: bytes, features: Sequence[tuple[str, int]]) -> None:
    """Refuse a model that is not a forest over exactly these features, in this order.

    Raises:
        DamagedBundle: with the first thing found.
    """
    if len(model) > MAX_MODEL_BYTES:
        raise damaged(f"is larger than {MAX_MODEL_BYTES >> 20} MiB")
    top = read_message(model, 0, len(model), MODEL, "the model")
    if not 3 <= top.number("ir_version") <= MAX_IR_VERSION:
        raise damaged(f"is not of ONNX IR version 3 to {MAX_IR_VERSION}")
    _check_operator_sets(model, top)
    check_outline(model, features)
    graph = read_message(model, *top.one("graph"), GRAPH, "the graph")
    _check_outputs(model, graph)
    _check_nodes(model, graph, len(features))


def _check_operator_sets(model: bytes, top: Message) -> None:
    for span in top.many("opset_import"):
        entry = read_message(model, *span, OPERATOR_SET, "an operator set")
        domain, version = entry.text("domain"), entry.number("version")
        if not 1 <= version <= MAX_OPERATOR_SETS.get(domain, 0):
            raise damaged(f"needs version {version} of the operator set {domain[:60]!r}")


def _check_outputs(model: bytes, graph: Message) -> None:
    found = {value[0]: value[1:] for value in (read_value(model, *s) for s in graph.many("output"))}
    if len(found) != len(graph.many("output")) or found.keys() - {OUTPUT, "label"}:
        raise damaged(f"has other outputs than {OUTPUT} and label")
    if found.get(OUTPUT) != (FLOAT, 2):
        raise damaged(f"has no output {OUTPUT} of two float32 columns")


def _check_nodes(model: bytes, graph: Message, n_features: int) -> None:
    nodes = graph.many("node")
    if not 1 <= len(nodes) <= MAX_NODES:
        raise damaged(f"has {len(nodes)} operators; 1 to {MAX_NODES} are allowed")
    known = {INPUT}
    for span in graph.many("initializer"):
        _add_names(known, [_check_initializer(model, span)])
    operators = [_check_node(model, span, known, n_features) for span in nodes]
    if not any(operator in _ENSEMBLES for operator in operators):
        raise damaged("holds no forest")
    if operators.count("Concat") > 1:  # each could double the size of what it is given
        raise damaged("joins columns more than once")
    missing = {read_value(model, *span)[0] for span in graph.many("output")} - known
    if missing:
        raise damaged("has an output that no operator gives")


def _add_names(known: set[str], names: Sequence[str]) -> None:
    for name in names:
        if not name or name in known:
            raise damaged("gives one name to two values")
        known.add(name)


def _check_node(model: bytes, span: tuple[int, int], known: set[str], n_features: int) -> str:
    node = read_message(model, *span, NODE, "an operator")
    operator, domain = node.text("op_type"), node.text("domain")
    attributes = _read_attributes(model, node)
    inputs = node.texts("input")
    if not 1 <= len(inputs) <= MAX_NODE_INPUTS or not known.issuperset(inputs):
        raise damaged("has an operator whose inputs are not given before it")
    if domain == "ai.onnx.ml" and operator in _ENSEMBLES:
        if inputs != [INPUT]:
            raise damaged("has a forest that reads something else than the features")
        check_ensemble(attributes, _ENSEMBLES[operator], n_features)
    elif domain not in ("", "ai.onnx") or operator not in _ELEMENTWISE:
        raise damaged(f"uses the operator {operator[:60]!r} of {domain[:60]!r}, which is not allowed")
    elif attributes.keys() - _ELEMENTWISE[operator]:
        raise damaged(f"gives {operator} an attribute that is not allowed")
    _add_names(known, node.texts("output"))
    return operator


def _read_attributes(model: bytes, node: Message) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for span in node.many("attribute"):
        attribute = read_attribute(model, *span, ATTRIBUTE)
        if attribute.name in found:
            raise damaged("gives an operator the same attribute twice")
        found[attribute.name] = attribute
    return found


def _check_initializer(model: bytes, span: tuple[int, int]) -> str:
    tensor = read_message(model, *span, INITIALIZER, "a constant")
    count = 1
    for size in tensor.numbers("dims"):
        count *= size
    if len(tensor.numbers("dims")) > 2 or not 1 <= count <= MAX_CONSTANT:
        raise damaged(f"holds a constant of more than {MAX_CONSTANT} numbers")
    if tensor.number("data_type") not in (FLOAT, INT64):
        raise damaged("holds a constant that is neither float32 nor int64")
    return tensor.text("name")
