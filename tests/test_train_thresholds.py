"""Thresholds keep their promises on the rows that they were chosen on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cigate_train import thresholds as th
from cigate_train.arrays import Mask, Scores
from cigate_train.costs import Costs
from cigate_train.metrics import confusion, ladder

Rows = tuple[Scores, Mask, Mask, Mask]


@st.composite
def validated(draw: st.DrawFn) -> Rows:
    """Draw scores with ties, outcomes of any mix, green and blockable rows."""
    seed = draw(st.integers(0, 10_000))
    size = draw(st.integers(1, 150))
    levels = draw(st.sampled_from([1, 3, 20, 1000]))
    random = np.random.default_rng(seed)
    p = random.integers(0, levels, size) / levels
    failed = random.random(size) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0])) + 0.4 * p * draw(st.booleans())
    return p, failed, random.random(size) < draw(st.sampled_from([0.0, 0.7])), random.random(size) < 0.8


def everywhere(size: int) -> Mask:
    return np.ones(size, dtype=np.bool_)


def separable(size: int = 400) -> tuple[Scores, Mask]:
    """Return risky rows that fail in nine of ten cases above harmless ones that pass."""
    p = np.linspace(0.01, 0.99, size)
    failed = p > 0.8
    failed[-10::2] = False
    return p, failed


@given(validated())
@settings(max_examples=200)
def test_warnings_about_green_pushes_stay_within_the_budget(rows: Rows) -> None:
    p, failed, green, blockable = rows
    choice = th.choose_thresholds(p, failed, green, blockable)
    if choice.warn_rule == "budget":
        assert np.mean(p[green] >= choice.thresholds.warn) <= th.WARN_BUDGET
        assert choice.thresholds.warn >= np.mean(failed[green])
    assert 0 <= choice.thresholds.warn <= 1
    assert (choice.warn_rule == "default") == (failed.all() or not failed.any())


@given(validated())
@settings(max_examples=200)
def test_a_block_is_never_below_a_warning_and_has_earned_its_precision(rows: Rows) -> None:
    p, failed, green, blockable = rows
    chosen = th.choose_thresholds(p, failed, green, blockable).thresholds
    if chosen.block is None:
        assert chosen.block_why
        return
    assert chosen.block_why == ""
    assert chosen.block >= chosen.warn
    seen = confusion(failed[blockable], p[blockable] >= chosen.block)
    assert seen.precision >= th.BLOCK_PRECISION
    assert seen.caught + seen.false_alarms >= th.BLOCK_ALARMS


@given(validated(), st.floats(0.01, 1))
def test_no_lower_threshold_would_keep_the_budget(rows: Rows, budget: float) -> None:
    p, failed, _, _ = rows
    chosen = th.budget_threshold(ladder(failed, p), budget)
    lower = p[p < chosen]
    if lower.size:
        assert np.mean(p >= lower.max()) > budget


@given(validated())
def test_no_threshold_has_a_better_f1(rows: Rows) -> None:
    p, failed, _, _ = rows
    if failed.any():
        chosen = confusion(failed, p >= th.f1_threshold(ladder(failed, p))).f1
        assert chosen == pytest.approx(max(confusion(failed, p >= t).f1 for t in np.unique(p)))


@given(validated(), st.floats(0, 1))
def test_a_threshold_is_moved_clear_of_every_score(rows: Rows, threshold: float) -> None:
    p = rows[0]
    moved = th.clear_of(threshold, p)
    assert threshold <= moved <= threshold + 3 * th.MARGIN * (1 + p.size)
    assert not p.size or np.min(np.abs(p - moved)) > th.MARGIN * 0.99


def test_a_threshold_in_a_gap_stays_where_it_is() -> None:
    assert th.clear_of(0.5, np.array([0.4999, 0.5001])) == 0.5


def test_the_block_threshold_is_the_lowest_that_is_precise_enough() -> None:
    p, failed = separable()
    green = everywhere(p.size)
    chosen = th.choose_thresholds(p, failed, green, everywhere(p.size)).thresholds
    assert chosen.warn == pytest.approx(0.9, abs=0.01)
    assert chosen.block is not None
    assert chosen.block <= 0.91
    assert confusion(failed, p >= chosen.block).precision >= 0.8


def test_blocking_is_judged_on_blockable_rows_alone() -> None:
    p, failed = separable()
    blockable = ~failed
    chosen = th.choose_thresholds(p, failed, everywhere(p.size), blockable).thresholds
    assert chosen.block is None
    assert "fewer than 10" in chosen.block_why


def test_why_nothing_may_be_blocked_names_the_best_that_was_reached() -> None:
    p = np.linspace(0.1, 0.9, 100)
    failed = np.arange(100) % 3 == 0
    chosen = th.choose_thresholds(p, failed, everywhere(100), everywhere(100)).thresholds
    assert chosen.block is None
    assert "80 %" in chosen.block_why
    assert "of 10" in chosen.block_why


def test_few_green_rows_fall_back_to_the_best_f1() -> None:
    p, failed = separable()
    choice = th.choose_thresholds(p, failed, ~everywhere(p.size), everywhere(p.size))
    assert choice.warn_rule == "f1"
    assert choice.f1 == choice.best_f1
    assert choice.thresholds.warn == pytest.approx(0.8, abs=0.01)


def test_outcomes_of_one_kind_choose_nothing() -> None:
    for failed in (everywhere(20), ~everywhere(20)):
        choice = th.choose_thresholds(np.full(20, 0.3), failed, everywhere(20), everywhere(20))
        assert choice.warn_rule == "default"
        assert choice.thresholds.warn == th.UNKNOWN_WARN
        assert choice.thresholds.block is None
        assert "same way" in choice.thresholds.block_why


def test_rows_that_all_look_alike_are_never_warned_about_on_green_branches() -> None:
    failed = np.arange(100) % 10 == 0
    choice = th.choose_thresholds(np.full(100, 0.1), failed, everywhere(100), everywhere(100))
    assert choice.warned_share == 0
    assert math.isnan(choice.precision)


@given(validated(), st.floats(1, 100), st.floats(1, 100))
def test_costs_decide_about_warnings_whatever_the_builds_were(rows: Rows, build: float, alarm: float) -> None:
    """Neither the budget nor the outcomes move that threshold; blocking is earned as ever."""
    p, failed, green, blockable = rows
    costs = Costs(build, alarm)
    choice = th.choose_thresholds(p, failed, green, blockable, 0.1, costs)
    assert choice.thresholds.warn == costs.threshold
    assert (choice.warn_rule, choice.costs) == ("costs", costs)
    least = max(costs.threshold, th.EVEN)
    assert choice.thresholds.block is None or choice.thresholds.block >= least


def test_a_smaller_budget_warns_less() -> None:
    p, failed = separable()
    all_rows = everywhere(p.size)
    shares = [th.choose_thresholds(p, failed, all_rows, all_rows, b).warned_share for b in (0.02, 0.05, 0.1)]
    assert shares == sorted(shares)
    assert shares[0] <= 0.02 < shares[2]
