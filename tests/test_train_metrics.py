"""The figures of merit equal hand-computed values and scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from cigate_train import metrics
from cigate_train.arrays import Mask, Scores


def truth(*outcomes: int) -> Mask:
    return np.array(outcomes, dtype=np.bool_)


def scores(*values: float) -> Scores:
    return np.array(values, dtype=np.float64)


@st.composite
def judged(draw: st.DrawFn, least: int = 2) -> tuple[Mask, Scores]:
    """Draw outcomes of both kinds and scores with many ties."""
    size = draw(st.integers(least, 60))
    failed = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    failed[:2] = [True, False]
    p = draw(st.lists(st.integers(0, 12), min_size=size, max_size=size))
    return np.array(failed), np.array(p) / 12


def test_confusion_counts_and_its_ratios() -> None:
    seen = metrics.confusion(truth(1, 1, 1, 0, 0, 0, 0, 0), truth(1, 1, 0, 1, 0, 0, 0, 0))
    assert (seen.caught, seen.false_alarms, seen.missed, seen.quiet) == (2, 1, 1, 4)
    assert seen.builds == 8
    assert seen.accuracy == 6 / 8
    assert seen.precision == seen.recall == seen.f1 == 2 / 3


def test_without_alarms_precision_is_unknown_and_f1_zero() -> None:
    seen = metrics.confusion(truth(1, 0), truth(0, 0))
    assert math.isnan(seen.precision)
    assert seen.recall == 0
    assert seen.f1 == 0


def test_without_failures_recall_and_f1_are_unknown() -> None:
    seen = metrics.confusion(truth(0, 0), truth(1, 0))
    assert math.isnan(seen.recall)
    assert math.isnan(seen.f1)
    assert seen.precision == 0


def test_ladder_goes_down_the_distinct_scores() -> None:
    steps = metrics.ladder(truth(0, 1, 1, 0), scores(0.2, 0.8, 0.2, 0.4))
    assert steps.thresholds.tolist() == pytest.approx([0.6, 0.3, 0.1])
    assert steps.alarms.tolist() == [1, 2, 4]
    assert steps.hits.tolist() == [1, 1, 2]
    assert steps.top == 0.8


def test_a_threshold_between_neighbouring_floats_still_splits_them() -> None:
    high = np.nextafter(0.5, 1)
    steps = metrics.ladder(truth(1, 0), scores(high, 0.5))
    assert steps.thresholds[0] == high


@given(judged())
def test_every_step_alarms_what_it_says(rows: tuple[Mask, Scores]) -> None:
    failed, p = rows
    steps = metrics.ladder(failed, p)
    for threshold, alarms, hits in zip(steps.thresholds, steps.alarms, steps.hits, strict=True):
        assert np.count_nonzero(p >= threshold) == alarms
        assert np.count_nonzero(failed & (p >= threshold)) == hits


def test_auc_counts_ordered_pairs_and_half_of_the_ties() -> None:
    # pairs: (.9,.5) won, (.9,.1) won, (.5,.5) tied, (.5,.1) won
    assert metrics.auc(truth(1, 1, 0, 0), scores(0.9, 0.5, 0.5, 0.1)) == 3.5 / 4


def test_auc_of_one_class_is_unknown() -> None:
    assert math.isnan(metrics.auc(truth(1, 1), scores(0.1, 0.2)))
    assert math.isnan(metrics.auc(truth(), scores()))


@given(judged())
def test_auc_ap_and_brier_are_those_of_scikit_learn(rows: tuple[Mask, Scores]) -> None:
    failed, p = rows
    assert metrics.auc(failed, p) == pytest.approx(roc_auc_score(failed, p))
    assert metrics.average_precision(failed, p) == pytest.approx(average_precision_score(failed, p))
    assert metrics.brier(failed, p) == pytest.approx(brier_score_loss(failed, p))


def test_local_auc_ignores_drift_between_the_parts() -> None:
    # The second half fails more and is scored higher, but within a half the order is wrong or right.
    failed = truth(0, 0, 1, 1, 1, 0)
    p = scores(0.1, 0.2, 0.3, 0.7, 0.8, 0.9)
    assert metrics.local_auc(failed, p, parts=2) == 2 / 4
    assert metrics.local_auc(failed, p, parts=1) == metrics.auc(failed, p)


def test_parts_of_one_class_do_not_count_locally() -> None:
    assert metrics.local_auc(truth(0, 0, 0, 1), scores(0.9, 0.9, 0.1, 0.2), parts=2) == 1
    assert math.isnan(metrics.local_auc(truth(0, 0, 1, 1), scores(0.1, 0.2, 0.3, 0.4), parts=2))


def test_average_precision_by_hand() -> None:
    # found at ranks 1 and 3 of 4: (1/1 + 2/3) / 2
    found = metrics.average_precision(truth(1, 0, 1, 0), scores(0.9, 0.8, 0.7, 0.1))
    assert found == pytest.approx((1 + 2 / 3) / 2)
    assert math.isnan(metrics.average_precision(truth(0), scores(0.5)))


def test_recall_at_false_alarms_spends_at_most_the_share() -> None:
    failed = truth(1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)  # 3 failures, 10 passes
    p = scores(0.99, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.12, 0.1)
    assert metrics.recall_at_false_alarms(failed, p, 0.10) == 2 / 3
    assert metrics.recall_at_false_alarms(failed, p, 0.05) == 1 / 3
    assert metrics.recall_at_false_alarms(failed, p, 1.0) == 1


def test_recall_at_false_alarms_is_zero_when_the_first_tie_overspends() -> None:
    assert metrics.recall_at_false_alarms(truth(1, 0), scores(0.5, 0.5), 0.1) == 0


def test_precision_among_riskiest_takes_ties_by_their_share() -> None:
    failed = truth(1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    p = scores(0.9, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)
    assert metrics.precision_among_riskiest(failed, p, 0.1) == 1
    assert metrics.precision_among_riskiest(failed, p, 0.2) == 1.5 / 2
    assert metrics.precision_among_riskiest(failed, p, 0.3) == pytest.approx(2 / 3)
    assert metrics.precision_among_riskiest(failed, p, 0.01) == 1  # at least one row
    assert math.isnan(metrics.precision_among_riskiest(truth(), scores()))


@given(judged())
def test_precision_among_all_rows_is_the_base_rate(rows: tuple[Mask, Scores]) -> None:
    failed, p = rows
    assert metrics.precision_among_riskiest(failed, p, 1.0) == pytest.approx(failed.mean())


def test_brier_by_hand() -> None:
    assert metrics.brier(truth(1, 0), scores(0.8, 0.4)) == pytest.approx((0.04 + 0.16) / 2)
    assert math.isnan(metrics.brier(truth(), scores()))


def test_calibration_error_by_hand() -> None:
    # bin .2: promised .25 + .25, seen 1 -> .5; bin .9 (1.0 belongs to it): promised 1.95, seen 2 -> .05
    failed, p = truth(1, 0, 1, 1), scores(0.25, 0.25, 0.95, 1.0)
    assert metrics.calibration_error(failed, p) == pytest.approx(0.55 / 4)
    assert math.isnan(metrics.calibration_error(truth(), scores()))


def test_calibration_error_of_a_kept_promise_is_zero() -> None:
    assert metrics.calibration_error(truth(1, 0, 0, 0), scores(*[0.25] * 4)) == 0
