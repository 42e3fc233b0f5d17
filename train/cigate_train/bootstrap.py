"""Intervals for figures of merit, by judging resampled histories. Pure; the same seed gives the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from .arrays import Indices, Mask, Scores
from .metrics import NAN


def bootstrap(
    metric: Callable[[Mask, Scores], float],
    failed: Mask,
    p: Scores,
    *,
    rounds: int = 200,
    block: int = 1,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the interval that holds `metric` in `level` of resampled histories.

    Red builds come in streaks, so rows that stand together are not independent: a `block` of
    neighbouring rows is drawn at a time. Rounds in which the metric is NaN are left out.
    """
    values = [metric(failed[i], p[i]) for i in resamples(failed.size, rounds, block, seed)]
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return NAN, NAN
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def resamples(size: int, rounds: int, block: int, seed: int) -> Iterator[Indices]:
    """Yield `rounds` resamples of `size` rows, each in the rows' order, so that stretches stay stretches."""
    random = np.random.default_rng(seed)
    blocks = -(-size // block)
    for _ in range(rounds if size else 0):
        starts = random.integers(0, size, blocks)
        drawn = (starts[:, None] + np.arange(block)) % size
        yield np.sort(drawn.ravel()[:size]).astype(np.intp)
