"""What must hold for scoring: both backends give the same bits, and nothing but probabilities."""

from __future__ import annotations

import sys
from array import array
from pathlib import Path

import numpy as np
import pytest

from cigate.errors import DamagedBundle, ModelError, UsageError
from cigate.model import Bundle, open_predictor
from cigate.model.predictor import lay_out, read_probabilities
from tests.forests import Forest, fit_forest, make_bundle, make_manifest, numbered_features, to_rows

NAMES = ("size", "streak", "age")


def row(*numbers: float) -> array[float]:
    return array("f", numbers)


@pytest.fixture
def no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an onnxruntime first on the path whose library is no library."""
    folder = tmp_path / "onnxruntime" / "capi"
    folder.mkdir(parents=True)
    (folder / "libonnxruntime.so.1.99.0").write_bytes(b"not a library")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])


@pytest.mark.parametrize("forest", [fit_forest(), fit_forest(numbered_features(40), 100, 64)])
def test_both_backends_and_every_batch_size_give_the_same_bits(forest: Forest) -> None:
    random = np.random.default_rng(3)
    matrix = random.normal(scale=2, size=(3000, len(forest.features))).astype(np.float32)
    matrix[:1000] = forest.rows[random.integers(0, len(forest.rows), 1000)]
    rows = to_rows(matrix)
    bundle = make_bundle(forest)
    fast, slow = open_predictor(bundle, "capi"), open_predictor(bundle, "python")
    assert (fast.backend, fast.why, slow.backend, slow.why) == ("capi", "", "python", "")
    scores = fast.score(rows)
    assert scores == slow.score(rows)
    assert scores == [p for one in rows for p in fast.score([one])]
    assert scores[:300] == [p for one in rows[:300] for p in slow.score([one])]
    assert scores == [p for at in range(0, 3000, 7) for p in fast.score(rows[at : at + 7])]
    expected = forest.classifier.predict_proba(matrix)[:, 1]
    assert np.abs(expected - scores).max() < 2e-6
    assert len(set(scores)) > 1000


@pytest.mark.parametrize("backend", ["auto", "capi", "python"])
def test_no_rows_give_no_scores(backend: str) -> None:
    assert open_predictor(make_bundle(), backend).score([]) == []


def test_auto_takes_the_fast_backend_here() -> None:
    predictor = open_predictor(make_bundle())
    assert (predictor.backend, predictor.why) == ("capi", "")


@pytest.mark.usefixtures("no_library")
def test_auto_falls_back_and_says_why() -> None:
    rows = to_rows(fit_forest().rows[:50])
    predictor = open_predictor(make_bundle())
    assert predictor.backend == "python"
    assert "does not load" in predictor.why
    assert predictor.score(rows) == open_predictor(make_bundle(), "python").score(rows)


@pytest.mark.usefixtures("no_library")
def test_capi_alone_does_not_fall_back() -> None:
    with pytest.raises(ModelError, match="C API cannot be used") as caught:
        open_predictor(make_bundle(), "capi")
    assert "python" in caught.value.hint


def test_ctypes_itself_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ctypes", "cigate.model.capi", "cigate.model.library"):
        monkeypatch.setitem(sys.modules, name, None)
    assert open_predictor(make_bundle()).backend == "python"


def test_a_failure_while_scoring_falls_back_too() -> None:
    rows = to_rows(fit_forest().rows[:5])
    predictor = open_predictor(make_bundle())
    expected = predictor.score(rows)
    predictor._engine.close()  # type: ignore[attr-defined]
    assert predictor.score(rows) == expected
    assert predictor.backend == "python"
    assert predictor.why == "the session is closed"


def test_a_missing_onnxruntime_answers_with_the_pip_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="cannot be imported") as caught:
        open_predictor(make_bundle())
    assert "pip install" in caught.value.hint


def test_an_unknown_backend_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="'gpu'"):
        open_predictor(make_bundle(), "gpu")


@pytest.mark.parametrize("backend", ["auto", "python"])
def test_a_model_that_cannot_be_loaded_is_damage(backend: str) -> None:
    """The digest and the outline are right, the forest inside is broken."""
    forest = fit_forest(numbered_features(4), n_trees=3, n_leaves=6)
    model = forest.model.replace(b"TreeEnsembleClassifier", b"TreeEnsembleClassifieR")
    bundle = Bundle(make_manifest(model, b"", forest.features), model, b"")
    with pytest.raises(DamagedBundle, match="onnxruntime refuses the model"):
        open_predictor(bundle, backend)


def test_a_model_of_other_features_is_refused_before_it_is_loaded() -> None:
    forest = fit_forest()
    manifest = make_manifest(forest.model, b"", forest.features[::-1])
    with pytest.raises(DamagedBundle, match="another list of features"):
        open_predictor(Bundle(manifest, forest.model, b""))


@pytest.mark.parametrize("backend", ["capi", "python"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused_with_the_features_name(backend: str, bad: float) -> None:
    rows = to_rows(fit_forest().rows[:3])
    rows[1][5] = bad
    with pytest.raises(ModelError, match="'f5'") as caught:
        open_predictor(make_bundle(), backend).score(rows)
    assert not isinstance(caught.value, DamagedBundle)


@pytest.mark.parametrize(
    "bad", [row(), row(1, 2), row(1, 2, 3, 4), array("d", [1, 2, 3]), array("i", [1, 2, 3])]
)
def test_a_row_of_another_form_is_refused(bad: array[float]) -> None:
    with pytest.raises(ModelError, match="3 float32"):
        lay_out([row(1, 2, 3), bad], NAMES)


def test_rows_are_laid_end_to_end_and_opposite_infinities_do_not_cancel() -> None:
    assert lay_out([row(1, 2, 3), row(4, 5, 6)], NAMES) == row(1, 2, 3, 4, 5, 6)
    assert lay_out([row(3e38, 3e38, 3e38)], NAMES) == row(3e38, 3e38, 3e38)
    with pytest.raises(ModelError, match="'size'"):
        lay_out([row(float("inf"), float("-inf"), 0)], NAMES)


def test_rounding_is_forgiven_and_cut_off() -> None:
    assert read_probabilities(row(-1e-6, 1 + 1e-6, 1, -1e-7)) == [1.0, 0.0]
    assert read_probabilities(row(0.25, 0.75)) == [0.75]


@pytest.mark.parametrize(
    "pair",
    [(0, float("nan")), (float("nan"), 0), (-1, 2), (2, -1), (0.5, 0.6), (0, 0), (0, float("inf"))],
)
def test_what_is_no_probability_is_refused(pair: tuple[float, float]) -> None:
    with pytest.raises(DamagedBundle, match="no probabilities"):
        read_probabilities(row(0.5, 0.5, *pair))


@pytest.mark.parametrize("backend", ["capi", "python"])
def test_a_model_that_answers_with_nonsense_is_damage(backend: str) -> None:
    import onnx

    forest = fit_forest(numbered_features(4), n_trees=3, n_leaves=6)
    for bad in (7.0, float("nan")):
        parsed = onnx.load_from_string(forest.model)
        (weights,) = (a for a in parsed.graph.node[0].attribute if a.name == "class_weights")
        weights.floats[:] = [bad] * len(weights.floats)
        model = bytes(parsed.SerializeToString())
        bundle = Bundle(make_manifest(model, b"", forest.features), model, b"")
        with pytest.raises(DamagedBundle, match="no probabilities"):
            open_predictor(bundle, backend).score(to_rows(forest.rows[:, :4]))
