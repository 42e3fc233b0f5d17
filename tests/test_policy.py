"""From probability to verdict: when a push passes, is warned about, is blocked, and what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.model import Thresholds
from cigate.policy import BLOCK, MODES, PASS, WARN, decide, flag
from tests.builds import examples

EARNED = Thresholds(warn=0.3, block=0.7)
NOT_EARNED = Thresholds(warn=0.3, block=None, block_why="too few of its alarms came true")
SEVERITY = {PASS: 0, WARN: 1, BLOCK: 2}


@pytest.mark.parametrize(
    ("p_fail", "mode", "action", "why"),
    [
        (0.29, "warn", PASS, ""),
        (0.3, "warn", WARN, "warned, not blocked"),
        (0.99, "warn", WARN, "warned, not blocked"),
        (0.29, "block", PASS, ""),
        (0.69, "block", WARN, "warned: not sure enough to block"),
        (0.7, "block", BLOCK, "blocked"),
    ],
)
def test_thresholds_divide_pass_from_warn_from_block(p_fail: float, mode: str, action: str, why: str) -> None:
    """A threshold itself belongs to the stricter side."""
    verdict = decide(p_fail, False, EARNED, mode)
    assert (verdict.action, verdict.why, verdict.red) == (action, why, False)


def test_block_that_was_not_earned_is_a_warning_that_says_why() -> None:
    """Whoever asked for blocking learns why there is none."""
    verdict = decide(0.99, False, NOT_EARNED, "block")
    assert verdict.action == WARN
    assert verdict.why.endswith("too few of its alarms came true")


def test_change_that_was_not_seen_whole_is_never_blocked() -> None:
    """Thresholds for blocking were earned on whole changes."""
    verdict = decide(0.99, False, EARNED, "block", complete=False)
    assert verdict.action == WARN
    assert "too many commits" in verdict.why


@pytest.mark.parametrize(("p_fail", "action"), [(0.1, PASS), (0.99, WARN)])
@pytest.mark.parametrize("mode", MODES)
def test_red_branch_is_told_so_and_never_blocked(mode: str, p_fail: float, action: str) -> None:
    """Its next push is most often the repair."""
    verdict = decide(p_fail, True, EARNED, mode)
    assert (verdict.action, verdict.red) == (action, True)
    assert "red already" in verdict.why


probabilities = st.floats(0, 1)


@given(
    st.tuples(probabilities, probabilities),
    st.tuples(probabilities, probabilities),
    st.sampled_from(MODES),
    st.booleans(),
    st.booleans(),
)
@examples(150)
def test_riskier_push_is_never_treated_more_mildly(
    risks: tuple[float, float], limits: tuple[float, float], mode: str, red: bool, complete: bool
) -> None:
    """And what is said stands on one line."""
    thresholds = Thresholds(min(limits), max(limits))
    mild, harsh = (decide(p, red, thresholds, mode, complete) for p in sorted(risks))
    assert SEVERITY[mild.action] <= SEVERITY[harsh.action]
    assert harsh.why.isprintable()
    assert harsh.action != BLOCK or (mode == "block" and complete and not red)


@pytest.mark.parametrize("hard", ["warn", "block"])
@pytest.mark.parametrize("mode", ["warn", "block"])
@pytest.mark.parametrize("p_fail", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("red", [False, True])
def test_a_broken_file_warns_at_least_and_blocks_where_both_say_so(
    hard: str, mode: str, p_fail: float, red: bool
) -> None:
    """It never lowers a verdict, and a branch that is red already is not blocked."""
    before = decide(p_fail, red, EARNED, mode)
    after = flag(before, hard, mode)
    assert SEVERITY[after.action] >= max(SEVERITY[WARN], SEVERITY[before.action])
    blocks = hard == mode == "block" and not red
    assert (after.action == BLOCK) == (blocks or before.action == BLOCK)
    assert after.flagged == (before.action == PASS)
    assert after.red == red
