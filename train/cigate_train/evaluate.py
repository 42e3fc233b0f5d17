"""Puts the figures of one judge over one set of builds together, and its baseline's beside them.

Pure. Must not see rows that thresholds or forests were chosen on; the caller keeps them apart.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from . import metrics
from .arrays import Mask, Scores
from .bootstrap import bootstrap

BLOCK = 20  # builds that stand together share their weather: they are resampled together


@dataclass(frozen=True, slots=True)
class Figures:
    """What a judge's scores and alarms were worth on some builds; NaN where they cannot say."""

    builds: int
    failures: int
    alarms: int
    accuracy: float
    precision: float
    recall: float
    f1: float
    auc: float
    auc_low: float
    auc_high: float
    local_auc: float
    average_precision: float
    recall_at_10: float
    precision_top_5: float
    brier: float
    calibration_error: float

    @property
    def base_rate(self) -> float:
        """Return the share of the builds that failed."""
        return self.failures / self.builds if self.builds else math.nan

    def to_plain(self) -> dict[str, int | float | None]:
        """Return the figures as a dict, ready for JSON: six digits, None for NaN."""
        return {name: plain_number(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The forest and the echo of the last outcome, over all builds and over the green ones.

    `threshold` is the probability from which the forest's score counts as an alarm.
    """

    threshold: float
    forest: Figures
    echo: Figures
    green_forest: Figures
    green_echo: Figures

    def to_plain(self) -> dict[str, object]:
        """Return the evaluation as nested dicts, ready for JSON."""
        return {
            "threshold": plain_number(self.threshold),
            "all": {"forest": self.forest.to_plain(), "echo": self.echo.to_plain()},
            "green": {
                "forest": self.green_forest.to_plain(),
                "echo": self.green_echo.to_plain(),
            },
        }


def plain_number(value: float) -> int | float | None:
    """Return a number that JSON can hold: counts as they are, six digits, None for NaN."""
    if isinstance(value, int):
        return value
    return None if math.isnan(value) else round(value, 6)


def figures(failed: Mask, p: Scores, alarmed: Mask, seed: int = 0) -> Figures:
    """Return the figures of a judge that gave scores `p` and raised `alarmed`, rows in push order."""
    seen = metrics.confusion(failed, alarmed)
    low, high = bootstrap(metrics.auc, failed, p, block=BLOCK, seed=seed)
    return Figures(
        builds=seen.builds,
        failures=seen.caught + seen.missed,
        alarms=seen.caught + seen.false_alarms,
        accuracy=seen.accuracy,
        precision=seen.precision,
        recall=seen.recall,
        f1=seen.f1,
        auc=metrics.auc(failed, p),
        auc_low=low,
        auc_high=high,
        local_auc=metrics.local_auc(failed, p),
        average_precision=metrics.average_precision(failed, p),
        recall_at_10=metrics.recall_at_false_alarms(failed, p, 0.10),
        precision_top_5=metrics.precision_among_riskiest(failed, p, 0.05),
        brier=metrics.brier(failed, p),
        calibration_error=metrics.calibration_error(failed, p),
    )


def count_alarms(failed: Mask, alarmed: Mask, where: dict[str, Mask]) -> dict[str, dict[str, int]]:
    """Count builds, failures, alarms and alarms that came true among the rows of each named mask."""
    return {
        name: {
            "builds": int(np.count_nonzero(mask)),
            "failures": int(np.count_nonzero(failed & mask)),
            "alarms": int(np.count_nonzero(alarmed & mask)),
            "hits": int(np.count_nonzero(failed & alarmed & mask)),
        }
        for name, mask in where.items()
    }


def evaluate(failed: Mask, p: Scores, threshold: float, echo: Mask, green: Mask, seed: int = 0) -> Evaluation:
    """Judge held-out scores beside the echo of the last outcome, on all and on green builds."""
    alarmed = p >= threshold
    sure = echo.astype(np.float64)
    return Evaluation(
        threshold,
        figures(failed, p, alarmed, seed),
        figures(failed, sure, echo, seed),
        figures(failed[green], p[green], alarmed[green], seed),
        figures(failed[green], sure[green], echo[green], seed),
    )
