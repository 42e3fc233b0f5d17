"""The draw: the same for the same run and commit, as often as it says, and kept with the report."""

from __future__ import annotations

import pytest

from cigate.exploring import draw, explore
from cigate.policy import Verdict
from tests.reports import PASSED, judgement, report

BLOCKED = report(judgement(verdict=Verdict("block", "blocked")), mode="block")


def test_the_same_run_and_commit_draw_the_same() -> None:
    """A re-run, a later job and another machine agree; another run or commit is another draw."""
    assert draw("github", "1", "a" * 40) == draw("github", "1", "a" * 40)
    others = {draw("github", "1", "a" * 40), draw("github", "2", "a" * 40), draw("github", "1", "b" * 40)}
    assert len(others | {draw("gitlab", "1", "a" * 40)}) == 4


def test_draws_are_spread_evenly() -> None:
    """Of 20,000 runs about 5 % fall below .05, and every tenth is as full as the next."""
    drawn = [draw("github", str(run), "a" * 40) for run in range(20_000)]
    assert min(drawn) >= 0
    assert max(drawn) < 1
    assert 850 < sum(u < 0.05 for u in drawn) < 1150
    tenths = [sum(n / 10 <= u < (n + 1) / 10 for u in drawn) for n in range(10)]
    assert min(tenths) > 1800


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_and_all_are_what_they_say(share: float) -> None:
    made = explore(BLOCKED, share, "github", "1")
    assert made.verdict() == ("warn" if share else "block")
    assert made.p_run == share


def test_a_share_of_what_would_be_blocked_is_let_through() -> None:
    """And says that it was drawn; whether it was or not, the probability is the same."""
    made = [explore(BLOCKED, 0.05, "github", str(run)) for run in range(2000)]
    through = [each for each in made if each.verdict() == "warn"]
    assert 60 < len(through) < 140
    assert {each.p_run for each in made} == {0.05}
    assert (
        through[0].judgements[0].verdict.why == "predicted to fail, and drawn to run all the same (5 % are)"
    )


@pytest.mark.parametrize("verdict", [PASSED, Verdict("warn", "warned, not blocked")], ids=["pass", "warn"])
def test_what_is_not_blocked_is_left_alone(verdict: Verdict) -> None:
    made = report(judgement(verdict=verdict))
    assert explore(made, 0.05, "github", "1") is made
    assert made.p_run == 1
