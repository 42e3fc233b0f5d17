"""Feature importance: what a model leans on loses, what it never looks at does not."""

from __future__ import annotations

import numpy as np

from cigate.features import FEATURES
from cigate_train.importance import importances
from tests.judged import wary_bundle, wary_forest


def test_the_only_feature_that_counts_comes_first_and_takes_all() -> None:
    """The wary model looks at changes to CI configuration and at nothing else."""
    rows = wary_forest().rows
    column = [feature.name for feature in FEATURES].index("ci_files")
    failed = np.asarray(rows[:, column] > 0)
    first, *others = importances(wary_bundle(), rows, failed)
    assert first.name == "ci_files"
    assert 0.4 < first.loss < 0.6
    assert {one.loss for one in others} == {0.0}
    assert len(others) == len(FEATURES) - 1


def test_the_same_seed_says_the_same() -> None:
    rows = wary_forest().rows
    failed = np.arange(len(rows)) % 3 == 0
    assert importances(wary_bundle(), rows, failed, 1) == importances(wary_bundle(), rows, failed, 1)


def test_one_outcome_alone_tells_nothing() -> None:
    rows = wary_forest().rows
    assert importances(wary_bundle(), rows, np.zeros(len(rows), np.bool_)) == []
