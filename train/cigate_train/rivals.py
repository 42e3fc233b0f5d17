"""What `cigate train` chooses from: a forest of the repository's own, the starter, and the mean of the two.

Validation builds choose, test builds report. Other projects' builds made the starter, so that all of these
builds are new to it. Pure but for scoring.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cigate.model import Bundle

from . import metrics
from .arrays import Mask, Rows, Scores
from .batch import score_rows
from .dataset import Dataset
from .fit import BUNDLE_BYTES, BYTES_A_NODE, ForestSettings, score

OWN, STARTER, BLEND = "own", "starter", "blend"
TITLES = {OWN: "own forest", BLEND: "mean of both"}
POOLED = "pooled-"  # so begins the id of a model that `cigate train --data` made of mined repositories
LEAST_TREES = 10
LEAST_OF_EACH = 5
MANIFEST_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class Rival:
    """One candidate: its scores of the validation and of the test builds, and its merit on the former."""

    name: str
    validation: Scores
    test: Scores
    merit: float


def is_pooled(bundle: Bundle) -> bool:
    """Return whether a model was made of many mined repositories, as an organisation's is."""
    return bundle.manifest.model_id.startswith(POOLED)


def title_of(name: str, starter: Bundle | None) -> str:
    """Return what a candidate is called; `starter` is the one that takes part, which may be pooled."""
    if name == STARTER and starter and is_pooled(starter):
        return "pooled model"
    return TITLES.get(name, name)


def merit(failed: Mask, p: Scores, green: Mask) -> float:
    """Return what candidates are ranked by: the mean of the AUCs over all and over the green builds.

    The question that a developer asks is about green branches, the bulk of what can be learned is not.
    A part with fewer than LEAST_OF_EACH failures or passes has no say; NaN where none has.
    """
    parts = [where for where in (np.ones_like(failed), green) if _tells(failed[where])]
    aucs = [metrics.auc(failed[where], p[where]) for where in parts]
    return sum(aucs) / len(aucs) if aucs else math.nan


def _tells(failed: Mask) -> bool:
    failures = int(np.count_nonzero(failed))
    return min(failures, failed.size - failures) >= LEAST_OF_EACH


def line_up(
    forests: Sequence[Any], starter: Bundle | None, parts: tuple[Dataset, Dataset], trees: int
) -> tuple[Rival, ...]:
    """Return the candidates, scored on `parts`: validation and test builds, each by its own forest.

    `trees` is how many of the own forest's trees a blend has room for.
    """
    late = parts[0]

    def rival(name: str, scores: list[Scores]) -> Rival:
        return Rival(name, scores[0], scores[1], merit(late.failed, scores[0], late.green))

    own = rival(OWN, [score(forest, part.rows) for forest, part in zip(forests, parts, strict=True)])
    if starter is None:
        return (own,)
    given = [score_rows(starter, part.rows) for part in parts]
    rivals = [rival(STARTER, given)]
    if trees >= LEAST_TREES:
        few = [first_trees(forest, trees) for forest in forests]
        mine = [score(forest, part.rows) for forest, part in zip(few, parts, strict=True)]
        rivals.append(rival(BLEND, [mean_of(a, b) for a, b in zip(mine, given, strict=True)]))
    return (*rivals, own)


def keep_best(rivals: Sequence[Rival]) -> Rival:
    """Return the candidate of the highest merit; of equals, and where nothing can tell, the first."""
    return max(rivals, key=lambda rival: -1.0 if math.isnan(rival.merit) else rival.merit)


def blend_trees(settings: ForestSettings, history_bytes: int, starter: Bundle | None) -> int:
    """Return how many own trees fit into a bundle beside the starter's and the history."""
    if starter is None:
        return 0
    room = BUNDLE_BYTES - history_bytes - len(starter.model) - MANIFEST_BYTES
    return max(0, min(settings.trees, room // ((2 * settings.leaf_cap - 1) * BYTES_A_NODE)))


def first_trees(forest: Any, trees: int) -> Any:
    """Return a forest of the first `trees` trees of `forest`, which stays as it is."""
    few = copy.copy(forest)
    few.estimators_ = forest.estimators_[:trees]
    few.n_estimators = len(few.estimators_)
    return few


def mean_of(own: Scores, starter: Scores) -> Scores:
    """Return the mean of two models' probabilities: what their joined ONNX form gives."""
    return (own + starter) / 2


def score_kept(kept: str, forest: Any, starter: Bundle | None, rows: Rows) -> Scores:
    """Return what the kept candidate says of `rows`; `forest` is its own part, where it has one."""
    if kept == OWN or starter is None:
        return score(forest, rows)
    given = score_rows(starter, rows)
    return given if kept == STARTER else mean_of(score(forest, rows), given)
