"""Writes a forest as ONNX: one TreeEnsembleClassifier, `features` in, `probabilities` out; or joins two.

The same forest gives the same bytes: every name, version and text is pinned. What a runtime does
not need (the label, hit rates, the handling of missing values) is left out: a fifth of the size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType

from cigate.model.outline import FEATURES_KEY, INPUT, OUTPUT

OPSETS = {"": 17, "ai.onnx.ml": 1}  # read by every onnxruntime since 1.14
IR_VERSION = 8
NOT_NEEDED = ("nodes_hitrates", "nodes_missing_value_tracks_true")


def forest_to_onnx(forest: Any, features: int, features_sha256: str) -> bytes:
    """Return the ONNX form of a forest over `features` numbers; the digest goes into its metadata."""
    proto = convert_sklearn(
        forest,
        name="cigate",
        initial_types=[(INPUT, FloatTensorType([None, features]))],
        options={id(forest): {"zipmap": False}},
        target_opset={"": OPSETS[""], "ai.onnx.ml": 3},
    )
    _pin(proto, features_sha256)
    _drop_ballast(proto)
    return bytes(proto.SerializeToString(deterministic=True))


def _pin(proto: ModelProto, features_sha256: str) -> None:
    proto.ir_version = IR_VERSION
    proto.producer_name, proto.producer_version = "cigate", ""
    proto.domain, proto.doc_string, proto.model_version = "", "", 0
    del proto.opset_import[:]
    for domain, version in OPSETS.items():
        proto.opset_import.add(domain=domain, version=version)
    proto.metadata_props.add(key=FEATURES_KEY, value=features_sha256)


def _drop_ballast(proto: ModelProto) -> None:
    outputs = [output for output in proto.graph.output if output.name == OUTPUT]
    del proto.graph.output[:]
    proto.graph.output.extend(outputs)
    for node in proto.graph.node:
        kept = [attribute for attribute in node.attribute if attribute.name not in NOT_NEEDED]
        del node.attribute[:]
        node.attribute.extend(kept)


def join_models(first: bytes, second: bytes, features_sha256: str) -> bytes:
    """Return one model that gives the mean of two models' probabilities; both read the same features."""
    protos = [ModelProto.FromString(model) for model in (first, second)]
    columns = protos[0].graph.input[0]
    outputs = [_renamed(proto.graph, f"{name}_") for proto, name in zip(protos, "ab", strict=True)]
    half = numpy_helper.from_array(np.array([0.5], np.float32), "half")
    nodes = [node for proto in protos for node in proto.graph.node]
    nodes += [
        helper.make_node("Add", outputs, ["sum"], "add"),
        helper.make_node("Mul", ["sum", "half"], [OUTPUT], "mean"),
    ]
    kept = [tensor for proto in protos for tensor in proto.graph.initializer]
    graph = helper.make_graph(nodes, "cigate", [columns], [_output(protos[0].graph)], [*kept, half])
    joined = helper.make_model(graph)
    _pin(joined, features_sha256)
    return bytes(joined.SerializeToString(deterministic=True))


def _output(graph: GraphProto) -> Any:
    (found,) = [value for value in graph.output if value.name.endswith(OUTPUT)]
    return helper.make_tensor_value_info(OUTPUT, found.type.tensor_type.elem_type, [None, 2])


def _renamed(graph: GraphProto, prefix: str) -> str:
    """Put `prefix` before every name of the graph but its input's; return the new name of the output."""
    for tensor in graph.initializer:
        tensor.name = prefix + tensor.name
    for node in graph.node:
        node.name = prefix + node.name
        node.input[:] = [name if name == INPUT else prefix + name for name in node.input]
        node.output[:] = [prefix + name for name in node.output]
    return prefix + OUTPUT
