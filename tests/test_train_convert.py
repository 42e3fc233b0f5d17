"""The ONNX form is one forest, small, accepted by the validator, and the same each time."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from cigate.model import check_structure, features_digest
from cigate_train.convert import IR_VERSION, OPSETS, forest_to_onnx
from cigate_train.fit import BYTES_A_NODE, fit_forest, forest_settings, score
from tests.test_train_fit import matrix

FEATURES = tuple((f"f{number}", 1) for number in range(6))


@pytest.fixture(scope="module")
def converted() -> tuple[object, bytes]:
    rows, failed = matrix(2000)
    forest = fit_forest(rows, failed, forest_settings(len(rows)))
    return forest, forest_to_onnx(forest, 6, features_digest(FEATURES))


def test_it_passes_the_structural_validator_and_the_onnx_checker(converted: tuple[object, bytes]) -> None:
    check_structure(converted[1], FEATURES)
    onnx.checker.check_model(onnx.load_from_string(converted[1]))


def test_it_scores_as_scikit_learn_does(converted: tuple[object, bytes]) -> None:
    rows, _ = matrix(500, seed=9)
    session = onnxruntime.InferenceSession(converted[1], providers=["CPUExecutionProvider"])
    served = session.run(["probabilities"], {"features": rows})[0]
    assert np.abs(served[:, 1] - score(converted[0], rows)).max() < 1e-6


def test_it_holds_one_node_and_nothing_that_varies(converted: tuple[object, bytes]) -> None:
    forest, model = converted
    assert forest_to_onnx(forest, 6, features_digest(FEATURES)) == model
    proto = onnx.load_from_string(model)
    assert [node.op_type for node in proto.graph.node] == ["TreeEnsembleClassifier"]
    assert [output.name for output in proto.graph.output] == ["probabilities"]
    assert {o.domain: o.version for o in proto.opset_import} == OPSETS
    assert proto.ir_version == IR_VERSION
    assert (proto.producer_name, proto.producer_version, proto.doc_string) == ("cigate", "", "")
    assert proto.graph.name == "cigate"


def test_a_node_costs_no_more_than_the_size_estimate_says(converted: tuple[object, bytes]) -> None:
    nodes = sum(tree.tree_.node_count for tree in converted[0].estimators_)  # type: ignore[attr-defined]
    assert len(converted[1]) / nodes < BYTES_A_NODE
