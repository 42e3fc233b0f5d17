"""The scales in which features are expressed."""

from __future__ import annotations

from math import isfinite, log, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.features.feature import UNKNOWN, Feature, log_count, log_hours, log_streak
from tests.builds import examples


def test_hours_are_on_a_scale_of_doublings() -> None:
    """One hour is 1, three are 2, seven are 3."""
    assert [log_hours(10_000 + h * 3600, 10_000) for h in (0, 1, 3, 7)] == [0.0, 1.0, 2.0, 3.0]


def test_never_is_unknown_and_the_future_is_now() -> None:
    """Clocks differ: what has not happened yet happened just now."""
    assert log_hours(100, 0) == UNKNOWN
    assert log_hours(100, 500) == 0.0


@given(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70))
@examples(100)
def test_any_two_moments_have_a_distance(at: int, then: int) -> None:
    """Finite, never below UNKNOWN, and never NaN."""
    assert isfinite(log_hours(at, float(then)))
    assert log_hours(at, then) >= UNKNOWN


@pytest.mark.parametrize(("n", "expected"), [(0, 0.0), (1, log(2)), (-3, 0.0), (10**30, log(10.0**30))])
def test_counts_are_on_a_log_scale(n: float, expected: float) -> None:
    """None is 0, and less than none is none."""
    assert log_count(n) == pytest.approx(expected)


@given(st.integers(-500, 500))
@examples(60)
def test_streaks_keep_their_sign(streak: int) -> None:
    """A run of passes mirrors a run of failures."""
    assert log_streak(streak) == -log_streak(-streak)
    assert (log_streak(streak) > 0) == (streak > 0)


def test_feature_is_a_fact() -> None:
    """Name, version, words and the way to read it."""
    feature = Feature("x", 2, "the x", lambda m: log2(2.0 + m.at))
    assert (feature.name, feature.version, feature.doc) == ("x", 2, "the x")
    assert feature == Feature("x", 2, "the x", feature.value)
