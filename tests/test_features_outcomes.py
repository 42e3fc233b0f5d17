"""Features on what happened before say in numbers what a person would say of these builds."""

from __future__ import annotations

from math import log1p, log2

import pytest

from cigate.history.project import KEEP_OF_RUNS
from tests import builds as b
from tests.builds import expect, features_of

TOOK_S = 600
LATER = b.AT + 2 * b.DAY_S


def _hours_since(then: int) -> float:
    return log2(1 + (LATER - then) / 3600)


def test_nothing_is_known_at_first() -> None:
    """What never happened is -1, rates are what is usual elsewhere, counts are 0."""
    expect(
        features_of(b.change()),
        branch_last_failed=-1,
        branch_builds=0,
        branch_streak=0,
        branch_since_last=-1,
        branch_since_fail=-1,
        branch_red_for=-1,
        branch_age=-1,
        project_day_builds=0,
        project_red_run=2,
        project_rerun_flips=0.2,
        branch_duration_ratio=-1,
        branch_same_author=0,
        branch_is_trunk=0,
        nearest_failed=-1,
        base_fail_share=-1,
        project_last_failed=-1,
        project_builds=0,
        project_rate_100=0.2,
        project_duration=-1,
        project_since_last=-1,
        red_branch_share=-1,
    )


def test_red_branch() -> None:
    """Two failures in a row, an hour apart."""
    red_at = b.AT + b.HOUR_S + TOOK_S
    expect(
        features_of(b.change(at=LATER), b.builds("pff")),
        branch_last_failed=1,
        branch_builds=log1p(3),
        branch_streak=log1p(2),
        branch_red_for=_hours_since(red_at),
        branch_age=_hours_since(b.AT + TOOK_S),
        branch_since_pass=_hours_since(b.AT + TOOK_S),
        branch_since_last=_hours_since(red_at + b.HOUR_S),
        branch_since_fail=_hours_since(red_at + b.HOUR_S),
        branch_same_author=1,
        branch_is_trunk=1,
        nearest_failed=1,
        project_last_failed=1,
        project_builds=log1p(3),
        project_streak=log1p(2),
        trunk_streak=log1p(2),
        red_branch_share=1,
    )


def test_green_branch() -> None:
    """It is not red, and has never failed."""
    expect(
        features_of(b.change(at=LATER, author="bob"), b.builds("ppp")),
        branch_last_failed=0,
        branch_streak=-log1p(3),
        branch_red_for=-1,
        branch_since_fail=-1,
        branch_same_author=0,
        nearest_failed=0,
        project_since_fail=-1,
        red_branch_share=0,
    )


@pytest.mark.parametrize("name", ["branch_rate_3", "branch_rate_20", "project_rate_3", "project_rate_20"])
def test_rates_rise_with_failures(name: str) -> None:
    """More of them, or later ones."""
    values = [
        features_of(b.change(at=LATER), b.builds(o)).get(name, 0) for o in ("pppp", "fppp", "pppf", "ffff")
    ]
    assert values == sorted(values)


def test_branch_that_breaks_often_while_green() -> None:
    """Every second build of it did; one that stays red breaks nothing more."""
    flaky = features_of(b.change(at=LATER), b.builds("pfpfpfpf"))
    red = features_of(b.change(at=LATER), b.builds("pfffffff"))
    for name in ("branch_green_rate", "project_green_rate_30", "branch_flip_rate"):
        assert flaky.get(name, 1) > red.get(name, 0)


def test_new_branch_on_red_ground() -> None:
    """The nearest outcome is that of the base, else of the target, else of the trunk."""
    records = [b.build("failed", head="h1"), *b.builds("pp", "dev", b.AT + 60)]
    base = features_of(b.change(branch="new", base="h1", at=LATER), records)
    target = features_of(b.change(branch="new", target="main", event="pull_request", at=LATER), records)
    trunk = features_of(b.change(branch="new", at=LATER), records)
    assert [found.get("nearest_failed") for found in (base, target, trunk)] in ([1, 1, 0], [None] * 3)
    expect(
        base, base_fail_share=1, base_is_built_head=1, base_since=_hours_since(b.AT + TOOK_S), head_builds=0
    )
    expect(target, target_last_failed=1, base_fail_share=-1, pull_request=1)


def test_same_head_again() -> None:
    """A second build of the very same commit."""
    found = features_of(b.change(head="h1", at=LATER), [b.build("failed", head="h1")])
    expect(found, head_builds=log1p(1), head_fail_share=1)


def test_project_pace() -> None:
    """How long builds take, how often they come, how long this branch's last one took."""
    records = [b.build(at=b.AT + n * 1000, took_s=took) for n, took in enumerate([100, 100, 100, 400])]
    found = features_of(b.change(at=LATER), records)
    assert log1p(100) < found.get("project_duration", log1p(150)) < log1p(400)
    assert found.get("branch_duration_ratio", 2) > log1p(1)


def test_rhythm_of_the_project() -> None:
    """How busy it is, how long red branches stay so, and whether the same commit ends the same way."""
    again = [b.build(o, "topic", head="h", at=b.AT + n) for n, o in enumerate(("failed", "passed"))]
    found = features_of(b.change(at=LATER), [*again, *b.builds("ffffp", at=b.AT + 60)])
    expect(
        found,
        project_red_run=(1 * KEEP_OF_RUNS + 4 + 2.0 * 3) / (KEEP_OF_RUNS + 1 + 3),
        project_rerun_flips=(1 + 0.2 * 3) / (1 + 3),
    )
    busy = features_of(b.change(at=b.AT + 6 * b.HOUR_S), b.builds("ppppp"))
    assert log1p(4) < busy["project_day_builds"] < log1p(5)
    assert (
        busy["project_day_builds"] > features_of(b.change(at=LATER), b.builds("ppppp"))["project_day_builds"]
    )
