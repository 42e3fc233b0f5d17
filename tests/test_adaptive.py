"""The operating threshold is the best there is if scores are true, follows them, and survives as bytes."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cigate.adaptive import (
    LEAST,
    WINDOW,
    AdaptiveThresholds,
    OperatingThreshold,
    expected_f1_threshold,
    first_thresholds,
)
from cigate.errors import HistoryError
from cigate.model import Thresholds
from cigate_train.metrics import confusion

CHOSEN = Thresholds(0.3, 0.8, "")


def expected_f1(scores: list[float], threshold: float) -> float:
    alarmed = [p for p in scores if p >= threshold]
    return 2 * sum(alarmed) / (len(alarmed) + sum(scores))


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=40))
def test_no_other_threshold_is_expected_to_do_better(scores: list[float]) -> None:
    best = expected_f1(scores, expected_f1_threshold(scores))
    assert all(expected_f1(scores, other) <= best + 1e-9 for other in scores)


def test_true_probabilities_reach_nearly_the_best_f1_in_hindsight() -> None:
    draw = np.random.default_rng(0)
    p = draw.beta(1, 4, 20_000)
    failed = draw.random(20_000) < p
    reached = confusion(failed, p >= expected_f1_threshold(p.tolist())).f1
    best = max(confusion(failed, p >= threshold).f1 for threshold in np.linspace(0.05, 0.9, 80))
    assert reached > best - 0.01


def test_where_nothing_can_fail_nothing_alarms() -> None:
    assert expected_f1_threshold([0.0] * LEAST) == 1.0


def test_only_the_last_scores_count() -> None:
    draw = random.Random(3)
    old, recent = ([draw.random() for _ in range(count)] for count in (200, WINDOW))
    assert OperatingThreshold(0.5, [*old, *recent]).threshold == expected_f1_threshold(recent)
    noted = OperatingThreshold(0.5)
    for p in (*old, *recent):
        noted.note(p)
    assert noted.threshold == expected_f1_threshold(recent)


@pytest.mark.parametrize("known", [0, LEAST - 1])
def test_too_few_scores_say_nothing(known: int) -> None:
    assert OperatingThreshold(0.33, [0.1] * known).threshold == 0.33


@given(st.lists(st.floats(0, 1), max_size=WINDOW + 20))
@settings(max_examples=30)
def test_the_state_goes_through_bytes_unchanged(scores: list[float]) -> None:
    made = OperatingThreshold(0.4, scores)
    again = OperatingThreshold.restore(made.snapshot(), 0.4)
    assert again.snapshot() == made.snapshot()
    assert again.threshold == made.threshold


@pytest.mark.parametrize("damage", [b"", b"abc", b"\1" * 12, b"\1" * 13])
def test_damaged_bytes_are_refused(damage: bytes) -> None:
    with pytest.raises(HistoryError, match="cannot be read"):
        OperatingThreshold.restore(damage, 0.4)


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_what_is_no_probability_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        OperatingThreshold(0.4).note(score)


def rough(adaptive: AdaptiveThresholds) -> AdaptiveThresholds:
    """Let a rough time pass over red and new branches."""
    for _ in range(LEAST):
        adaptive.note(0.7, green=False, warned=True)
    return adaptive


def test_a_budget_holds_for_green_branches_only() -> None:
    """What red and new branches meet has moved, and cost the green ones nothing."""
    adaptive, fresh = rough(first_thresholds(CHOSEN, 0.1)), first_thresholds(CHOSEN, 0.1)
    assert adaptive.held(CHOSEN, green=True, red=False) == fresh.held(CHOSEN, green=True, red=False)
    for red in (True, False):
        assert adaptive.held(CHOSEN, green=False, red=red).warn == 0.7
    adaptive.note(0.9, green=True, warned=True)
    assert adaptive.held(CHOSEN, green=True, red=False).warn > fresh.held(CHOSEN, green=True, red=False).warn


def test_without_a_budget_only_red_branches_meet_what_moves() -> None:
    adaptive = rough(first_thresholds(CHOSEN, None))
    assert adaptive.held(CHOSEN, green=True, red=False) is CHOSEN
    assert adaptive.held(CHOSEN, green=False, red=False) is CHOSEN
    assert adaptive.held(CHOSEN, green=False, red=True).warn == 0.7


def test_what_is_sure_enough_to_be_blocked_is_never_hushed_up() -> None:
    adaptive = first_thresholds(CHOSEN, 0.1)
    for _ in range(WINDOW):
        adaptive.note(0.99, green=True, warned=True)
    for green, red in ((True, False), (False, True), (False, False)):
        held = adaptive.held(CHOSEN, green, red)
        assert (held.warn, held.block) == (0.8, 0.8)
