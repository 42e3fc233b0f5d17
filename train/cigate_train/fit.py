"""Fits the random forest, capped so that a bundle stays small and loads in milliseconds.

The same rows and seed give the same forest and, scored on one thread, the same scores to the last
bit. Must not see features as anything but float32 numbers, and must not choose thresholds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from .arrays import Mask, Rows, Scores

TREES = 100
MAX_SAMPLES = 20_000
BUNDLE_BYTES = 2_000_000
BYTES_A_NODE = 34  # measured: 100 trees x 128 leaves x 60 features, as `export` writes them
LEAF_CAPS = (128, 64, 32, 16)
JOBS = 2


@dataclass(frozen=True, slots=True)
class ForestSettings:
    """What a forest is grown with.

    `max_samples` 0 means every row; `split_share` is the share of the features that a split looks at, 0
    their square root.
    """

    trees: int
    leaf_rows: int
    leaf_cap: int
    max_samples: int
    seed: int
    split_share: float = 0.0

    def to_plain(self) -> dict[str, int | float]:
        """Return the settings as a dict, ready for JSON."""
        return asdict(self)


def forest_settings(rows: int, history_bytes: int = 0, seed: int = 0) -> ForestSettings:
    """Scale the forest to `rows` training rows and to the room the history leaves in a bundle."""
    # 20 and 40 rows a leaf were equal on 12 projects of 1,000 to 6,000 builds, 80 cost .01 of AUC.
    leaf_rows = min(40, max(5, rows // 25))
    room = BUNDLE_BYTES - history_bytes
    fitting = [cap for cap in LEAF_CAPS if forest_bytes(cap) <= room]
    return ForestSettings(
        trees=TREES,
        leaf_rows=leaf_rows,
        leaf_cap=fitting[0] if fitting else LEAF_CAPS[-1],
        max_samples=MAX_SAMPLES if rows > MAX_SAMPLES else 0,
        seed=seed,
    )


def forest_bytes(leaf_cap: int) -> int:
    """Return the most bytes that a forest of that cap takes in a bundle."""
    return TREES * (2 * leaf_cap - 1) * BYTES_A_NODE


def fit_forest(rows: Rows, failed: Mask, settings: ForestSettings, weights: Scores | None = None) -> Any:
    """Return a RandomForestClassifier that learned `failed` from `rows`.

    `weights` tell for how many builds each row stands (None: for one). Outcomes of one class only are
    allowed: the forest then always says so.
    """
    # Weights, all ones too, make scikit-learn draw other rows for its trees: without need there are none.
    weighed = weights if weights is not None and (weights != 1).any() else None
    samples = settings.max_samples if 0 < settings.max_samples < failed.size else None
    forest = RandomForestClassifier(
        n_estimators=settings.trees,
        min_samples_leaf=settings.leaf_rows,
        max_leaf_nodes=settings.leaf_cap,
        max_samples=samples,
        max_features=settings.split_share or "sqrt",
        n_jobs=JOBS,
        random_state=settings.seed,
    ).fit(rows, failed, sample_weight=weighed)
    # With several threads predict_proba adds the trees up in the order in which they end.
    forest.n_jobs = 1
    return forest


def score(forest: Any, rows: Rows) -> Scores:
    """Return P(fail) for each row."""
    if not len(rows):
        return np.zeros(0)
    known = list(forest.classes_)
    if True not in known:
        return np.zeros(len(rows))
    return np.asarray(forest.predict_proba(rows)[:, known.index(True)], dtype=np.float64)
