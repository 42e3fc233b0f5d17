"""The rule of thumb knows what had finished, and nothing else."""

from __future__ import annotations

import pytest

from cigate.history.rates import GLOBAL_RATE
from cigate_train.rule import Rule, rule_scores
from tests import builds as b


def test_it_knows_nothing_before_the_first_build_has_finished() -> None:
    assert Rule().score("main") == pytest.approx(GLOBAL_RATE)
    records = [b.build("failed", at=b.AT, took_s=600, id="1"), b.build(at=b.AT + 600, id="2")]
    assert list(rule_scores(records)) == pytest.approx([GLOBAL_RATE] * 2)


def test_half_of_it_is_the_branch_and_half_the_last_20_builds() -> None:
    rule = Rule()
    for _ in range(60):
        rule.learn("red", True)
    for _ in range(20):
        rule.learn("main", False)
    assert rule.score("main") == pytest.approx(0.0)
    assert rule.score("new") == pytest.approx(0.0)
    assert rule.score("red") == pytest.approx(0.45, abs=0.02)


def test_a_branch_forgets_by_half_every_three_builds() -> None:
    once, later = Rule(), Rule()
    once.learn("main", True)
    for failed in (True, False, False, False):
        later.learn("main", failed)
    assert later.score("main") < once.score("main")


def test_lag_and_labels_are_respected() -> None:
    records = b.builds("fcfs")
    known = rule_scores(records)
    assert known[1] > known[0]
    assert known[2] == known[1], "a canceled build teaches nothing"
    assert list(rule_scores(records, 10 * b.DAY_S)) == pytest.approx([GLOBAL_RATE] * 4)
