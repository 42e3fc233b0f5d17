"""A warning is worth its while from the probability on at which it saves as much as it costs."""

from __future__ import annotations

import numpy as np
import pytest

from cigate_train.costs import Costs


@pytest.mark.parametrize(("build", "alarm", "threshold"), [(20, 5, 0.2), (1, 1, 0.5), (1, 99, 0.99)])
def test_the_threshold_is_where_gain_and_cost_meet(build: float, alarm: float, threshold: float) -> None:
    costs = Costs(build, alarm)
    assert costs.threshold == pytest.approx(threshold)
    assert costs.threshold * build == pytest.approx((1 - costs.threshold) * alarm)


def test_the_balance_counts_hits_and_false_alarms_and_nothing_else() -> None:
    failed = np.array([True, True, False, False, True])
    alarmed = np.array([True, True, True, False, False])
    assert Costs(20, 5).balance(failed, alarmed) == 2 * 20 - 5
    assert Costs(20, 5).balance(failed, np.zeros(5, np.bool_)) == 0.0


def test_no_other_threshold_saves_more_where_probabilities_are_true() -> None:
    draw = np.random.default_rng(0)
    p = draw.beta(1, 3, 50_000)
    failed = draw.random(50_000) < p
    costs = Costs(20, 5)
    reached = costs.balance(failed, p >= costs.threshold)
    assert reached > 0.99 * max(costs.balance(failed, p >= t) for t in np.linspace(0.02, 0.9, 40))
