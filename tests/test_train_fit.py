"""The forest is small, the same each time, and says nothing it has not seen."""

from __future__ import annotations

import numpy as np

from cigate_train.arrays import Mask, Rows, Scores
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


def test_what_a_gate_stopped_is_not_forgotten() -> None:
    """One in ten of the risky builds ran: their weights mend a good part of what the forest underrates."""
    random = np.random.default_rng(5)
    rows = random.random((4000, 6)).astype(np.float32)
    risky = rows[:, 0] > 0.9
    failed = random.random(4000) < np.where(risky, 0.7, 0.1)
    ran = ~risky | (random.random(4000) < 0.1)
    weights = np.where(risky, 10.0, 1.0)[ran]
    settings = forest_settings(int(ran.sum()))

    def said_of_risky(given: Scores | None, where: Mask) -> float:
        forest = fit_forest(rows[where], failed[where], settings, given)
        return float(score(forest, rows[risky]).mean())

    truth = said_of_risky(None, np.ones_like(ran))
    blind, mended = said_of_risky(None, ran), said_of_risky(weights, ran)
    assert truth > 0.6
    assert blind < truth - 0.3
    assert truth - mended < 0.6 * (truth - blind)


def test_rows_of_weight_one_are_rows_without_weights() -> None:
    rows, failed = matrix()
    settings = forest_settings(len(rows))
    plain, weighted = fit_forest(rows, failed, settings), fit_forest(rows, failed, settings, np.ones(600))
    assert np.array_equal(score(plain, rows), score(weighted, rows))


def test_no_rows_have_no_scores() -> None:
    rows, failed = matrix(60)
    assert score(fit_forest(rows, failed, forest_settings(60)), rows[:0]).size == 0
