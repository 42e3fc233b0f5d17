"""The predictors of the field: each scores the newer half of a project's builds, knowing what had finished.

Must not look at an outcome that was not known when the newer half began.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from cigate.change import BuildRecord
from cigate.history.digest import Digest
from cigate.model import Bundle
from cigate_train.arrays import Indices, Mask, Rows, Scores
from cigate_train.batch import score_rows
from cigate_train.dataset import Dataset
from cigate_train.fit import fit_forest, forest_settings, score

CIGATE = "cigate"
TITLES = {
    CIGATE: "cigate, the model as it is",
    "forest": "a forest of the project's own, on cigate's features",
    "boosted": "boosted trees of the project's own, on cigate's features",
    "rule": "rule: half the branch's rate, half the last 20 builds'",
    "echo": "echo: as the last build ended",
    "five": "a forest of its own on author, files, lines +/-, file type",
}


def five_features(records: Sequence[BuildRecord]) -> Rows:
    """Return what the usual description starts from: author, files, lines added and deleted, file type.

    People and types are numbered as they come, which is all that such a description says of them.
    """
    authors: dict[str, int] = {}
    types: dict[str, int] = {}
    rows = []
    for record in records:
        digest = Digest(record.change)
        counts = digest.extensions
        usual = max(counts, key=lambda name: (counts[name], name)) if counts else ""
        author = authors.setdefault(record.change.author, len(authors))
        kind = types.setdefault(usual, len(types))
        rows.append((author, digest.files, digest.added, digest.deleted, kind))
    return np.array(rows, np.float32)


def finished_before(dataset: Dataset) -> Indices:
    """Return which builds of the older half had finished when the newer half began."""
    start = len(dataset) // 2
    return np.flatnonzero(dataset.finished_at[:start] < dataset.pushed_at[start])


def score_half(
    dataset: Dataset, rule: Scores, five: Rows, bundle: Bundle, seed: int = 0
) -> dict[str, tuple[Scores, Scores]]:
    """Return each predictor's scores: of the older half, where it can give honest ones, and of the newer."""
    start = len(dataset) // 2
    past = finished_before(dataset)
    rows, failed = dataset.rows, dataset.failed
    whole = score_rows(bundle, rows)
    own = fit_forest(rows[past], failed[past], forest_settings(past.size, 0, seed))
    echo = dataset.echo.astype(np.float64)
    nothing = np.zeros(0)
    return {
        CIGATE: (whole[:start], whole[start:]),
        "forest": (nothing, score(own, rows[start:])),
        "boosted": (nothing, _boosted(rows, failed, past, start, seed)),
        "rule": (rule[:start], rule[start:]),
        "echo": (echo[:start], echo[start:]),
        "five": (nothing, _usual_forest(five, failed, past, start, seed)),
    }


def _boosted(rows: Rows, failed: Mask, past: Indices, start: int, seed: int) -> Scores:
    model = HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=20, random_state=seed
    ).fit(rows[past], failed[past])
    return np.asarray(model.predict_proba(rows[start:])[:, 1], np.float64)


def _usual_forest(five: Rows, failed: Mask, past: Indices, start: int, seed: int) -> Scores:
    model = RandomForestClassifier(100, random_state=seed).fit(five[past], failed[past])
    return np.asarray(model.predict_proba(five[start:])[:, 1], np.float64)
