"""Scores for every project by forests that never saw it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.starter.pool import Pool
from benchmarks.starter.settings import Settings
from cigate_train.arrays import Indices, Scores
from cigate_train.fit import ForestSettings, fit_forest, score


def forest_settings(settings: Settings, rows: int) -> ForestSettings:
    """Return what a forest over `rows` rows is grown with."""
    return ForestSettings(
        trees=settings.trees,
        leaf_rows=settings.leaf_rows,
        leaf_cap=settings.leaf_cap,
        max_samples=max(1, int(settings.max_samples * rows)),
        seed=settings.seed,
        split_share=settings.split_share,
    )


def deal_folds(projects: int, settings: Settings) -> list[Indices]:
    """Deal the projects into folds, by chance that the seed decides; none is empty where there are enough."""
    dealt = np.random.default_rng(settings.seed).permutation(projects)
    folds = [np.sort(dealt[fold :: settings.folds]) for fold in range(settings.folds)]
    return [fold for fold in folds if fold.size]


def score_left_out(
    pool: Pool, folds: list[Indices], settings: Settings
) -> Iterator[tuple[Indices, Scores, Scores]]:
    """Yield the left-out projects' row numbers and what a forest of the others says of them, fold by fold.

    The last scores are those of the same rows with the older history.
    """
    for fold in folds:
        others = pool.spans(set(range(len(pool))) - set(fold.tolist()))
        rows = pool.spans(fold.tolist())
        known = pool.rows[others]
        forest = fit_forest(known, pool.failed[others], forest_settings(settings, len(known)))
        yield rows, score(forest, pool.rows[rows]), score(forest, pool.old.rows[rows])
