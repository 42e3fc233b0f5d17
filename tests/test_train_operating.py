"""The operating threshold follows the scores, needs no outcome, and is the best there is if they are true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cigate_train.metrics import confusion
from cigate_train.operating import LEAST, WINDOW, expected_f1_threshold, track_alarms


def expected_f1(p: np.ndarray, alarmed: np.ndarray) -> float:
    return float(2 * p[alarmed].sum() / (alarmed.sum() + p.sum()))


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(0.001, 1)))
@settings(max_examples=100)
def test_no_other_threshold_is_expected_to_do_better(p: np.ndarray) -> None:
    best = expected_f1(p, p >= expected_f1_threshold(p))
    assert all(expected_f1(p, p >= other) <= best + 1e-9 for other in p)


def test_true_probabilities_reach_nearly_the_best_f1_in_hindsight() -> None:
    draw = np.random.default_rng(0)
    p = draw.beta(1, 4, 20_000)
    failed = draw.random(20_000) < p
    reached = confusion(failed, p >= expected_f1_threshold(p)).f1
    best = max(confusion(failed, p >= threshold).f1 for threshold in np.linspace(0.05, 0.9, 80))
    assert reached > best - 0.01


def test_the_threshold_follows_scores_that_drift() -> None:
    """Where everything becomes riskier the same score is no alarm any more."""
    draw = np.random.default_rng(1)
    calm, rough = draw.uniform(0.0, 0.3, 600), draw.uniform(0.4, 0.9, 600)
    alarmed, thresholds = track_alarms(calm, rough, 0.5)
    assert thresholds[0] < 0.3
    assert thresholds[-1] > 0.35
    assert alarmed.dtype == np.bool_
    assert np.array_equal(alarmed, rough >= thresholds)


def test_a_score_moves_no_threshold_before_it_nor_its_own() -> None:
    draw = np.random.default_rng(2)
    before, scores = draw.random(50), draw.random(100)
    _, thresholds = track_alarms(before, scores, 0.5)
    scores[60:] = 1.0 - scores[60:]
    _, changed = track_alarms(before, scores, 0.5)
    assert np.array_equal(thresholds[:61], changed[:61])
    assert not np.array_equal(thresholds[61:], changed[61:])


def test_only_the_last_scores_count() -> None:
    draw = np.random.default_rng(3)
    old, recent = draw.random(200), draw.random(WINDOW)
    _, thresholds = track_alarms(np.concatenate([old, recent]), np.array([0.4]), 0.5)
    assert thresholds.tolist() == [expected_f1_threshold(recent)]


@pytest.mark.parametrize("known", [0, LEAST - 1])
def test_too_few_scores_say_nothing(known: int) -> None:
    _, thresholds = track_alarms(np.full(known, 0.1), np.array([0.4, 0.2]), 0.33)
    assert thresholds[0] == 0.33
