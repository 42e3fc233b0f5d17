"""What scores were worth on the last half of each project, and the medians over projects. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from cigate_train import metrics
from cigate_train.arrays import Mask, Scores
from cigate_train.dataset import Dataset
from cigate_train.evaluate import plain_number
from cigate_train.operating import track_alarms
from cigate_train.thresholds import UNKNOWN_WARN, f1_threshold

FIGURES = {
    "auc": "AUC",
    "local_auc": "AUC local",
    "green_auc": "green AUC",
    "green_local_auc": "green AUC local",
    "green_precision_top_5": "green: precision, riskiest 5 %",
    "average_precision": "average precision",
    "f1": "F1 of the alarms",
    "f1_over_echo": "F1 less the echo's",
    "recall_at_10": "recall at 10 % false alarms",
    "precision_top_5": "precision, riskiest 5 %",
    "calibration_error": "calibration error",
    "first_200_auc": "AUC, first 200 builds",
    "lag_loss": "AUC lost with history 24 h old",
}
FIRST = 200
Alarms = Callable[[Dataset, Scores], Mask]


@dataclass(frozen=True, slots=True)
class Results:
    """One judge's figures on each project's last half: project -> figure -> value, NaN where unknown."""

    by_project: dict[str, dict[str, float]]

    def medians(self) -> dict[str, float]:
        """Return the median of each figure over the projects that know it."""
        return {
            name: _median([figures.get(name, math.nan) for figures in self.by_project.values()])
            for name in FIGURES
        }

    def ahead_of_echo(self) -> float:
        """Return on which share of projects the F1 of the alarms is above the echo's; NaN without any."""
        gains = [figures["f1_over_echo"] for figures in self.by_project.values()]
        known = [gain for gain in gains if not math.isnan(gain)]
        return sum(gain > 0 for gain in known) / len(known) if known else math.nan

    def plain_medians(self) -> dict[str, int | float | None]:
        """Return the medians, ready for JSON."""
        return {name: plain_number(value) for name, value in self.medians().items()}


def _median(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return median(known) if known else math.nan


def last_half(dataset: Dataset) -> Dataset:
    """Return the newer half of the builds."""
    return dataset.take(np.arange(len(dataset) // 2, len(dataset)))


def judge_project(dataset: Dataset, p: Scores, old: Scores, alarms: Alarms) -> dict[str, float]:
    """Return the figures of scores `p` on a project: of its last half, and of its first builds.

    `old` are the scores of the same builds by a history that is older.
    """
    half = last_half(dataset)
    start = len(p) - len(half)
    figures = judge_half(half, p[start:], alarms(dataset, p)[start:])
    return figures | {
        "first_200_auc": metrics.auc(dataset.failed[:FIRST], p[:FIRST]),
        "lag_loss": figures["auc"] - metrics.auc(half.failed, old[start:]),
    }


def tracked(dataset: Dataset, p: Scores) -> Mask:  # noqa: ARG001
    """Return which builds alarm where the threshold follows the scores before each."""
    return track_alarms(np.zeros(0), p, UNKNOWN_WARN)[0]


def best_on_the_past(dataset: Dataset, p: Scores) -> Mask:
    """Return which builds alarm from the threshold that was best on the past of the last half."""
    return np.asarray(p >= operating_threshold(dataset, p), dtype=np.bool_)


def likely(dataset: Dataset, p: Scores) -> Mask:  # noqa: ARG001
    """Return which builds more likely fail than not."""
    return np.asarray(p > 0.5, dtype=np.bool_)


def operating_threshold(dataset: Dataset, p: Scores) -> float:
    """Return the threshold with the best F1 on the builds that had finished when the last half began."""
    start = len(dataset) // 2
    past = np.flatnonzero(dataset.finished_at[:start] < dataset.pushed_at[start])
    failed = dataset.failed[past]
    return f1_threshold(metrics.ladder(failed, p[past])) if failed.any() else UNKNOWN_WARN


def judge_half(half: Dataset, p: Scores, alarmed: Mask) -> dict[str, float]:
    """Return the figures of scores `p` and alarms on a project's last half.

    Local AUCs compare builds of the same fifth of that half.
    """
    failed, green = half.failed, half.green
    f1 = metrics.confusion(failed, alarmed).f1
    return {
        "auc": metrics.auc(failed, p),
        "local_auc": metrics.local_auc(failed, p),
        "green_auc": metrics.auc(failed[green], p[green]),
        "green_local_auc": local_auc_where(failed, p, green),
        "green_precision_top_5": metrics.precision_among_riskiest(failed[green], p[green], 0.05),
        "average_precision": metrics.average_precision(failed, p),
        "f1": f1,
        "f1_over_echo": f1 - metrics.confusion(failed, half.echo).f1,
        "recall_at_10": metrics.recall_at_false_alarms(failed, p, 0.10),
        "precision_top_5": metrics.precision_among_riskiest(failed, p, 0.05),
        "calibration_error": metrics.calibration_error(failed, p),
    }


def local_auc_where(failed: Mask, p: Scores, where: Mask, parts: int = 5) -> float:
    """Return the AUC over pairs of rows of `where` that stand in the same fifth of all rows."""
    won = pairs = 0.0
    for part in np.array_split(np.arange(failed.size), parts):
        seen = part[where[part]]
        count = float(np.count_nonzero(failed[seen]) * np.count_nonzero(~failed[seen]))
        if count:
            won += count * metrics.auc(failed[seen], p[seen])
            pairs += count
    return won / pairs if pairs else math.nan
