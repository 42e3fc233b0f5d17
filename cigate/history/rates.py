"""Decayed counts: how often something failed lately, by number of builds or by time.

A pair of cells (n, f) in an array holds the decayed number of builds and of failures. Pure.
"""

from __future__ import annotations

from math import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable

    Cells = array[float] | list[float]

GLOBAL_RATE = 0.2  # the median failure rate of public projects: what is assumed before any build is known
DAY_S = 86_400


def keep_of(half_life: float) -> float:
    """Return the factor by which a count shrinks with each step, given its half-life in steps."""
    return float(0.5 ** (1.0 / half_life))


def count(cells: Cells, at: int, keep: float, failed: float) -> None:
    """Add one build to the pair at `cells[at:at + 2]`; `failed` is 1.0 or 0.0."""
    cells[at] = cells[at] * keep + 1.0
    cells[at + 1] = cells[at + 1] * keep + failed


def count_all(cells: Cells, offsets: Iterable[int], column: int, keep: float, failed: float) -> None:
    """Add one build to the pair that stands at `column` of each of the rows at `offsets`."""
    for offset in offsets:
        at = offset + column
        cells[at] = cells[at] * keep + 1.0
        at += 1
        cells[at] = cells[at] * keep + failed


def rate(cells: Cells, at: int, prior: float, weight: float = 2.0) -> float:
    """Return the failure rate of the pair at `cells[at:at + 2]`, drawn to `prior` by `weight` builds."""
    return (cells[at + 1] + prior * weight) / (cells[at] + weight)


def log_odds(p: float) -> float:
    """Return log(p / (1 - p)), with p kept away from 0 and 1."""
    p = min(max(p, 0.005), 0.995)
    return log(p / (1.0 - p))
