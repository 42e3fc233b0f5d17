"""How much a model leans on each feature: what its AUC loses when the feature's values are shuffled.

Works on any bundle, through the code that serves it. Features that say the same share the loss, so that a
small figure does not mean that a feature is of no use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cigate.model import Bundle

from .arrays import Indices, Mask, Rows
from .batch import score_rows
from .metrics import auc

MOST_ROWS = 2_000
AT_ONCE = 10  # features; opening the model costs more than scoring a few hundred rows


@dataclass(frozen=True, slots=True)
class Importance:
    """A feature and the AUC that is lost without what it says."""

    name: str
    loss: float


def importances(bundle: Bundle, rows: Rows, failed: Mask, seed: int = 0) -> list[Importance]:
    """Return each feature with its loss on the newest `rows`, largest first; none without both outcomes."""
    rows, failed = rows[-MOST_ROWS:], failed[-MOST_ROWS:]
    if not failed.any() or failed.all():
        return []
    whole = auc(failed, score_rows(bundle, rows))
    order = np.random.default_rng(seed).permutation(len(rows))
    names = [name for name, _ in bundle.manifest.features]
    found = []
    for start in range(0, len(names), AT_ONCE):
        columns = range(start, min(start + AT_ONCE, len(names)))
        scores = score_rows(bundle, np.concatenate([_shuffled(rows, column, order) for column in columns]))
        parts = np.split(scores, len(columns))
        found += [Importance(names[c], whole - auc(failed, p)) for c, p in zip(columns, parts, strict=True)]
    return sorted(found, key=lambda one: (-one.loss, one.name))


def _shuffled(rows: Rows, column: int, order: Indices) -> Rows:
    shuffled = rows.copy()
    shuffled[:, column] = rows[order, column]
    return shuffled
