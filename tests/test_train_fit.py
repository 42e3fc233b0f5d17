"""The forest is small, the same each time, and says nothing it has not seen."""

from __future__ import annotations

import numpy as np

from cigate_train.arrays import Mask, Rows
from cigate_train.fit import BUNDLE_BYTES, fit_forest, forest_bytes, forest_settings, score


def matrix(size: int = 600, seed: int = 0) -> tuple[Rows, Mask]:
    random = np.random.default_rng(seed)
    rows = random.random((size, 6)).astype(np.float32)
    return rows, (rows[:, 0] + 0.3 * random.random(size)) > 0.9


def test_the_same_rows_and_seed_give_the_same_scores_to_the_bit() -> None:
    rows, failed = matrix()
    first, second = (fit_forest(rows, failed, forest_settings(len(rows), seed=3)) for _ in range(2))
    assert np.array_equal(score(first, rows), score(second, rows))
    other = fit_forest(rows, failed, forest_settings(len(rows), seed=4))
    assert not np.array_equal(score(first, rows), score(other, rows))


def test_the_forest_learns() -> None:
    rows, failed = matrix()
    p = score(fit_forest(rows, failed, forest_settings(len(rows))), rows)
    assert p[failed].mean() > p[~failed].mean() + 0.4
    assert ((p >= 0) & (p <= 1)).all()


def test_settings_scale_with_the_rows_and_stay_within_their_caps() -> None:
    few, many = forest_settings(60), forest_settings(1_000_000)
    assert few.leaf_rows < many.leaf_rows <= 40
    assert few.max_samples == 0
    assert 0 < many.max_samples <= 20_000


def test_a_large_history_leaves_room_for_a_smaller_forest_only() -> None:
    for history_bytes in (0, 1_200_000, 1_700_000):
        settings = forest_settings(10_000, history_bytes)
        assert history_bytes + forest_bytes(settings.leaf_cap) < BUNDLE_BYTES
    assert forest_settings(10_000, 1_700_000).leaf_cap < forest_settings(10_000).leaf_cap
    assert forest_settings(10_000, 5_000_000).leaf_cap > 1


def test_no_tree_has_more_leaves_than_its_cap() -> None:
    rows, failed = matrix(4000)
    settings = forest_settings(len(rows), 1_700_000)
    forest = fit_forest(rows, failed, settings)
    assert len(forest.estimators_) == settings.trees
    assert max(tree.get_n_leaves() for tree in forest.estimators_) <= settings.leaf_cap


def test_outcomes_of_one_kind_are_repeated() -> None:
    rows, failed = matrix(60)
    settings = forest_settings(60)
    assert (score(fit_forest(rows, failed | True, settings), rows) == 1).all()
    assert (score(fit_forest(rows, failed & False, settings), rows) == 0).all()


def test_no_rows_have_no_scores() -> None:
    rows, failed = matrix(60)
    assert score(fit_forest(rows, failed, forest_settings(60)), rows[:0]).size == 0
