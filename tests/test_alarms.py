"""The share of warnings that was asked for is delivered live, by a backtest's rule, from push to push."""

from __future__ import annotations

import math
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cigate.adaptive import LEAST, WINDOW, expected_f1_threshold
from cigate.alarms import MOST_BYTES, open_alarms, share_of
from cigate.budget import Budget
from cigate.features import FEATURES
from cigate.model import Bundle, Manifest, Thresholds, read_bundle
from cigate.places import starter_dir, thresholds_path
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


def push(
    repo: SimpleNamespace, made: Manifest, p_fail: float, head: str, state: int = 0
) -> tuple[str, float]:
    """Judge one push as a hook does, in a process of its own: what was before it comes from disk.

    `state` is the branch's: 0 green, 1 red, -1 new.
    """
    alarms = open_alarms(repo, made)
    green, red = state == 0, state == 1
    held = alarms.thresholds.held(made.thresholds, green, red)
    action = decide(p_fail, red, held, "block").action
    alarms.thresholds.note(p_fail, green, action != PASS)
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
    states = np.where(timeline.on_branch, timeline.seen.branch_state, -1)
    for number, (p, state) in enumerate(zip(opinion.tried_scores, states[opinion.tried], strict=True)):
        alarms = open_alarms(here(tmp_path), made)
        warned = state == 0 and p >= alarms.thresholds.held(limits, green=True, red=False).warn
        alarms.thresholds.note(float(p), state == 0, bool(warned))
        alarms.keep(f"past {number}")
    seen = {-1: 0, 0: 0, 1: 0}
    for number, (p, state, action) in enumerate(
        zip(opinion.scores, states[period.judged], expected, strict=True)
    ):
        assert timeline.seen.complete[period.judged[number]]
        assert push(here(tmp_path), made, float(p), f"new {number}", state)[0] == action
        seen[int(state)] += 1
    assert min(seen.values()) > 5, seen


def test_red_and_new_branches_meet_the_operating_threshold(tmp_path: Path) -> None:
    """It follows the last scores once there are enough, and takes nothing from the budget of green ones."""
    made, draw = manifest(0.3), random.Random(4)
    before = push(here(tmp_path), made, 0.1, "green")[1]
    scores = [draw.uniform(0.4, 0.9) for _ in range(60)]
    for number, p in enumerate(scores):
        held = push(here(tmp_path), made, p, str(number), draw.choice((-1, 1)))[1]
        assert (held == pytest.approx(0.3)) == (number + 1 < LEAST)
    assert push(here(tmp_path), made, 0.5, "last", 1)[1] == expected_f1_threshold([0.1, *scores])
    assert push(here(tmp_path), made, 0.5, "green again")[1] < before


def test_a_push_that_is_tried_again_counts_once(tmp_path: Path) -> None:
    made = manifest(0.3)
    push(here(tmp_path), made, 0.9, "one")
    state = Path(thresholds_path(here(tmp_path))).read_bytes()
    push(here(tmp_path), made, 0.9, "one")
    assert Path(thresholds_path(here(tmp_path))).read_bytes() == state
    push(here(tmp_path), made, 0.9, "two")
    assert Path(thresholds_path(here(tmp_path))).read_bytes() != state


@pytest.mark.parametrize("damage", [b"", b"\0" * 52, b"x" * 3, b"x" * 9000])
def test_a_state_that_cannot_be_read_begins_anew(tmp_path: Path, damage: bytes) -> None:
    made = manifest(0.3)
    for number in range(5):
        push(here(tmp_path), made, 0.9, str(number))
    moved = push(here(tmp_path), made, 0.1, "last")[1]
    path = Path(thresholds_path(here(tmp_path)))
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
        budget = open_alarms(here(tmp_path), other).thresholds.budget
        assert budget is not None
        assert budget.threshold == pytest.approx(other.thresholds.warn)


@pytest.mark.parametrize("share", [None, True, 1, "0.1", 0.0, 1.5, math.nan])
def test_a_model_without_a_budget_keeps_its_threshold(tmp_path: Path, share: object) -> None:
    """One that was trained for costs, or a card that says nothing."""
    assert share_of({"thresholds": {"budget": share}}) is None
    for number in range(2 * LEAST):
        assert push(here(tmp_path), manifest(0.3, share), 0.9, str(number), -number % 2 - 1)[1] == 0.3
    assert push(here(tmp_path), manifest(0.3, share), 0.8, "red", 1)[1] == 0.9
    assert share_of({}) is None


def test_the_state_stays_within_what_is_read_of_it(tmp_path: Path) -> None:
    made, draw = manifest(0.3), random.Random(5)
    for number in range(WINDOW + 50):
        push(here(tmp_path), made, draw.random(), str(number), number % 3 - 1)
    assert Path(thresholds_path(here(tmp_path))).stat().st_size <= MOST_BYTES
    assert push(here(tmp_path), made, 0.5, "last", 1)[1] != 0.3


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
    state = judged.state / "thresholds.bin"
    judged.work.commit(RISKY)
    assert "likely to break CI" in judged.push("main")[1]
    after_warning = state.read_bytes()
    judged.work.commit(HARMLESS)
    run_cigate("predict", "--mode", "warn", cwd=judged.work.path)
    assert state.read_bytes() == after_warning
    assert "looks fine" in judged.push("main")[1]
    assert state.read_bytes() != after_warning
    assert len(state.read_bytes()) < MOST_BYTES
    for command in ("doctor", "explain"):
        told = run_cigate(command, cwd=judged.work.path).stdout
        assert "pushes to green branches: warned about from " in told
        assert "on now, within a budget of 10 %" in told


def test_pushes_to_new_branches_cost_nothing_of_it(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, budgeted())
    judged.work.checkout("topic", "main")
    judged.work.commit(RISKY)
    assert "likely to break CI" in judged.push("topic")[1]
    assert Budget(0.1, 0.5).snapshot() in (judged.state / "thresholds.bin").read_bytes()


def test_the_models_that_are_made_keep_a_budget() -> None:
    """The one that comes with cigate, and one that was trained here: what is read is what they write."""
    assert share_of(read_bundle(starter_dir()).manifest.card) == 0.1
    assert share_of(exported().bundle.manifest.card) == 0.1
