"""Who judges in a backtest: a forest that learns anew from each period's past, or a bundle as it is.

Both give scores for the period's builds, and honest scores for some of its past to choose thresholds
on. Must not see a label of the period itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cigate.errors import TooLittleHistory
from cigate.model import Bundle

from .arrays import Indices, Scores
from .batch import score_rows
from .fit import fit_forest, forest_settings, score
from .split import learn_share
from .timeline import Period, Timeline
from .training import AMPLE, LEAST_FINISHED

OWN = "own"


@dataclass(frozen=True, slots=True)
class Opinion:
    """Scores of the period's builds, late and fresh history alike, and of the past builds `tried`.

    `learned` counts the builds that the model learned from, 0 where it came ready.
    """

    scores: Scores
    fresh_scores: Scores
    tried: Indices
    tried_scores: Scores
    learned: int


class Judge(Protocol):
    """Anything that has an opinion on the builds of a period.

    `until` is when a model that came ready was made (Unix seconds), else 0.
    """

    name: str
    until: int

    def judge(self, timeline: Timeline, period: Period) -> Opinion:
        """Score the period's builds, and past ones whose labels no score of theirs came from."""


class OwnJudge:
    """Learns a forest from each period's past, as `cigate train` would have done on that day."""

    def __init__(self, seed: int) -> None:
        self.name = OWN
        self.until = 0
        self._seed = seed

    def judge(self, timeline: Timeline, period: Period) -> Opinion:
        """Score with a forest grown on all of the past; one grown on its older part scores the newer.

        Where that part is ample, its forest does both.

        Raises:
            TooLittleHistory: there is too little past.
        """
        older, newer = split_past(timeline, period.past)
        trial = self._grow(timeline, older, period.past)
        learned = older if older.size > AMPLE else period.past
        forest = trial if learned is older else self._grow(timeline, learned, period.past)
        fresh = score(forest, timeline.fresh.rows[period.judged])
        late = score(forest, timeline.seen.rows[period.judged]) if timeline.lag_s else fresh
        return Opinion(late, fresh, newer, score(trial, timeline.seen.rows[newer]), learned.size)

    def _grow(self, timeline: Timeline, where: Indices, past: Indices) -> object:
        settings = forest_settings(past.size, 0, self._seed)
        known = timeline.fresh.take(where)
        return fit_forest(known.rows, known.failed, settings, known.weights)


def split_past(timeline: Timeline, past: Indices) -> tuple[Indices, Indices]:
    """Return the older builds of `past`, whose labels were known when the newer began, and the newer.

    Raises:
        TooLittleHistory: too few builds are old enough.
    """
    cut = round(learn_share(past.size) * past.size) if past.size else 0
    older = np.intersect1d(past[:cut], timeline.known_before(int(past[cut]))) if cut else past[:0]
    if older.size < LEAST_FINISHED:
        raise TooLittleHistory(
            f"only {older.size} builds had finished in time to learn from them",
            "import older builds, or backtest a model that is there: --model starter",
        )
    return older, past[cut:]


class BundleJudge:
    """Asks a bundle's model, which learns nothing on the way; its history is not used."""

    def __init__(self, name: str, bundle: Bundle) -> None:
        self.name = name
        self.until = bundle.manifest.created_at
        self._bundle = bundle
        self._scores: tuple[Scores, Scores] | None = None

    def judge(self, timeline: Timeline, period: Period) -> Opinion:
        """Score the period's builds and all of its past."""
        if self._scores is None:
            fresh = score_rows(self._bundle, timeline.fresh.rows)
            late = score_rows(self._bundle, timeline.seen.rows) if timeline.lag_s else fresh
            self._scores = late, fresh
        late, fresh = self._scores
        return Opinion(late[period.judged], fresh[period.judged], period.past, late[period.past], 0)
