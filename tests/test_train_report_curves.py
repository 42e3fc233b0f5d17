"""The report draws what was counted: every curve agrees with figures that are computed elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from cigate.features import FEATURES
from cigate_train import metrics
from cigate_train.backtest import ECHO, MODEL, RULE, Backtest, backtest
from cigate_train.judges import OwnJudge
from cigate_train.report_curves import bins_of, costs_of, minutes_of, tradeoff_of, trend_of
from cigate_train.worth import Judged
from tests.train_data import make_records


@pytest.fixture(scope="module")
def made() -> Backtest:
    return backtest(make_records(300), [feature.name for feature in FEATURES], OwnJudge(0))


def test_the_trend_counts_every_build_once(made: Backtest) -> None:
    trend = trend_of(made)
    assert sum(trend.builds) == int(made.timeline.labelled.sum()) == 300
    assert sum(trend.failures) == made.timeline.fresh.failures
    assert sum(trend.judged) == made.where.size
    assert sum(trend.warned) == int(made.alarmed.sum())
    assert trend.judged[0] == 0, "the older half is not judged"
    assert list(trend.starts) == sorted(trend.starts)


def test_bins_hold_every_build_and_give_the_calibration_error(made: Backtest) -> None:
    model = made.judges()[MODEL]
    bins = bins_of(model.failed, model.p)
    assert sum(one.builds for one in bins) == model.failed.size
    gap = sum(one.builds * abs(one.promised - one.seen) for one in bins) / model.failed.size
    assert gap == pytest.approx(metrics.calibration_error(model.failed, model.p))


def test_a_probability_of_one_is_in_the_last_bin() -> None:
    (last,) = bins_of(np.array([True, False]), np.array([1.0, 1.0]))
    assert (last.low, last.high, last.builds, last.seen) == (0.9, 1.0, 2, 0.5)


def test_the_tradeoff_ends_where_everything_is_alarmed(made: Backtest) -> None:
    model = made.judges()[MODEL]
    alarm = float(made.folds[0].chosen.alarm[-1])
    curve = tradeoff_of(model, [("alarm", alarm), ("never", 2.0)])
    assert curve.recall[-1] == 1.0
    assert curve.precision[-1] == pytest.approx(model.failed.mean())
    assert bool((np.diff(curve.recall) >= 0).all())
    ((name, recall, precision),) = curve.at
    seen = metrics.confusion(model.failed, model.p >= alarm)
    assert (name, recall, precision) == ("alarm", seen.recall, seen.precision)


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    draw = np.random.default_rng(0)
    failed, p = draw.random(5_000) < 0.3, draw.random(5_000)
    curve = tradeoff_of(Judged(failed, p, p >= 0.5, np.ones(failed.size)))
    assert curve.recall.size <= 200
    assert curve.recall[-1] == 1.0


def test_costs_are_those_of_missed_failures_and_false_alarms(made: Backtest) -> None:
    judges = made.judges()
    costs, model = costs_of(judges), judges[MODEL]
    size = model.failed.size
    assert costs.unit == "minutes"
    assert costs.model[0] == pytest.approx(100 * model.minutes[~model.failed].sum() / size)
    assert costs.silent == pytest.approx(100 * model.minutes[model.failed].sum() / size)
    wrong = judges[ECHO].alarmed != model.failed
    assert costs.echo == pytest.approx(100 * model.minutes[wrong].sum() / size)
    assert costs.rule.size == costs.model.size == costs.thresholds.size


def test_without_durations_builds_are_counted(made: Backtest) -> None:
    judges = {
        name: Judged(judged.failed, judged.p, judged.alarmed, np.zeros(judged.failed.size))
        for name, judged in made.judges().items()
    }
    costs = costs_of(judges)
    assert costs.unit == "builds"
    assert costs.silent == pytest.approx(100 * judges[MODEL].failed.mean())


def test_minutes_add_up_to_those_of_the_figures(made: Backtest) -> None:
    judges = made.judges()
    found, worth = minutes_of(made, judges), made.worth(made.subsets["all"])
    for name in (MODEL, RULE, ECHO):
        assert found.saved[name][-1] == pytest.approx(worth.figure(name, "minutes_saved").value)
        assert found.wasted[name] == pytest.approx(worth.figure(name, "minutes_wasted").value)
        assert bool((np.diff(found.saved[name]) >= 0).all())
