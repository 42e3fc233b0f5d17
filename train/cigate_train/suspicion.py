"""Asks whether one author's newest outcomes contradict what everything else implies. Pure.

The scores must come from a model that had not learned those outcomes. Poison is its aim, a bad week
is not: more failures than expected, but still where they were likeliest, count against themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import metrics
from .arrays import Mask, Scores

LEAST_BUILDS = 20  # of an author, and of all the others together
LEAST_OF_EACH = 5
NEWEST = 40
STREAK = 5  # builds that follow each other share their weather: they count as one
# On made-up projects, honest authors stayed below 3 and such as had flipped their outcomes came to 4 to 9.
LEAST_EXCESS = 0.05
LEAST_DOUBT = 4.0
MOST_REVERSAL = 3.0


@dataclass(frozen=True, slots=True)
class Suspect:
    """The author (a pseudonym) whose newest `builds` contradict the model most.

    `excess` is by how much their squared errors are above what the model expects of itself, beyond the
    same figure of all others, and `z` that in standard errors. `reversal` is by how many standard errors
    they fail where they should rather pass: it is negative where the model's order holds.
    """

    author: str
    builds: int
    excess: float
    z: float
    reversal: float

    @property
    def doubt(self) -> float:
        """Return both kinds of evidence together, in standard errors."""
        return self.z + min(max(self.reversal, -MOST_REVERSAL), MOST_REVERSAL)

    @property
    def contradicts(self) -> bool:
        """Return whether chance and drift are poor explanations."""
        return self.excess >= LEAST_EXCESS and self.doubt >= LEAST_DOUBT


def most_suspicious(authors: Sequence[str], failed: Mask, p: Scores) -> Suspect | None:
    """Return who stands out most among builds in push order; None where nobody can be told from the rest.

    Each author's builds are looked at as a whole and, where there are more, the newest NEWEST of them.
    """
    names = np.array(authors, dtype=np.str_)
    found = [
        suspect for author in sorted(set(authors) - {""}) for suspect in _looks(author, names, failed, p)
    ]
    return max(found, key=lambda suspect: (suspect.contradicts, suspect.doubt), default=None)


def _looks(author: str, names: NDArray[np.str_], failed: Mask, p: Scores) -> Iterator[Suspect]:
    own = np.flatnonzero(names == author)
    # What a squared error is above its expectation p * (1 - p): a flipped outcome adds (1 - 2 p) ** 2.
    surprise = (failed - p) ** 2 - p * (1 - p)
    others = surprise[names != author]
    for size in sorted({own.size, min(own.size, NEWEST)}):
        if min(size, others.size) < LEAST_BUILDS:
            continue
        newest = own[own.size - size :]
        excess = float(surprise[newest].mean() - others.mean())
        spread = math.sqrt(_variance_of_mean(surprise[newest]) + _variance_of_mean(others))
        z = excess / spread if spread else 0.0
        yield Suspect(author, size, excess, z, _reversal(failed[newest], p[newest]))


def _variance_of_mean(values: Scores) -> float:
    """Return the variance of the mean, taken between streaks of neighbouring builds."""
    streaks = [part.mean() for part in np.array_split(values, max(2, values.size // STREAK))]
    return float(np.var(streaks, ddof=1)) / len(streaks)


def _reversal(failed: Mask, p: Scores) -> float:
    """Return how far the AUC lies below one half, in standard errors of an order by chance; 0 if unknown."""
    failures = int(np.count_nonzero(failed))
    passes = failed.size - failures
    if min(failures, passes) < LEAST_OF_EACH:
        return 0.0
    return (0.5 - metrics.auc(failed, p)) / math.sqrt((failed.size + 1) / (12 * failures * passes))
