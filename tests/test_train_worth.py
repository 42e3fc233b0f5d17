"""Figures with intervals are those of `metrics`, and judges are compared on the same histories."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cigate_train import metrics
from cigate_train.worth import NAMES, Judged, measure


def judged(seed: int, skill: float, size: int = 400) -> Judged:
    """Return made-up judgements on the same builds for each `seed`, better with `skill`."""
    builds = np.random.default_rng(7)
    failed, minutes = builds.random(size) < 0.3, builds.random(size) * 30
    random = np.random.default_rng(seed)
    p = np.clip(skill * failed + random.random(size) * 0.6, 0, 1)
    return Judged(failed, p, p >= 0.5, minutes)


def test_values_are_those_of_metrics() -> None:
    one = judged(1, 0.2)
    worth = measure({"one": one}, rounds=20)
    assert worth.builds == 400
    assert worth.failures == np.count_nonzero(one.failed)
    assert worth.figure("one", "auc").value == metrics.auc(one.failed, one.p)
    assert worth.figure("one", "local_auc").value == metrics.local_auc(one.failed, one.p)
    assert worth.figure("one", "f1").value == metrics.confusion(one.failed, one.alarmed).f1
    saved, wasted = (worth.figure("one", name).value for name in ("minutes_saved", "minutes_wasted"))
    assert saved + wasted == pytest.approx(one.minutes[one.alarmed].sum())
    assert saved == pytest.approx(one.minutes[one.alarmed & one.failed].sum())


def test_intervals_hold_the_values_and_repeat_themselves() -> None:
    judges = {"one": judged(1, 0.2), "two": judged(2, 0.1)}
    worth = measure(judges, seed=3)
    for judge in judges:
        for name in NAMES:
            figure = worth.figure(judge, name)
            assert figure.low <= figure.high
            if name not in ("precision_top_5", "calibration_error"):
                assert figure.low <= figure.value <= figure.high
    again = measure(judges, seed=3)
    assert worth.figure("two", "brier") == again.figure("two", "brier")


def test_differences_are_taken_build_by_build() -> None:
    """A judge against itself differs by nothing, and a better one is ahead for sure."""
    better = judged(1, 0.4)
    worth = measure({"better": better, "same": better, "worse": judged(1, 0.1)}, rounds=100)
    same = worth.difference("better", "same", "auc")
    assert (same.value, same.low, same.high) == (0, 0, 0)
    ahead = worth.difference("better", "worse", "auc")
    assert 0 < ahead.low < ahead.value < ahead.high


def test_what_builds_cannot_say_is_unknown() -> None:
    nothing = Judged(np.zeros(3, np.bool_), np.zeros(3), np.zeros(3, np.bool_), np.ones(3))
    figure = measure({"none": nothing}, rounds=5).figure("none", "auc")
    assert all(math.isnan(value) for value in (figure.value, figure.low, figure.high))
