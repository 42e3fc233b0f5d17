"""Grows forests on an engine: each worker is given the rows once, and trees come back.

The seed of each handful of trees is drawn before any is grown, and a handful has as many trees whoever
grows it, so that no engine and no second try changes a bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from cigate.errors import CigateError, EngineError
from cigate_train.arrays import Mask, Rows
from cigate_train.fit import ForestSettings, fit_forest

from .engine import Engine

TRIES = 3
NONE = -1
# Trees a task: it copies the rows of the other folds, 5 % of the time of eight trees, and ten times as many
# workers as folds still find something to do.
HANDFUL = 8


@dataclass(frozen=True, slots=True)
class Ground:
    """What trees grow on; `folds` is the number of each row's fold, from 0 on."""

    rows: Rows
    failed: Mask
    folds: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A forest of all rows but those of the fold `left_out`; NONE leaves none out."""

    left_out: int
    settings: ForestSettings

    def handfuls(self) -> Iterator[ForestSettings]:
        """Yield what its trees are grown with, a few at a time, each few with a seed of their own."""
        trees = self.settings.trees
        chance = np.random.default_rng([self.settings.seed, self.left_out - NONE])
        for first in range(0, trees, HANDFUL):
            seed = int(chance.integers(2**31))
            yield replace(self.settings, trees=min(HANDFUL, trees - first), seed=seed)


def grow(ground: Ground, wanted: Sequence[Wanted], engine: Engine) -> list[Any]:
    """Return the forests, their trees grown by the engine's workers.

    Raises:
        EngineError: workers died in each of TRIES tries, or the scheduler is gone.
    """
    said = ""
    for _ in range(TRIES):
        try:
            return _grow(ground, wanted, engine)
        except CigateError:
            raise
        except Exception as error:  # whatever Dask makes of a dead worker: its classes differ by version
            said = type(error).__name__
    raise EngineError(
        f"growing the forest on {engine.shown} failed {TRIES} times: {said}",
        "do the workers have the memory that docs/scale.md says? a lower row cap needs less",
    )


def _grow(ground: Ground, wanted: Sequence[Wanted], engine: Engine) -> list[Any]:
    shared = (ground.rows, ground.failed, ground.folds)
    with engine.forests(shared) as inside:
        grown = joblib.Parallel()(
            joblib.delayed(_few_trees)(*shared, forest.left_out, settings, inside)
            for forest in wanted
            for settings in forest.handfuls()
        )
    parts = iter(grown)
    return [_joined([next(parts) for _ in forest.handfuls()]) for forest in wanted]


def _few_trees(
    rows: Rows, failed: Mask, folds: NDArray[np.int16], left_out: int, settings: ForestSettings, inside: str
) -> Any:
    """Return a forest of a few trees; `inside` is the joblib backend on which their growing may spread."""
    if left_out != NONE:
        others = folds != left_out
        rows, failed = rows[others], failed[others]
    with joblib.parallel_config(inside):
        return fit_forest(rows, failed, settings)


def _joined(parts: Sequence[Any]) -> Any:
    """Return one forest with the trees of all."""
    whole = parts[0]
    whole.estimators_ = [tree for part in parts for tree in part.estimators_]
    whole.n_estimators = len(whole.estimators_)
    return whole
