"""A backtest's operating threshold is, at each build, the one that a push would have met there."""

from __future__ import annotations

import numpy as np
import pytest

from cigate.adaptive import LEAST, WINDOW, expected_f1_threshold
from cigate_train.operating import track_alarms


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
    assert thresholds.tolist() == [expected_f1_threshold(recent.tolist())]


@pytest.mark.parametrize("known", [0, LEAST - 1])
def test_too_few_scores_say_nothing(known: int) -> None:
    _, thresholds = track_alarms(np.full(known, 0.1), np.array([0.4, 0.2]), 0.33)
    assert thresholds[0] == 0.33
