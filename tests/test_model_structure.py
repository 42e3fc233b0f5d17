"""What must hold for the validator: forests pass, and nothing else does, without being loaded."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper
from sklearn.ensemble import GradientBoostingRegressor

from cigate.errors import DamagedBundle
from cigate.model import FEATURES_KEY, check_structure, features_digest, read_metadata
from cigate.model.outline import check_outline
from tests.forests import fit_forest, numbered_features

ROOT = Path(__file__).resolve().parent.parent
FEATURES = numbered_features(4)

Change = Callable[[Any], object]


def small() -> bytes:
    return fit_forest(FEATURES, n_trees=3, n_leaves=6).model


def attribute(model: Any, name: str) -> Any:
    (found,) = [a for a in model.graph.node[0].attribute if a.name == name]
    return found


def changed(change: Change) -> bytes:
    model = onnx.load_from_string(small())
    change(model)
    return bytes(model.SerializeToString())


def refuse(model: bytes, features: tuple[tuple[str, int], ...] = FEATURES) -> str:
    with pytest.raises(DamagedBundle) as caught:
        check_structure(model, features)
    assert caught.value.hint
    assert str(caught.value).startswith("model.onnx ")
    return str(caught.value)


def test_what_the_converter_makes_of_a_forest_is_accepted() -> None:
    check_structure(small(), FEATURES)
    check_structure(fit_forest().model, fit_forest().features)


def test_a_packed_encoding_of_the_same_forest_is_accepted() -> None:
    """Parsers take both encodings of a list of numbers; so must the validator."""
    model = onnx.load_from_string(small())
    ids = attribute(model, "nodes_featureids")
    packed = bytes(ids.ints)  # each below 128: its own varint
    parts = [(1, b"nodes_featureids"), (8, packed)]
    body = b"".join(bytes([n << 3 | 2, len(p)]) + p for n, p in parts) + b"\xa0\x01\x07"
    model.graph.node[0].attribute.remove(ids)
    node = model.graph.node[0].SerializeToString() + b"\x2a" + bytes([len(body)]) + body
    del model.graph.node[:]
    data = splice(model, node)
    assert onnx.load_from_string(data).graph.node[0].attribute[-1].ints == list(packed)
    check_structure(data, FEATURES)


def splice(model: Any, node: bytes) -> bytes:
    """Return the model with `node` put in as raw bytes."""

    def framed(number: int, content: bytes) -> bytes:
        size, rest = bytearray(), len(content)
        while rest > 127:
            size.append(rest & 127 | 128)
            rest >>= 7
        return bytes([number << 3 | 2, *size, rest]) + content

    graph = framed(1, node) + model.graph.SerializeToString()
    model.ClearField("graph")
    return bytes(model.SerializeToString()) + framed(7, graph)


def test_a_boosted_forest_with_the_few_operators_behind_it_is_accepted() -> None:
    forest = fit_forest(FEATURES, n_trees=3)
    boosted = GradientBoostingRegressor(n_estimators=5, max_leaf_nodes=8, random_state=0)
    boosted.fit(forest.rows, (forest.rows[:, 0] > 0).astype(float))
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    converted = convert_sklearn(
        boosted,
        initial_types=[("features", FloatTensorType([None, 4]))],
        target_opset={"": 15, "ai.onnx.ml": 3},
    )
    score = converted.graph.output[0].name
    one = helper.make_tensor("one", TensorProto.FLOAT, [1, 1], [1.0])
    tail = [
        helper.make_node("Sigmoid", [score], ["p"]),
        helper.make_node("Sub", ["one", "p"], ["q"]),
        helper.make_node("Concat", ["q", "p"], ["probabilities"], axis=1),
    ]
    shape = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])
    graph = helper.make_graph(
        [*converted.graph.node, *tail], "g", list(converted.graph.input), [shape], [one]
    )
    ml = helper.make_opsetid("ai.onnx.ml", 3)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15), ml], ir_version=8)
    helper.set_model_props(model, {FEATURES_KEY: features_digest(FEATURES)})
    check_structure(model.SerializeToString(), FEATURES)


def set_ints(name: str, place: int, value: int) -> Change:
    def change(model: Any) -> None:
        attribute(model, name).ints[place] = value

    return change


def set_floats(name: str, value: float) -> Change:
    def change(model: Any) -> None:
        attribute(model, name).floats[0] = value

    return change


def add_attribute(made: Any) -> Change:
    return lambda model: model.graph.node[0].attribute.append(made)


def add_node(*args: Any, **named: Any) -> Change:
    return lambda model: model.graph.node.append(helper.make_node(*args, **named))


def remove(name: str) -> Change:
    return lambda model: model.graph.node[0].attribute.remove(attribute(model, name))


def external(model: Any) -> None:
    tensor = helper.make_tensor("secret", TensorProto.FLOAT, [1], [1.0])
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")
    model.graph.initializer.append(tensor)


def huge_constant(model: Any) -> None:
    model.graph.initializer.append(helper.make_tensor("c", TensorProto.FLOAT, [5000], [0.0] * 5000))


def subgraph() -> Any:
    return helper.make_attribute("body", helper.make_graph([], "g", [], []))


def function(model: Any) -> None:
    made = helper.make_function("d", "F", ["a"], ["b"], [], [helper.make_opsetid("", 15)])
    model.functions.append(made)


def rename_output(model: Any) -> None:
    model.graph.output[1].name = model.graph.node[0].output[1] = "scores"


def swap_labels(model: Any) -> None:
    attribute(model, "classlabels_int64s").ints[:] = [1, 0]


def two_features(model: Any) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 2


def many_nodes(model: Any) -> None:
    for i in range(16):
        add_node("Identity", ["probabilities"], [f"x{i}"])(model)


def lead_back(model: Any) -> None:
    modes = attribute(model, "nodes_modes").strings
    second = next(i for i, mode in enumerate(modes) if i and mode != b"LEAF")
    set_ints("nodes_falsenodeids", second, 0)(model)


def weigh_twice(model: Any) -> None:
    for name in ("class_ids", "class_nodeids", "class_treeids"):
        attribute(model, name).ints.append(attribute(model, name).ints[0])
    attribute(model, "class_weights").floats.append(0.5)


HARMFUL: dict[str, tuple[Change, str]] = {
    "a cycle": (set_ints("nodes_truenodeids", 0, 0), "downwards"),
    "a child before its parent": (lead_back, "downwards"),
    "a child that is not there": (set_ints("nodes_falsenodeids", 0, 99), "downwards"),
    "two parents for one child": (
        lambda m: set_ints("nodes_falsenodeids", 0, attribute(m, "nodes_truenodeids").ints[0])(m),
        "downwards",
    ),
    "one id for two nodes": (set_ints("nodes_nodeids", 1, 0), "order of their ids"),
    "trees out of order": (set_ints("nodes_treeids", 0, 2), "order of their ids"),
    "a negative node id": (set_ints("nodes_nodeids", 0, -1), "negative"),
    "a feature beyond the row": (set_ints("nodes_featureids", 0, 4), "beyond its 4 features"),
    "a feature before the row": (set_ints("nodes_featureids", 0, -1), "beyond its 4 features"),
    "a feature far away": (set_ints("nodes_featureids", 0, 1 << 40), "beyond its 4 features"),
    "a threshold that is no number": (set_floats("nodes_values", float("nan")), "not all finite"),
    "an infinite weight": (set_floats("class_weights", float("inf")), "not all finite"),
    "an unknown branch": (
        lambda m: attribute(m, "nodes_modes").strings.__setitem__(0, b"BRANCH_ANY"),
        "unknown kind",
    ),
    "a root that is a leaf": (
        lambda m: attribute(m, "nodes_modes").strings.__setitem__(0, b"LEAF"),
        "two roots",
    ),
    "a weight at a branch": (set_ints("class_nodeids", 0, 0), "at its leaves"),
    "a weight nowhere": (set_ints("class_treeids", 0, 77), "at its leaves"),
    "a third column": (set_ints("class_ids", 0, 2), "at its leaves"),
    "two weights for one column": (weigh_twice, "two weights"),
    "lists of different length": (
        lambda m: attribute(m, "nodes_values").floats.append(0.0),
        "differ in length",
    ),
    "weights of different length": (lambda m: attribute(m, "class_weights").floats.append(0.0), "in number"),
    "no nodes": (
        lambda m: [attribute(m, n).ClearField("ints") for n in ("nodes_nodeids", "nodes_treeids")],
        "differ in length",
    ),
    "a missing list": (remove("nodes_modes"), "missing or unknown attributes: 'nodes_modes'"),
    "an unknown list": (add_attribute(helper.make_attribute("nodes_more", [1, 2])), "'nodes_more'"),
    "swapped labels": (swap_labels, "passed (0)"),
    "an unknown post-transform": (
        lambda m: setattr(attribute(m, "post_transform"), "s", b"PROBIT"),
        "post_transform",
    ),
    "a post-transform that is read in two ways": (
        lambda m: setattr(attribute(m, "post_transform"), "s", b"SOFTMAX"),
        "post_transform",
    ),
    "a list of another type": (
        lambda m: attribute(m, "nodes_nodeids").__setattr__("type", 6),
        "type and value differ",
    ),
    "the same attribute twice": (
        lambda m: add_attribute(attribute(m, "nodes_values"))(m),
        "same attribute twice",
    ),
    "a subgraph": (add_attribute(subgraph()), "a subgraph in an attribute"),
    "a tensor attribute": (
        add_attribute(helper.make_attribute("t", helper.make_tensor("t", 1, [1], [0.0]))),
        "a tensor attribute",
    ),
    "a function": (function, "functions in the model"),
    "external data": (external, "external data in a constant"),
    "a huge constant": (huge_constant, "more than 4096"),
    "an unknown operator": (add_node("Loop", ["features"], ["x"]), "'Loop'"),
    "a custom domain": (add_node("Identity", ["features"], ["x"], domain="evil"), "of 'evil'"),
    "an attribute on a plain operator": (add_node("Identity", ["features"], ["x"], size=1), "gives Identity"),
    "an input from nowhere": (add_node("Identity", ["later"], ["x"]), "not given before it"),
    "a name given twice": (add_node("Identity", ["features"], ["probabilities"]), "one name to two"),
    "columns joined twice": (
        lambda m: [add_node("Concat", ["features"], [n], axis=1)(m) for n in "ab"],
        "more than once",
    ),
    "too many operators": (many_nodes, "17 operators"),
    "no operator": (lambda m: m.graph.ClearField("node"), "0 operators"),
    "no forest": (
        lambda m: m.graph.node[0].CopyFrom(helper.make_node("Identity", ["features"], ["probabilities"])),
        "no forest",
    ),
    "an output from nowhere": (lambda m: m.graph.node[0].output.__setitem__(0, "other"), "no operator gives"),
    "another output": (rename_output, "other outputs"),
    "one column": (
        lambda m: setattr(m.graph.output[1].type.tensor_type.shape.dim[1], "dim_value", 1),
        "two float32 columns",
    ),
    "a double output": (
        lambda m: setattr(m.graph.output[1].type.tensor_type, "elem_type", 11),
        "two float32 columns",
    ),
    "another width": (two_features, "manifest's 4 float32 features"),
    "another input": (lambda m: setattr(m.graph.input[0], "name", "x"), "manifest's 4 float32 features"),
    "a second input": (lambda m: m.graph.input.append(m.graph.input[0]), "manifest's 4 float32 features"),
    "no input type": (lambda m: m.graph.input[0].ClearField("type"), "manifest's 4 float32 features"),
    "a too new operator set": (lambda m: setattr(m.opset_import[0], "version", 99), "needs version 99"),
    "an unknown operator set": (lambda m: m.opset_import.append(helper.make_opsetid("evil", 1)), "'evil'"),
    "a too new format": (lambda m: setattr(m, "ir_version", 99), "IR version"),
    "no metadata": (lambda m: m.ClearField("metadata_props"), "cigate did not make it"),
    "two digests": (lambda m: m.metadata_props.append(m.metadata_props[0]), "same metadata twice"),
    "no graph": (lambda m: m.ClearField("graph"), "one graph"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_model_is_refused(name: str) -> None:
    change, said = HARMFUL[name]
    assert said in refuse(changed(change))


def chain(depth: int) -> Change:
    """Make the first tree one long line of branches, as deep as asked for."""

    def change(model: Any) -> None:
        def put(name: str, values: list[Any], field: str = "ints") -> None:
            attribute(model, name).ClearField(field)
            getattr(attribute(model, name), field).extend(values)

        nodes = 2 * depth + 1
        branches = range(0, nodes - 1, 2)
        put("nodes_nodeids", list(range(nodes)))
        put("nodes_treeids", [0] * nodes)
        put("nodes_featureids", [0] * nodes)
        put("nodes_values", [0.0] * nodes, "floats")
        put("nodes_hitrates", [1.0] * nodes, "floats")
        put("nodes_missing_value_tracks_true", [0] * nodes)
        put("nodes_truenodeids", [i + 1 if i in branches else 0 for i in range(nodes)])
        put("nodes_falsenodeids", [i + 2 if i in branches else 0 for i in range(nodes)])
        put("nodes_modes", [b"BRANCH_LEQ" if i in branches else b"LEAF" for i in range(nodes)], "strings")
        leaves = [i for i in range(nodes) if i not in branches]
        put("class_ids", [1] * len(leaves))
        put("class_nodeids", leaves)
        put("class_treeids", [0] * len(leaves))
        put("class_weights", [0.5] * len(leaves), "floats")

    return change


def test_a_deep_tree_is_refused_before_anything_recurses() -> None:
    check_structure(changed(chain(500)), FEATURES)
    assert "512 levels" in refuse(changed(chain(20_000)))


def test_merged_graphs_are_refused() -> None:
    """Two models end to end are one to a protobuf parser, with both graphs merged."""
    assert "twice in the model" in refuse(small() + small())


def test_permuted_or_other_features_are_refused() -> None:
    for features in (FEATURES[::-1], FEATURES[:3], (*FEATURES[:3], ("f3", 2)), (*FEATURES, ("f4", 1))):
        assert "another list of features" in refuse(small(), features)
        with pytest.raises(DamagedBundle, match="another list of features"):
            check_outline(small(), features)


def test_the_digest_tells_names_versions_and_order_apart() -> None:
    lists = [
        [("a", 1), ("b", 1)],
        [("b", 1), ("a", 1)],
        [("a", 1)],
        [("a", 11)],
        [("a", 2), ("b", 1)],
        [("ab", 1)],
        [],
    ]
    assert len({features_digest(features) for features in lists}) == len(lists)


def test_metadata_reads_as_onnx_reads_it() -> None:
    data = changed(lambda m: m.metadata_props.add(key="näme", value="välue"))
    read = {p.key: p.value for p in onnx.load_from_string(data).metadata_props}
    assert read_metadata(data) == read
    assert read[FEATURES_KEY] == features_digest(FEATURES)


def test_an_oversize_model_is_refused_unread() -> None:
    assert "larger than 16 MiB" in refuse(small() + bytes(16 << 20))


def test_a_model_cut_anywhere_is_refused() -> None:
    data = small()
    for end in range(0, len(data), 37):
        refuse(data[:end])


# Loads and runs what the validator let through; a crash or a hang would end the process.
RUNNER = """
import array, json, sys
from cigate.model.python_backend import PythonEngine
from cigate.errors import DamagedBundle
for line in sys.stdin:
    try:
        engine = PythonEngine(bytes.fromhex(line), "features", "probabilities")
        for value in (-1e30, -0.5, 0.0, 0.5, 1e30):
            engine.run(array.array("f", [value] * 4), 1)
        print("ran")
    except DamagedBundle:
        print("refused")
"""


def test_a_mutant_is_refused_with_the_one_error_or_runs_without_harm() -> None:
    """Bit flips that pass the validator must not crash or hang onnxruntime."""
    chance = random.Random(1)
    accepted = []
    for _ in range(1500):
        data = bytearray(small())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            check_structure(bytes(data), FEATURES)
        except DamagedBundle:
            continue
        accepted.append(data.hex())
    assert accepted
    assert len(accepted) < 1500
    ran = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input="\n".join(accepted),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert len(ran.stdout.split()) == len(accepted)
    assert json.dumps(ran.stderr) == '""'
