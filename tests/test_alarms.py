"""The share of warnings that was asked for is delivered live, by a backtest's rule, from push to push."""

from __future__ import annotations

import math
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cigate.alarms import open_alarms, share_of
from cigate.budget import Budget
from cigate.features import FEATURES
from cigate.model import Bundle, Manifest, Thresholds, read_bundle
from cigate.places import budget_path, starter_dir
from cigate.policy import PASS, decide
from cigate_train.judges import OwnJudge
from cigate_train.timeline import cut_periods, make_timeline
from cigate_train.verdicts import choose, give_verdicts
from tests.judged import HARMLESS, RISKY, Judged, run_cigate, wary_bundle
from tests.train_data import make_records
from tests.trained import exported

NAMES = [feature.name for feature in FEATURES]


def manifest(warn: float, share: object = 0.1, model_id: str = "m", block: float | None = None) -> Manifest:
    """Return the manifest of a model that keeps a budget."""
    m = wary_bundle().manifest
    limits = Thresholds(warn, block, "" if block else "not earned")
    card: dict[str, object] = {"thresholds": {"budget": share}}
    return Manifest(
        model_id, 1, m.features, m.model_sha256, m.history_sha256, limits, 0.1, m.typical, False, card
    )


def here(tmp_path: Path) -> SimpleNamespace:
    return SimpleNamespace(common_dir=str(tmp_path))


def push(repo: SimpleNamespace, made: Manifest, p_fail: float, head: str) -> tuple[str, float]:
    """Judge one push to a green branch as a hook does, in a process of its own: state comes from disk."""
    alarms = open_alarms(repo, made)
    assert alarms is not None
    held = alarms.held(made.thresholds)
    action = decide(p_fail, False, held, "block").action
    alarms.note(p_fail, action != PASS)
    alarms.keep(head)
    return action, held.warn


def drifting(count: int, seed: int = 0) -> list[float]:
    """Return scores whose middle wanders and jumps."""
    draw, odds, found = random.Random(seed), -2.0, []
    for number in range(count):
        odds += draw.gauss(0.0, 0.03) + (1.5 if number == count // 2 else 0.0)
        found.append(1 / (1 + math.exp(-(odds + draw.gauss(0.0, 0.7)))))
    return found


def test_the_share_is_delivered_while_scores_drift(tmp_path: Path) -> None:
    """In every quarter within a third, where a fixed threshold would warn about most or none."""
    made, scores = manifest(0.3), drifting(1600)
    warned = [push(here(tmp_path), made, p, str(n))[0] != PASS for n, p in enumerate(scores)]
    for start in range(200, 1600, 350):
        assert abs(sum(warned[start : start + 350]) / 350 / 0.1 - 1) <= 1 / 3
    assert sum(p >= 0.3 for p in scores[800:]) / 800 > 0.3


def test_live_and_backtest_give_the_same_thresholds_and_verdicts(tmp_path: Path) -> None:
    """Push by push, through the state on disk, on the very stream that a backtest judged."""
    timeline = make_timeline(make_records(500), NAMES, 0)
    (period,) = cut_periods(timeline, "split")
    opinion = OwnJudge(0).judge(timeline, period)
    drift = np.linspace(1.0, 1.8, opinion.scores.size)
    drifted = np.clip(opinion.scores * drift, 0.0, 0.999)
    opinion = type(opinion)(drifted, drifted, opinion.tried, opinion.tried_scores, opinion.learned)
    chosen = choose(timeline, opinion, 0.2)
    expected = give_verdicts(timeline, period, opinion, chosen, 0.2)
    limits = chosen.choice.thresholds
    made = manifest(limits.warn, 0.2, block=limits.block)
    green = timeline.seen.green & timeline.on_branch
    whole = Budget(0.2, limits.warn)
    for number, p in enumerate(opinion.tried_scores[green[opinion.tried]]):
        warned = float(p) >= whole.threshold
        alarms = open_alarms(here(tmp_path), made)
        assert alarms is not None
        assert alarms.budget.threshold == whole.threshold
        alarms.note(float(p), warned)
        alarms.keep(f"past {number}")
        whole.note(float(p), warned)
    seen = 0
    for number, (p, is_green, action) in enumerate(
        zip(opinion.scores, green[period.judged], expected, strict=True)
    ):
        if is_green and timeline.seen.complete[period.judged[number]]:
            assert push(here(tmp_path), made, float(p), f"new {number}")[0] == action
            seen += 1
    assert seen > 50


def test_a_push_that_is_tried_again_counts_once(tmp_path: Path) -> None:
    made = manifest(0.3)
    push(here(tmp_path), made, 0.9, "one")
    state = Path(budget_path(here(tmp_path))).read_bytes()
    push(here(tmp_path), made, 0.9, "one")
    assert Path(budget_path(here(tmp_path))).read_bytes() == state
    push(here(tmp_path), made, 0.9, "two")
    assert Path(budget_path(here(tmp_path))).read_bytes() != state


@pytest.mark.parametrize("damage", [b"", b"\0" * 52, b"x" * 3, b"x" * 9000])
def test_a_state_that_cannot_be_read_begins_anew(tmp_path: Path, damage: bytes) -> None:
    made = manifest(0.3)
    for number in range(5):
        push(here(tmp_path), made, 0.9, str(number))
    moved = push(here(tmp_path), made, 0.1, "last")[1]
    path = Path(budget_path(here(tmp_path)))
    path.write_bytes(damage)
    first = push(here(tmp_path), made, 0.1, "new")[1]
    assert first == pytest.approx(0.3)
    assert moved > first
    path.unlink()
    assert push(here(tmp_path), made, 0.1, "newer")[1] == pytest.approx(0.3)


def test_another_model_or_another_share_begins_anew(tmp_path: Path) -> None:
    for number in range(5):
        push(here(tmp_path), manifest(0.3), 0.9, str(number))
    for other in (manifest(0.3, model_id="n"), manifest(0.3, 0.2), manifest(0.4)):
        alarms = open_alarms(here(tmp_path), other)
        assert alarms is not None
        assert alarms.budget.threshold == pytest.approx(other.thresholds.warn)


@pytest.mark.parametrize("share", [None, True, 1, "0.1", 0.0, 1.5, math.nan])
def test_a_model_without_a_budget_keeps_its_threshold(tmp_path: Path, share: object) -> None:
    """One that was trained for costs, or a card that says nothing."""
    assert share_of({"thresholds": {"budget": share}}) is None
    assert open_alarms(here(tmp_path), manifest(0.3, share)) is None
    assert share_of({}) is None


def test_that_it_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "cigate").write_text("a file where the folder should be")
    assert push(here(tmp_path), manifest(0.3), 0.9, "one")[0] != PASS


