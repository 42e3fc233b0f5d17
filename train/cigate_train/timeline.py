"""A repository's builds as they were pushed, with what was known of each then, and how to cut them in time.

Builds without a label stand in it too: that a build will be canceled is not known when it is pushed.
Must not look at scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cigate.change import BuildRecord
from cigate.progress import track
from cigate.replay import replay
from cigate.shelf import Shelf, judged_at

from .arrays import Indices, Mask, Scores, Times
from .dataset import Dataset, collect_dataset
from .rule import rule_scores

PROTOCOLS = {"split": (0.5, 1.0), "folds": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)}


@dataclass(frozen=True, slots=True)
class Timeline:
    """Builds in the order in which they are judged; all arrays have one entry a build.

    `fresh` is what was known at the push, `seen` what was known `lag_s` seconds before it; they are
    the same without a lag. `at` is the moment of judging, `minutes` how long the build took.
    """

    records: Shelf
    fresh: Dataset
    seen: Dataset
    lag_s: int
    labelled: Mask
    on_branch: Mask
    at: Times
    minutes: Scores
    rule: Scores

    def __len__(self) -> int:
        return len(self.records)

    def known_before(self, stop: int) -> Indices:
        """Return which of the first `stop` builds had a label known when build `stop` was judged."""
        known = self.fresh.finished_at[:stop] + self.lag_s < self.at[stop]
        return np.flatnonzero(known & self.labelled[:stop])


@dataclass(frozen=True, slots=True)
class Period:
    """Builds to judge, and those to learn from: whose labels were known when the first was judged."""

    number: int
    past: Indices
    judged: Indices


def make_timeline(records: Iterable[BuildRecord], names: Sequence[str], lag_s: int = 0) -> Timeline:
    """Replay `records`, fresh and, if `lag_s` is not 0, late; `names` are those of the features."""
    kept = records if isinstance(records, Shelf) else Shelf(records)
    fresh = _replay(kept, names, 0)
    seen = _replay(kept, names, lag_s) if lag_s else fresh
    return Timeline(
        kept,
        fresh,
        seen,
        lag_s,
        np.array([record.failed is not None for record in kept], dtype=np.bool_),
        np.array([bool(record.change.branch) for record in kept], dtype=np.bool_),
        np.array([judged_at(record) for record in kept], dtype=np.int64),
        np.array([max(0, r.finished_at - r.started_at) / 60 for r in kept], dtype=np.float64),
        rule_scores(kept, lag_s),
    )


def _replay(records: Shelf, names: Sequence[str], lag_s: int) -> Dataset:
    what = f"replaying builds with history {lag_s:,} s old" if lag_s else "replaying builds"
    rows = replay(records, lag_s, unlabelled=True)
    return collect_dataset(track(rows, what, len(records)), names)


def cut_periods(timeline: Timeline, protocol: str) -> list[Period]:
    """Return the periods of a protocol, oldest first; one that no build falls into is left out.

    Cuts count builds whatever their outcome: an outcome must not move them.
    """
    size = len(timeline)
    cuts = [round(share * size) for share in PROTOCOLS[protocol]]
    return [
        Period(number, timeline.known_before(start), np.arange(start, stop))
        for number, (start, stop) in enumerate(pairwise(cuts), 1)
        if start < stop
    ]
