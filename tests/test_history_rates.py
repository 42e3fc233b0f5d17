"""Decayed counts: shrink by halves, stay between nothing and all, and are drawn to a prior."""

from __future__ import annotations

from array import array
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.history.rates import count, count_all, keep_of, log_odds, rate
from tests.builds import examples


@pytest.mark.parametrize("half_life", [1.0, 3.0, 20.0, 100.0])
def test_count_halves_in_its_half_life(half_life: float) -> None:
    """That is what the word means."""
    assert isclose(keep_of(half_life) ** half_life, 0.5)


def test_unknown_is_the_prior() -> None:
    """Without a build there is nothing else to say."""
    assert rate(array("d", [0.0, 0.0]), 0, 0.3) == pytest.approx(0.3)


@given(st.lists(st.booleans(), max_size=60), st.floats(0.01, 0.99), st.floats(0.5, 8))
@examples(100)
def test_rate_lies_between_prior_and_what_happened(outcomes: list[bool], prior: float, weight: float) -> None:
    """Never outside 0..1, and builds beyond the weight of the prior count for more than it."""
    cells = array("d", [9.0, 0.0, 0.0])
    for failed in outcomes:
        count(cells, 1, 0.9, failed)
    found = rate(cells, 1, prior, weight)
    seen = cells[2] / cells[1] if outcomes else prior
    assert min(prior, seen) - 1e-12 <= found <= max(prior, seen) + 1e-12
    assert cells[0] == 9.0
    assert cells[1] <= 10.0 + 1e-9


def test_later_builds_count_for_more() -> None:
    """A failure that is long ago weighs less than a fresh one."""
    old, new = array("d", bytes(16)), array("d", bytes(16))
    for n in range(10):
        count(old, 0, 0.8, n == 0)
        count(new, 0, 0.8, n == 9)
    assert rate(old, 0, 0.2) < rate(new, 0, 0.2)


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 1)), min_size=1, max_size=6), st.booleans())
@examples(50)
def test_many_at_once_are_the_single_ones(pairs: list[tuple[float, float]], failed: bool) -> None:
    """The bulk form gives the very same numbers, and leaves the other columns alone."""
    cells = array("d", [cell for n, share in pairs for cell in (7.0, n, n * share)])
    rows = range(0, len(cells), 3)
    one_by_one = cells[:]
    for row in rows:
        count(one_by_one, row + 1, 0.9, failed)
    count_all(cells, rows, 1, 0.9, failed)
    assert cells == one_by_one


@given(st.floats(0, 1))
@examples(50)
def test_log_odds_are_finite_and_odd(p: float) -> None:
    """Certainty is cut off; one half is 0."""
    assert abs(log_odds(p)) < 6.0
    assert isclose(log_odds(p), -log_odds(1.0 - p), abs_tol=1e-9)
