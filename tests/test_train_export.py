"""An exported bundle is whole, small, deterministic, and serves what was trained."""

from __future__ import annotations

import json
from array import array
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from cigate.errors import ModelError
from cigate.features import FEATURES
from cigate.history import History
from cigate.model import (
    Thresholds,
    check_features,
    check_structure,
    open_predictor,
    read_bundle,
    render_manifest,
    write_bundle,
)
from cigate_train.export import TOLERANCE, export, refuse_disagreement, settle, typical_row
from cigate_train.fit import BUNDLE_BYTES, fit_forest, score
from cigate_train.training import train
from tests.train_data import CARELESS, RISKY, make_records
from tests.trained import course, exported, learn


def test_the_bundle_can_be_written_read_and_used(tmp_path: Path) -> None:
    bundle = exported().bundle
    write_bundle(str(tmp_path), bundle)
    read = read_bundle(str(tmp_path))
    assert read == bundle
    check_features(read.manifest, FEATURES)
    check_structure(read.model, read.manifest.features)
    assert History.open(read.history).builds == 400


def test_scikit_learn_and_both_backends_agree_on_every_row() -> None:
    made = course()
    rows = made.dataset.rows
    forest = fit_forest(rows, made.dataset.failed, made.settings)
    expected = score(forest, rows)
    laid_out = [array("f", row.tobytes()) for row in rows]
    served = {}
    for backend in ("capi", "python"):
        served[backend] = open_predictor(exported().bundle, backend).score(laid_out)
        assert np.abs(np.array(served[backend]) - expected).max() < 1e-6
    assert served["capi"] == served["python"]
    assert exported().backends == ("capi", "python")
    assert exported().rows == made.test.late.size
    assert exported().difference < TOLERANCE


def test_the_same_builds_and_seed_give_the_same_bytes() -> None:
    dataset, history = learn(make_records(400))
    again = export(train(dataset), history.snapshot(), history.as_of).bundle
    first = exported().bundle
    assert again.model == first.model
    assert again.history == first.history
    assert render_manifest(again.manifest) == render_manifest(first.manifest)


def test_another_seed_gives_another_model() -> None:
    dataset, history = learn(make_records(400))
    other = export(train(dataset, seed=1), history.snapshot(), history.as_of).bundle
    assert other.manifest.model_id != exported().bundle.manifest.model_id


def test_the_bundle_is_small() -> None:
    bundle = exported().bundle
    assert len(bundle.model) + len(bundle.history) + len(render_manifest(bundle.manifest)) < BUNDLE_BYTES


def test_the_manifest_says_what_the_model_is() -> None:
    manifest, made = exported().bundle.manifest, course()
    assert manifest.features == tuple((feature.name, feature.version) for feature in FEATURES)
    assert manifest.model_sha256 == sha256(exported().bundle.model).hexdigest()
    assert manifest.model_id == manifest.model_sha256[:12]
    assert manifest.created_at == max(made.dataset.finished_at)
    assert manifest.base_rate == pytest.approx(made.dataset.failures / 400, abs=1e-6)
    assert manifest.thresholds.warn == pytest.approx(made.choice.thresholds.warn, abs=1e-2)
    assert not manifest.synthetic


def test_made_up_builds_make_a_synthetic_model() -> None:
    dataset, history = learn(make_records(120, provider="synthetic"))
    assert export(train(dataset), history.snapshot(), history.as_of).bundle.manifest.synthetic


def test_the_card_holds_no_identity_no_path_and_no_clock() -> None:
    text = render_manifest(exported().bundle.manifest).decode()
    for secret in (CARELESS, RISKY, "engine", "feature/x", str(Path.cwd()), "main_dev"):
        assert secret not in text
    card = json.loads(text)["card"]
    assert card["data"]["builds"] == 400
    assert card["data"]["first_pushed"] == "2020-09-13"
    assert card["evaluation"]["all"]["echo"]["auc"] < card["evaluation"]["all"]["forest"]["auc"]
    assert card["evaluation"]["green"]["forest"]["calibration_error"] is not None
    assert card["split"]["test"]["judged"] == 80
    assert card["forest"]["seed"] == 0
    assert "scikit-learn" in card["versions"]
    assert len(card["procedure"]) >= 5


def test_typical_values_are_medians_of_green_rows() -> None:
    dataset = course().dataset
    typical = typical_row(dataset)
    assert typical == tuple(np.median(dataset.rows[dataset.green], axis=0).astype(np.float32).tolist())
    assert typical[[feature.name for feature in FEATURES].index("branch_last_failed")] == 0


def test_typical_values_are_those_of_all_rows_where_hardly_any_is_green() -> None:
    dataset = course().dataset.take(np.arange(12))
    assert typical_row(dataset) == tuple(np.median(dataset.rows, axis=0).astype(np.float32).tolist())


def test_disagreement_is_refused() -> None:
    limits = Thresholds(warn=0.5, block=0.9)
    expected = np.array([0.2, 0.6, 0.95])
    assert refuse_disagreement(expected, expected + 1e-7, limits) == pytest.approx(1e-7)
    for served in (expected + 2e-5, np.array([0.2, 0.6, np.nan])):
        with pytest.raises(ModelError, match="differs"):
            refuse_disagreement(expected, served, limits)


@pytest.mark.parametrize("threshold", [0.5, 0.9])
def test_a_flipped_verdict_is_refused(threshold: float) -> None:
    limits = Thresholds(warn=0.5, block=0.9)
    with pytest.raises(ModelError, match="another verdict"):
        refuse_disagreement(np.array([threshold]), np.array([threshold - 1e-7]), limits)


def test_thresholds_are_settled_between_scores() -> None:
    p = np.array([0.3, 0.5, 0.500015, 0.9])
    settled = settle(Thresholds(warn=0.5, block=0.50001, block_why=""), p)
    assert np.abs(p - settled.warn).min() > TOLERANCE
    assert settled.block is not None
    assert settled.block >= settled.warn
    # The warning's move must not carry it past a block that stood clear of every score.
    close = settle(Thresholds(warn=0.5, block=0.500012, block_why=""), np.array([0.5]))
    assert close.block is not None
    assert close.block >= close.warn
    assert settle(Thresholds(warn=0.4, block=None, block_why="x"), p) == Thresholds(0.4, None, "x")
