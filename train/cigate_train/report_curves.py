"""The numbers behind each plot of the report: what is drawn is what stands in its table. Pure.

Every curve has the model, the rule and the echo beside each other. Must not choose a threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Mask, Scores
from .backtest import ECHO, MODEL, RULE, Backtest
from .metrics import confusion, ladder
from .worth import Judged

SPANS = 24
BINS = 10
MOST_POINTS = 200
STEPS = 101


@dataclass(frozen=True, slots=True)
class Trend:
    """Builds by equal spans of time: when each span begins, its builds, failures and warnings.

    `judged` counts those that were judged; a span before the judged time has none.
    """

    starts: Sequence[int]
    builds: Sequence[int]
    failures: Sequence[int]
    judged: Sequence[int]
    warned: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bin:
    """Pushes with probabilities from `low` up to `high`: the mean that was promised, what was seen."""

    low: float
    high: float
    builds: int
    promised: float
    seen: float


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """Precision against recall as the threshold falls; `at` are marked points (what, recall, precision)."""

    recall: Scores
    precision: Scores
    at: Sequence[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Costs:
    """What 100 pushes lose to false alarms and missed failures, by the threshold from which one warns.

    `silent` is the cost without any warning, `echo` that of the echo's; `unit` is
    "minutes", or "builds" where no build tells how long it took.
    """

    thresholds: Scores
    model: Scores
    rule: Scores
    echo: float
    silent: float
    unit: str


@dataclass(frozen=True, slots=True)
class Minutes:
    """Minutes of failed builds that an alarm announced, added up over time, and of false alarms."""

    at: Sequence[int]
    saved: dict[str, Scores]
    wasted: dict[str, float]


def trend_of(made: Backtest, spans: int = SPANS) -> Trend:
    """Return all labelled builds by spans of time."""
    line = made.timeline
    at, failed = line.at[line.labelled], line.fresh.failed[line.labelled]
    edges = np.linspace(float(at[0]), float(at[-1]) + 1, spans + 1)
    judged_at = line.at[made.where]
    counts = [
        np.histogram(values, edges)[0] for values in (at, at[failed], judged_at, judged_at[made.alarmed])
    ]
    plain = [[int(count) for count in each] for each in counts]
    return Trend([int(edge) for edge in edges[:-1]], *plain)


def bins_of(failed: Mask, p: Scores, bins: int = BINS) -> list[Bin]:
    """Return the bins that hold a build."""
    where = np.minimum((p * bins).astype(np.intp), bins - 1)
    found = []
    for number in range(bins):
        inside = where == number
        if inside.any():
            promised, seen = float(p[inside].mean()), float(failed[inside].mean())
            found.append(Bin(number / bins, (number + 1) / bins, int(inside.sum()), promised, seen))
    return found


def tradeoff_of(judged: Judged, marks: Sequence[tuple[str, float]] = ()) -> Tradeoff:
    """Return the curve of one judge; `marks` are thresholds to mark on it."""
    failures = max(1, int(np.count_nonzero(judged.failed)))
    steps = ladder(judged.failed, judged.p)
    chosen = np.unique(np.linspace(0, steps.alarms.size - 1, min(MOST_POINTS, steps.alarms.size)).astype(int))
    points = []
    for name, threshold in marks:
        seen = confusion(judged.failed, judged.p >= threshold)
        if seen.caught + seen.false_alarms:
            points.append((name, seen.recall, seen.precision))
    return Tradeoff(steps.hits[chosen] / failures, steps.hits[chosen] / steps.alarms[chosen], points)


def costs_of(judges: Mapping[str, Judged]) -> Costs:
    """Return what warning from each threshold would have cost."""
    model = judges[MODEL]
    timed = bool(model.minutes.sum())
    weight = (model.minutes if timed else np.ones(model.minutes.size)) * 100 / max(1, model.minutes.size)
    thresholds = np.linspace(0, 1, STEPS)

    def cost(judged: Judged) -> Scores:
        wrong = [(judged.p >= t) != judged.failed for t in thresholds]
        return np.array([float(weight[each].sum()) for each in wrong])

    echo = float(weight[judges[ECHO].alarmed != model.failed].sum())
    silent = float(weight[model.failed].sum())
    return Costs(thresholds, cost(model), cost(judges[RULE]), echo, silent, "minutes" if timed else "builds")


def minutes_of(made: Backtest, judges: Mapping[str, Judged]) -> Minutes:
    """Return what each judge's alarms, at its operating threshold, saved and wasted."""
    saved = {
        name: np.cumsum(np.where(judged.failed & judged.alarmed, judged.minutes, 0.0))
        for name, judged in judges.items()
    }
    wasted = {
        name: float(judged.minutes[~judged.failed & judged.alarmed].sum()) for name, judged in judges.items()
    }
    return Minutes([int(at) for at in made.timeline.at[made.where]], saved, wasted)
