"""Figures of merit for scores against outcomes: pure functions of arrays.

Everywhere `failed` is the truth, `p` the score (higher is riskier), rows in push order. A figure that
the rows cannot give (one class only, no rows) is NaN, never a guess. Must not choose anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .arrays import Indices, Mask, Scores

NAN = math.nan


@dataclass(frozen=True, slots=True)
class Confusion:
    """How alarms met outcomes, as counts of builds."""

    caught: int
    false_alarms: int
    missed: int
    quiet: int

    @property
    def builds(self) -> int:
        """Return how many builds were counted."""
        return self.caught + self.false_alarms + self.missed + self.quiet

    @property
    def accuracy(self) -> float:
        """Return the share of builds that were called rightly."""
        return _ratio(self.caught + self.quiet, self.builds)

    @property
    def precision(self) -> float:
        """Return the share of alarms that came true."""
        return _ratio(self.caught, self.caught + self.false_alarms)

    @property
    def recall(self) -> float:
        """Return the share of failures that an alarm announced."""
        return _ratio(self.caught, self.caught + self.missed)

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall: 0 without a hit, NaN without a failure."""
        if not self.caught + self.missed:
            return NAN
        return _ratio(2 * self.caught, 2 * self.caught + self.false_alarms + self.missed)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Every distinct set of alarms that a threshold can give, from the riskiest row downward.

    Step i alarms the `alarms[i]` rows scored at least `thresholds[i]`, of which `hits[i]` failed.
    `top` is the highest score.
    """

    thresholds: Scores
    alarms: Indices
    hits: Indices
    top: float


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else NAN


def confusion(failed: Mask, alarmed: Mask) -> Confusion:
    """Count how the alarms met the outcomes."""
    caught = int(np.count_nonzero(failed & alarmed))
    return Confusion(
        caught,
        int(np.count_nonzero(alarmed)) - caught,
        int(np.count_nonzero(failed)) - caught,
        int(np.count_nonzero(~failed & ~alarmed)),
    )


def ladder(failed: Mask, p: Scores) -> Ladder:
    """Return the steps of a falling threshold; each lies halfway to the next lower score."""
    order = np.argsort(-p, kind="stable")
    falling = p[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)[: falling.size])
    below = np.append(falling, 0.0)[last + 1]
    between = (falling[last] + below) / 2
    # Halfway between two neighbouring floats can round down to the lower one: alarm at the score itself.
    thresholds = np.where(between > below, between, falling[last])
    hits = np.cumsum(failed[order])[last]
    top = float(falling[0]) if falling.size else 0.0
    return Ladder(thresholds, (last + 1).astype(np.intp), hits.astype(np.intp), top)


def auc(failed: Mask, p: Scores) -> float:
    """Return the chance that a failure was scored above a pass, ties counted half."""
    won, pairs = _pairs(failed, p)
    return _ratio(won, pairs)


def local_auc(failed: Mask, p: Scores, parts: int = 5) -> float:
    """Return the AUC over pairs from the same of `parts` stretches of time: drift does not count."""
    sums = [
        _pairs(f, s) for f, s in zip(np.array_split(failed, parts), np.array_split(p, parts), strict=True)
    ]
    return _ratio(sum(won for won, _ in sums), sum(pairs for _, pairs in sums))


def _pairs(failed: Mask, p: Scores) -> tuple[float, int]:
    """Return how many (failure, pass) pairs were ordered rightly, and how many there are."""
    values, where = np.unique(p, return_inverse=True)
    failures = np.bincount(where[failed], minlength=values.size)
    passes = np.bincount(where[~failed], minlength=values.size)
    passes_below = np.cumsum(passes) - passes
    won = float(np.sum(failures * (passes_below + passes / 2)))
    return won, int(failures.sum()) * int(passes.sum())


def average_precision(failed: Mask, p: Scores) -> float:
    """Return the precision averaged over the failures found as the threshold falls."""
    failures = int(np.count_nonzero(failed))
    if not failures:
        return NAN
    steps = ladder(failed, p)
    found = np.diff(steps.hits, prepend=0)
    return float(np.sum(found * (steps.hits / steps.alarms)) / failures)


def recall_at_false_alarms(failed: Mask, p: Scores, share: float = 0.1) -> float:
    """Return the best recall of a threshold that alarms at most `share` of the passed builds."""
    failures = int(np.count_nonzero(failed))
    passes = failed.size - failures
    if not failures or not passes:
        return NAN
    steps = ladder(failed, p)
    allowed = steps.hits[(steps.alarms - steps.hits) <= share * passes]
    return float(allowed.max(initial=0)) / failures


def precision_among_riskiest(failed: Mask, p: Scores, share: float = 0.05) -> float:
    """Return the failure rate of the riskiest `share` of the rows, at least one row.

    Rows tied with the last one that fits count by their expected share.
    """
    if not failed.size:
        return NAN
    take = max(1, math.ceil(share * failed.size))
    steps = ladder(failed, p)
    step = int(np.searchsorted(steps.alarms, take))
    alarms_above = int(steps.alarms[step - 1]) if step else 0
    hits_above = int(steps.hits[step - 1]) if step else 0
    rate = (int(steps.hits[step]) - hits_above) / (int(steps.alarms[step]) - alarms_above)
    return (hits_above + rate * (take - alarms_above)) / take


def brier(failed: Mask, p: Scores) -> float:
    """Return the mean squared difference between probability and outcome."""
    return float(np.mean((p - failed) ** 2)) if failed.size else NAN


def calibration_error(failed: Mask, p: Scores, bins: int = 10) -> float:
    """Return the gap between promised and seen failure rates, averaged over equally wide bins."""
    if not failed.size:
        return NAN
    where = np.minimum((p * bins).astype(np.intp), bins - 1)
    promised = np.bincount(where, weights=p, minlength=bins)
    seen = np.bincount(where, weights=failed, minlength=bins)
    return float(np.sum(np.abs(promised - seen)) / failed.size)
