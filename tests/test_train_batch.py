"""A matrix scored at once gets the scores that its rows get one by one at a push."""

from __future__ import annotations

import numpy as np
import pytest

from cigate.errors import DamagedBundle, ModelError
from cigate.model import Bundle, open_predictor
from cigate_train.batch import BATCH, score_rows
from tests.forests import fit_forest, make_bundle, make_manifest, numbered_features, to_rows


@pytest.mark.parametrize("backend", ["capi", "python"])
def test_scores_are_those_of_the_serving_predictor(backend: str) -> None:
    bundle = make_bundle()
    matrix = np.random.default_rng(1).normal(size=(BATCH + 100, 8)).astype(np.float32)
    scores = score_rows(bundle, matrix)
    near = [0, 1, 500, BATCH - 1, BATCH, BATCH + 99]
    predictor = open_predictor(bundle, backend)
    assert scores[near].tolist() == [predictor.score(to_rows(matrix[[n]]))[0] for n in near]


def test_no_rows_have_no_scores() -> None:
    assert score_rows(make_bundle(), np.zeros((0, 8), np.float32)).shape == (0,)


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(strange: float) -> None:
    matrix = np.zeros((3, 8), np.float32)
    matrix[1, 2] = strange
    with pytest.raises(ModelError, match="not finite"):
        score_rows(make_bundle(), matrix)


def test_a_model_of_other_features_is_refused() -> None:
    made = make_bundle()
    other = Bundle(make_manifest(made.model, b"", numbered_features(9)), made.model, b"")
    with pytest.raises(DamagedBundle):
        score_rows(other, np.zeros((1, 9), np.float32))


def test_numbers_that_are_no_probabilities_are_refused() -> None:
    import onnx

    model = onnx.load_from_string(fit_forest().model)
    for attribute in model.graph.node[0].attribute:
        if attribute.name == "class_weights":
            attribute.floats[:] = [7.0] * len(attribute.floats)
    forged = model.SerializeToString()
    bundle = Bundle(make_manifest(forged, b"", numbered_features(8)), forged, b"")
    with pytest.raises(DamagedBundle, match="no probabilities"):
        score_rows(bundle, np.zeros((1, 8), np.float32))
