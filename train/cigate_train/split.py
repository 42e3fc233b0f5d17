"""Splits builds by the time they were pushed, so that nothing is learned from the future.

Pure. Must not look at scores, and must not let an outcome through that was still unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Indices, Times

LEARN_SHARE = 0.8
MOST_JUDGED = 3_000  # enough: of so many builds, 500 of them failed, an AUC is known within .025


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers before and after a moment: learn from `early`, judge `late`.

    `at` is the moment: the push of the first late row (Unix seconds). `unfinished` early rows were
    dropped, because their outcome was not known then.
    """

    early: Indices
    late: Indices
    at: int
    unfinished: int


def learn_share(rows: int) -> float:
    """Return the share of `rows` to learn from: all but the newest fifth, of which MOST_JUDGED at most."""
    return max(LEARN_SHARE, 1 - MOST_JUDGED / rows)


def split_by_time(pushed_at: Times, finished_at: Times, share: float) -> Split:
    """Split rows that stand in push order: the first `share` of them, and the newer rest.

    Both sides get at least one row; there must be two.
    """
    size = pushed_at.size
    cut = min(max(round(share * size), 1), size - 1)
    at = int(pushed_at[cut])
    early = np.flatnonzero(finished_at[:cut] < at)
    return Split(early, np.arange(cut, size), at, cut - early.size)
