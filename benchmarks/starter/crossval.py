"""Scores for every project by forests that never saw it, and the thresholds that follow from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.starter.pool import Pool
from benchmarks.starter.settings import Settings
from cigate_train.arrays import Indices, Mask, Scores
from cigate_train.fit import ForestSettings, fit_forest, score
from cigate_train.thresholds import MIN_BUDGETED


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


def score_left_out(pool: Pool, folds: list[Indices], settings: Settings) -> Iterator[tuple[Indices, Scores]]:
    """Yield the left-out projects' row numbers and what a forest of the others says of them, fold by fold."""
    for fold in folds:
        others = pool.spans(set(range(len(pool))) - set(fold.tolist()))
        rows = pool.spans(fold.tolist())
        known = pool.rows[others]
        forest = fit_forest(known, pool.failed[others], forest_settings(settings, len(known)))
        yield rows, score(forest, pool.rows[rows])


def budget_of_projects(scored: list[tuple[Scores, Mask]], budget: float) -> float:
    """Return the lowest threshold that alarms at most `budget` of the budgeted rows.

    Each project counts alike. `scored` holds each project's scores and which of its rows are budgeted; a
    project with hardly any such row has no say.
    """
    parts = [p[counted] for p, counted in scored if np.count_nonzero(counted) >= MIN_BUDGETED]
    if not parts:
        return 0.5
    p = np.concatenate(parts)
    weights = np.concatenate([np.full(part.size, 1.0 / part.size / len(parts)) for part in parts])
    order = np.argsort(-p, kind="stable")
    falling, alarmed = p[order], np.cumsum(weights[order])
    last = np.append(falling[1:] != falling[:-1], True)
    within = np.flatnonzero(last & (alarmed <= budget * (1 + 1e-9)))
    if not within.size:
        return (float(falling[0]) + 1.0) / 2
    step = int(within[-1])
    below = float(falling[step + 1]) if step + 1 < falling.size else 0.0
    return (float(falling[step]) + below) / 2
