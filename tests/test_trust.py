"""Blocking is earned by evidence, from the backtest or from here, and lost by evidence from here."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.model import Thresholds
from cigate.trust import FEWEST_TO_EARN, HELD_TO, bounds, earned
from tests import builds as b

MAY = Thresholds(0.3, 0.7)
NEVER = Thresholds(0.3, None, "the validation builds all ended the same way")
WEAK = {"thresholds": {"block_hits": 11, "block_alarms": 13}}
STRONG = {"thresholds": {"block_hits": 20, "block_alarms": 20}}


def pushes(failed: int, passed: int, p: float = 0.75) -> list[tuple[float, bool]]:
    """Return judged pushes that were scored `p`, the failures first."""
    return [(p, True)] * failed + [(p, False)] * passed


def test_what_the_model_earned_holds_where_nothing_speaks_against_it() -> None:
    assert earned(MAY, {}, [], HELD_TO) == MAY
    assert earned(MAY, {}, pushes(9, 1), HELD_TO) == MAY
    assert earned(MAY, {}, pushes(0, 50, p=0.69), HELD_TO) == MAY, "less risky pushes are no alarms"


def test_what_the_model_has_not_earned_it_has_not() -> None:
    assert earned(NEVER, {}, [], HELD_TO) == NEVER
    assert earned(NEVER, {}, pushes(19, 0), HELD_TO) == NEVER


def test_more_than_training_asks_for_must_be_shown_by_the_card() -> None:
    assert earned(MAY, STRONG, [], 0.95) == MAY
    assert earned(MAY, WEAK, [], 0.95) == Thresholds(
        0.3, None, "in the model's backtest 11 of 13 such alarms were right, 95 % is asked for"
    )
    held = Thresholds(0.3, None, "the model was held to 80 % only, 95 % is asked for")
    cards: Sequence[dict[str, object]] = (
        {},
        {"thresholds": 3},
        {"thresholds": {"block_hits": "11", "block_alarms": 13}},
        {"thresholds": {"block_hits": 0, "block_alarms": 0}},
    )
    for card in cards:
        assert earned(MAY, card, [], 0.95) == held


def test_blocks_that_were_mostly_wrong_are_taken_away_in_one_line() -> None:
    lost = earned(MAY, {}, pushes(1, 5), HELD_TO)
    assert lost == Thresholds(0.3, None, "only 1 of the last 6 pushes as risky as that failed here")


def test_a_few_wrong_ones_are_no_evidence() -> None:
    assert earned(MAY, {}, pushes(0, 4), HELD_TO) == MAY
    assert earned(MAY, {}, pushes(7, 3), HELD_TO) == MAY, "7 of 10 is what 80 % may well look like"


def test_only_the_latest_alarms_count_against_a_block() -> None:
    assert earned(MAY, {}, pushes(0, 30) + pushes(20, 0), HELD_TO) == MAY
    assert earned(MAY, {}, pushes(30, 0) + pushes(0, 20), HELD_TO).block is None


def test_a_block_is_earned_here() -> None:
    assert earned(NEVER, {}, pushes(16, 4), HELD_TO) == Thresholds(0.3, 0.75)
    assert earned(NEVER, {}, pushes(15, 5), HELD_TO) == NEVER
    assert earned(MAY, WEAK, pushes(20, 0, p=0.9), 0.95) == Thresholds(0.3, 0.9)


def test_it_is_never_earned_below_even_odds_or_below_a_warning() -> None:
    assert earned(NEVER, {}, pushes(40, 0, p=0.45), HELD_TO) == NEVER
    assert earned(Thresholds(0.8, None, "no"), {}, pushes(40, 0), HELD_TO).block is None


def test_the_lowest_threshold_that_is_good_enough_is_taken() -> None:
    past = pushes(20, 0, p=0.9) + pushes(6, 2, p=0.8) + pushes(1, 9, p=0.6)
    assert earned(NEVER, {}, past, HELD_TO).block == 0.8


@given(st.lists(st.tuples(st.sampled_from([0.4, 0.55, 0.7, 0.9]), st.booleans()), max_size=60), st.data())
@b.examples(100)
def test_whatever_was_judged_a_block_has_evidence(
    past: list[tuple[float, bool]], data: st.DataObject
) -> None:
    """Earned here means: enough alarms, that share of them right, at even odds at least."""
    precision = data.draw(st.sampled_from([0.5, 0.8, 1.0]))
    limits = earned(NEVER, {}, past, precision)
    if limits.block is None:
        assert limits.block_why
        return
    alarms = [failed for p, failed in past if p >= limits.block]
    assert len(alarms) >= FEWEST_TO_EARN
    assert sum(alarms) / len(alarms) >= precision
    assert limits.block >= 0.5


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 0, 0, 1), (8, 10, 0.494, 0.943), (0, 10, 0, 0.278), (10, 10, 0.722, 1), (50, 100, 0.404, 0.596)],
)
def test_bounds_are_wilsons(hits: int, of: int, low: float, high: float) -> None:
    """Figures of the published table for 95 %: z = 1.96."""
    assert list(bounds(hits, of, 1.96)) == pytest.approx([low, high], abs=0.004)
