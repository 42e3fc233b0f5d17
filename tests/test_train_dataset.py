"""The matrix holds what replay gives, and green and echo as the features tell them."""

from __future__ import annotations

from array import array

import numpy as np
import pytest

from cigate.change import BuildRecord
from cigate.errors import ModelError, TooLittleHistory
from cigate.features import FEATURES
from cigate.replay import replay
from cigate_train.dataset import MOST_WEIGHT, Dataset, collect_dataset, refuse_too_little
from tests.train_data import make_records, with_chance, with_outcome

NAMES = [feature.name for feature in FEATURES]


def dataset_of(records: list[BuildRecord]) -> Dataset:
    return collect_dataset(replay(records), NAMES)


def test_rows_are_the_replayed_vectors_in_push_order() -> None:
    records = make_records(80)
    dataset = dataset_of(records)
    assert dataset.rows.dtype == np.float32
    assert dataset.rows.shape == (80, len(FEATURES))
    for (record, row), got, failed in zip(replay(records), dataset.rows, dataset.failed, strict=True):
        assert row.tobytes() == got.tobytes()
        assert failed == record.failed
    assert (np.diff(dataset.pushed_at) >= 0).all()
    assert (dataset.finished_at >= dataset.pushed_at).all()


def test_builds_without_a_label_are_left_out() -> None:
    records = make_records(20)
    records[3] = with_outcome(records[3], "canceled")
    assert len(dataset_of(records)) == 19


def test_green_and_echo_follow_the_branch_and_then_the_project() -> None:
    plain = make_records(4, branches=("main",), duration_s=60)
    outcomes = ("passed", "failed", "passed", "passed")
    records = [with_outcome(r, outcome) for r, outcome in zip(plain, outcomes, strict=True)]
    dataset = dataset_of(records)
    assert dataset.branch_state.tolist() == [-1, 0, 1, 0]
    assert dataset.green.tolist() == [False, True, False, True]
    assert dataset.echo.tolist() == [False, False, True, False]
    assert dataset.blockable.tolist() == [True, True, False, True]


def test_the_first_build_of_a_branch_is_not_green_and_echoes_the_project() -> None:
    records = make_records(3, branches=("",), duration_s=60)
    dataset = dataset_of([with_outcome(record, "failed") for record in records])
    assert dataset.branch_state.tolist() == [-1, -1, -1]
    assert not dataset.green.any()
    assert dataset.echo.tolist() == [False, True, True]


def test_taking_rows_keeps_them_together() -> None:
    dataset = dataset_of(make_records(60))
    where = np.array([3, 8, 50])
    part = dataset.take(where)
    assert len(part) == 3
    assert np.array_equal(part.rows, dataset.rows[where])
    assert np.array_equal(part.green, dataset.green[where])


def test_a_build_cannot_have_finished_before_its_push() -> None:
    records = make_records(3, duration_s=60)
    early = records[2]
    records[2] = BuildRecord("odd", early.change, "passed", early.started_at, early.change.pushed_at - 500)
    dataset = dataset_of(records)
    assert dataset.finished_at[2] == dataset.pushed_at[2]


def test_a_build_that_was_drawn_to_run_stands_for_those_that_were_not() -> None:
    """Its weight is one over its chance, capped: one lucky build must not outweigh what surely happened."""
    records = make_records(4)
    drawn = [with_chance(record, p_run) for record, p_run in zip(records, (1, 0.5, 0.1, 0.01), strict=True)]
    dataset = dataset_of(drawn)
    assert dataset.weights.tolist() == [1, 2, MOST_WEIGHT, MOST_WEIGHT]
    assert dataset.take(np.array([1, 3])).weights.tolist() == [2, MOST_WEIGHT]


def test_synthetic_builds_are_counted() -> None:
    records = make_records(5) + make_records(7, seed=1, provider="synthetic")
    assert dataset_of(records).synthetic == 7


def test_a_feature_that_is_no_number_is_named() -> None:
    records = make_records(2)
    rows = [array("f", [0.0] * len(NAMES)), array("f", [0.0] * (len(NAMES) - 1) + [float("nan")])]
    with pytest.raises(ModelError, match=NAMES[-1]):
        collect_dataset(zip(records, rows, strict=True), NAMES)


@pytest.mark.parametrize(("builds", "failures"), [(0, 0), (49, 20), (60, 4), (60, 56)], ids=lambda n: str(n))
def test_too_little_history_is_refused_with_what_to_do(builds: int, failures: int) -> None:
    records = [
        with_outcome(record, "failed" if number < failures else "passed")
        for number, record in enumerate(make_records(builds))
    ]
    with pytest.raises(TooLittleHistory, match=f"{builds} finished builds") as refused:
        refuse_too_little(dataset_of(records))
    assert "cigate import" in refused.value.hint


def test_just_enough_history_is_accepted() -> None:
    records = [
        with_outcome(record, "failed" if number % 10 == 0 else "passed")
        for number, record in enumerate(make_records(50))
    ]
    refuse_too_little(dataset_of(records))
