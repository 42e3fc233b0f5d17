"""The alarm budget is kept however scores drift, and its state survives as bytes."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cigate.budget import Budget
from cigate.errors import HistoryError

SHARES = st.sampled_from([0.05, 0.1, 0.2, 0.3])


def judge(budget: Budget, scores: list[float]) -> list[bool]:
    """Return for each score whether it was warned about."""
    warned = []
    for p_fail in scores:
        warned.append(p_fail >= budget.threshold)
        budget.note(p_fail, warned[-1])
    return warned


@st.composite
def drifting(draw: st.DrawFn, count: int = 1600) -> list[float]:
    """Draw scores whose middle wanders, climbs, falls or jumps, coarse or fine."""
    source = random.Random(draw(st.integers(0, 2**32)))
    slope = draw(st.sampled_from([0.0, -4.0, 4.0]))
    jump = draw(st.sampled_from([0.0, 1.5]))
    spread = draw(st.sampled_from([0.2, 0.7, 1.5]))
    digits = draw(st.sampled_from([2, 15]))
    middle, found = draw(st.sampled_from([-3.0, -1.5, 0.0])), []
    for number in range(count):
        middle += source.gauss(0.0, 0.03)
        odds = middle + slope * number / count + jump * (number // 300 % 2) + source.gauss(0.0, spread)
        found.append(round(1 / (1 + math.exp(-odds)), digits))
    return found


@given(drifting(), st.sampled_from([0.1, 0.2, 0.3]))
@settings(max_examples=60, deadline=None)
def test_every_quarter_delivers_the_share_within_a_third(scores: list[float], share: float) -> None:
    """After the first 200 pushes, whatever the scores do: 350 pushes at a time."""
    budget = Budget(share)
    judge(budget, scores[:200])
    for start in range(200, 1600, 350):
        warned = judge(budget, scores[start : start + 350])
        assert abs(sum(warned) / len(warned) / share - 1) <= 1 / 3


@given(st.lists(st.floats(0, 1), max_size=60), st.lists(st.floats(0, 1), max_size=60), SHARES)
@settings(max_examples=60, deadline=None)
def test_a_restored_budget_goes_on_as_if_it_had_not_stopped(
    before: list[float], after: list[float], share: float
) -> None:
    whole = Budget(share, 0.3)
    judge(whole, before)
    stopped = Budget.restore(whole.snapshot())
    assert judge(stopped, after) == judge(whole, after)
    assert stopped.snapshot() == whole.snapshot()
    assert stopped.share == share


@given(st.lists(st.floats(0, 1), max_size=100), SHARES, st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_threshold_is_a_probability_or_out_of_reach(
    scores: list[float], share: float, start: float
) -> None:
    budget = Budget(share, start)
    for p_fail in scores:
        assert 0.0 <= budget.threshold < 1.0 or budget.threshold == math.inf
        budget.note(p_fail, p_fail >= budget.threshold)


def test_it_starts_at_the_threshold_it_is_given() -> None:
    assert Budget(0.1, 0.3).threshold == pytest.approx(0.3)


def test_equal_scores_are_warned_about_in_turn() -> None:
    """A model that cannot tell pushes apart does not break the budget."""
    warned = judge(Budget(0.1), [0.2] * 500)
    assert abs(sum(warned[100:]) - 40) <= 2


def test_a_thousand_warnings_from_elsewhere_are_saved_later() -> None:
    """Blocks count too; nothing overflows, and the threshold comes back."""
    budget = Budget(0.1)
    for _ in range(1000):
        budget.note(0.9, True)
    assert budget.threshold == math.inf
    for _ in range(12_000):
        budget.note(0.1, budget.threshold <= 0.1)
    assert budget.threshold < 0.5


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_a_share_is_between_0_and_1(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        Budget(share)


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Budget().note(math.nan, False)


def test_any_damage_to_the_state_is_noticed() -> None:
    """Each single byte changed, cut short, too long, or nothing at all."""
    data = Budget().snapshot()
    damaged = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in range(len(data))]
    for bad in (*damaged, data[:-1], data + b"x", b"", b"CIGBUDG1"):
        with pytest.raises(HistoryError) as refusal:
            Budget.restore(bad)
        assert refusal.value.hint
