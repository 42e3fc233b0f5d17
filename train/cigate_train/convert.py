"""Writes a forest as ONNX: one TreeEnsembleClassifier, `features` in, `probabilities` out.

The same forest gives the same bytes: every name, version and text is pinned. What a runtime does
not need (the label, hit rates, the handling of missing values) is left out: a fifth of the size.
"""

from __future__ import annotations

from typing import Any

from onnx import ModelProto
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
