"""What judges were worth on the same builds: each figure with its interval, and differences in pairs.

All judges are measured on the same resampled histories, so that what two of them share cancels out.
Pure; must not choose a threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import metrics
from .arrays import Indices, Mask, Scores
from .bootstrap import resamples
from .evaluate import BLOCK

ROUNDS = 200
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Judged:
    """Builds in push order: how they ended, what a judge said of them, and the minutes they took."""

    failed: Mask
    p: Scores
    alarmed: Mask
    minutes: Scores

    def take(self, where: Indices | Mask) -> Judged:
        """Return the builds at `where`."""
        return Judged(self.failed[where], self.p[where], self.alarmed[where], self.minutes[where])


METRICS: dict[str, Callable[[Judged], float]] = {
    "auc": lambda j: metrics.auc(j.failed, j.p),
    "local_auc": lambda j: metrics.local_auc(j.failed, j.p),
    "average_precision": lambda j: metrics.average_precision(j.failed, j.p),
    "f1": lambda j: metrics.confusion(j.failed, j.alarmed).f1,
    "precision": lambda j: metrics.confusion(j.failed, j.alarmed).precision,
    "recall": lambda j: metrics.confusion(j.failed, j.alarmed).recall,
    "recall_at_10": lambda j: metrics.recall_at_false_alarms(j.failed, j.p, 0.10),
    "precision_top_5": lambda j: metrics.precision_among_riskiest(j.failed, j.p, 0.05),
    "brier": lambda j: metrics.brier(j.failed, j.p),
    "calibration_error": lambda j: metrics.calibration_error(j.failed, j.p),
    "minutes_saved": lambda j: float(np.sum(j.minutes[j.failed & j.alarmed])),
    "minutes_wasted": lambda j: float(np.sum(j.minutes[~j.failed & j.alarmed])),
}
NAMES = tuple(METRICS)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and the interval that holds it in LEVEL of resampled histories; NaN where unknown."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Worth:
    """The figures of several judges on the same builds.

    `values` is (judges, NAMES); `drawn` is (judges, rounds, NAMES), what they were on resampled builds.
    """

    judges: tuple[str, ...]
    builds: int
    failures: int
    values: NDArray[np.float64]
    drawn: NDArray[np.float64]

    def figure(self, judge: str, name: str) -> Figure:
        """Return one figure of one judge."""
        row, column = self.judges.index(judge), NAMES.index(name)
        return _figure(self.values[row, column], self.drawn[row, :, column])

    def difference(self, judge: str, other: str, name: str) -> Figure:
        """Return by how much `judge` is above `other`, on the same builds each time."""
        row, beside, column = self.judges.index(judge), self.judges.index(other), NAMES.index(name)
        drawn = self.drawn[row, :, column] - self.drawn[beside, :, column]
        return _figure(self.values[row, column] - self.values[beside, column], drawn)


def measure(judges: Mapping[str, Judged], seed: int = 0, rounds: int = ROUNDS) -> Worth:
    """Measure `judges`, at least one, who all judged the same builds."""
    first = next(iter(judges.values()))
    size = first.failed.size
    draws = list(resamples(size, rounds, BLOCK, seed))
    drawn = np.full((len(judges), len(draws), len(NAMES)), np.nan)
    for row, judged in enumerate(judges.values()):
        for number, where in enumerate(draws):
            drawn[row, number] = _measure(judged.take(where))
    return Worth(
        tuple(judges),
        size,
        int(np.count_nonzero(first.failed)),
        np.array([_measure(judged) for judged in judges.values()]),
        drawn,
    )


def _measure(judged: Judged) -> list[float]:
    return [metric(judged) for metric in METRICS.values()]


def _figure(value: float, drawn: NDArray[np.float64]) -> Figure:
    known = drawn[~np.isnan(drawn)]
    if not known.size or np.isnan(value):
        return Figure(float(value), metrics.NAN, metrics.NAN)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(float(value), float(low), float(high))
