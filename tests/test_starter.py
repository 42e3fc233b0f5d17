"""The model that comes with cigate is whole, small, for these features, and says what it is worth."""

from __future__ import annotations

import re
from array import array
from pathlib import Path

import pytest

from benchmarks.starter.settings import BLOCK_WHY, SETTINGS
from cigate.features import FEATURES
from cigate.history import History
from cigate.model import (
    Bundle,
    check_features,
    check_structure,
    open_predictor,
    read_bundle,
    render_manifest,
    write_bundle,
)
from cigate.places import starter_dir
from cigate_train.fit import BUNDLE_BYTES
from tests.builds import busy_repository, features_of, project

ROOT = Path(__file__).resolve().parent.parent
HELD_OUT = ROOT / "benchmarks" / "starter" / "RESULTS.md"


@pytest.fixture(scope="module")
def starter() -> Bundle:
    return read_bundle(starter_dir())


def score(starter: Bundle, **changed: float) -> float:
    """Return P(fail) of a push that is usual but for what is `changed`."""
    row = array("f", starter.manifest.typical)
    for name, value in changed.items():
        row[[feature.name for feature in FEATURES].index(name)] = value
    return open_predictor(starter).score([row])[0]


def test_it_is_for_these_features(starter: Bundle) -> None:
    """A changed feature needs `make starter`: nothing is served by a model of other numbers."""
    check_features(starter.manifest, FEATURES)
    check_structure(starter.model, starter.manifest.features)


def test_it_holds_no_history_and_never_blocks(starter: Bundle) -> None:
    assert starter.history == b""
    assert sorted(path.name for path in Path(starter_dir()).iterdir()) == ["manifest.json", "model.onnx"]
    limits = starter.manifest.thresholds
    assert (limits.block, limits.block_why) == (None, BLOCK_WHY)
    assert 0.05 < limits.warn < 0.6
    assert starter.manifest.created_at == SETTINGS.created_at
    assert not starter.manifest.synthetic


def test_it_leaves_room_for_the_history_of_a_busy_repository(starter: Bundle) -> None:
    """Where `cigate train` keeps it, the bundle with the repository's history stays under the bound."""
    history = History()
    for record in busy_repository(6000):
        history.learn(record)
    size = len(starter.model) + len(render_manifest(starter.manifest)) + len(history.snapshot())
    assert size < BUNDLE_BYTES


def test_a_usual_push_to_a_green_branch_passes_and_a_red_branch_stays_red(starter: Bundle) -> None:
    usual = score(starter)
    red = score(starter, branch_last_failed=1.0)
    assert usual < starter.manifest.thresholds.warn
    assert red > usual


def test_it_judges_a_project_that_it_never_saw(starter: Bundle) -> None:
    records = project(60)
    found = features_of(records[-1].change, records[:-1])
    assert 0.0 < score(starter, **found) < 1.0


def test_its_card_says_where_it_comes_from_and_what_it_is_worth(starter: Bundle) -> None:
    card = starter.manifest.card
    data, worth = card["data"], card["evaluation"]
    assert isinstance(data, dict)
    assert isinstance(worth, dict)
    assert data["projects"] >= 60
    assert data["features"] == len(FEATURES)
    assert "TravisTorrent" in data["source"]
    assert "2011" in data["source"]
    for figure in ("auc", "local_auc", "green_auc", "average_precision", "recall_at_10"):
        assert worth["forest"][figure] > max(worth["rule"][figure], worth["echo"][figure]), figure
    assert worth["forest"]["calibration_error"] < 0.06
    assert "leave projects out" in worth["protocol"]


def test_the_page_of_results_is_of_this_model(starter: Bundle) -> None:
    """The card's medians, those of one seed, lie where the page says that those of all seeds lie."""
    page = HELD_OUT.read_text("utf-8")
    worth = starter.manifest.card["evaluation"]
    assert isinstance(worth, dict)
    beside = " | ".join(f"{worth[judge]['auc']:.3f}" for judge in ("rule", "echo"))
    shown = re.search(
        rf"^\| AUC \| [\d.]+ \(([\d.]+)-([\d.]+)\) \| {re.escape(beside)} \|$", page, re.MULTILINE
    )
    assert shown
    assert float(shown[1]) <= round(worth["forest"]["auc"], 3) <= float(shown[2])
    assert f"{starter.manifest.card['data']['projects']} projects" in page  # type: ignore[index]


def test_it_can_be_written_again_as_it_is(starter: Bundle, tmp_path: Path) -> None:
    write_bundle(str(tmp_path), starter)
    for name in ("manifest.json", "model.onnx"):
        assert (tmp_path / name).read_bytes() == (Path(starter_dir()) / name).read_bytes()