def budgeted() -> Bundle:
    """Return the wary model with a budget of a tenth."""
    bundle = wary_bundle()
    m = bundle.manifest
    card = {**m.card, "thresholds": {"budget": 0.1}}
    made = Manifest(
        m.model_id,
        m.created_at,
        m.features,
        m.model_sha256,
        m.history_sha256,
        Thresholds(0.5, None, "not earned"),
        m.base_rate,
        m.typical,
        m.synthetic,
        card,
    )
    return Bundle(made, bundle.model, bundle.history)


def test_real_pushes_move_the_threshold_and_what_is_only_asked_does_not(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, budgeted())
    state = judged.state / "budget.bin"
    judged.work.commit(RISKY)
    assert "likely to break CI" in judged.push("main")[1]
    after_warning = state.read_bytes()
    judged.work.commit(HARMLESS)
    run_cigate("predict", "--mode", "warn", cwd=judged.work.path)
    assert state.read_bytes() == after_warning
    assert "looks fine" in judged.push("main")[1]
    assert state.read_bytes() != after_warning
    assert len(state.read_bytes()) < 100
    for command in ("doctor", "explain"):
        told = run_cigate(command, cwd=judged.work.path).stdout
        assert "pushes to green branches: warned about from " in told
        assert "on now, within a budget of 10 %" in told


def test_pushes_to_new_branches_cost_nothing_of_it(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, budgeted())
    judged.work.checkout("topic", "main")
    judged.work.commit(RISKY)
    assert "likely to break CI" in judged.push("topic")[1]
    fresh = Budget(0.1, 0.5).snapshot()
    assert (judged.state / "budget.bin").read_bytes().endswith(fresh)


def test_the_models_that_are_made_keep_a_budget() -> None:
    """The one that comes with cigate, and one that was trained here: what is read is what they write."""
    assert share_of(read_bundle(starter_dir()).manifest.card) == 0.1
    assert share_of(exported().bundle.manifest.card) == 0.1
