"""What the fold knows of the project as a whole: rates over builds and days, streaks, recent sizes.

All numbers stand in one flat list, so that a snapshot is their bytes as doubles.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort

from cigate.history.rates import DAY_S, GLOBAL_RATE, count, keep_of, rate
from cigate.history.snapshot import unreadable
from cigate.history.table import read_cells

BUILDS, FAILURES, STREAK, LAST_AT, LAST_PASS_AT, LAST_FAIL_AT, TRUNK, TRUNK_BUILDS = range(8)
BY_BUILDS = 8  # pairs: half-lives of 3, 20, 100 builds
GREEN = 14  # pairs: builds of green branches, half-lives of 30, 200 such builds
DURATION = 18  # pair: builds and seconds, half-life 20 builds
GAP = 20  # pair: builds and seconds between finishes, half-life 20 builds
BY_DAYS = 22  # pairs: half-lives of 1, 7, 30 days
RED_RUNS = 28  # pair: times that a red branch turned green, and the failures until then
RERUNS = 30  # pair: builds of a head that was built before, and those that ended otherwise
WIDTH = 32

RATES_BY_BUILDS = tuple(zip(range(BY_BUILDS, GREEN, 2), map(keep_of, (3, 20, 100)), strict=True))
RATES_OF_GREEN = tuple(zip(range(GREEN, DURATION, 2), map(keep_of, (30, 200)), strict=True))
RATES_BY_DAYS = tuple(zip(range(BY_DAYS, RED_RUNS, 2), (1 * DAY_S, 7 * DAY_S, 30 * DAY_S), strict=True))
KEEP_20, KEEP_OF_RUNS, KEEP_OF_RERUNS = keep_of(20), keep_of(13), keep_of(23)
RECENT = 200
LONGEST_GAP_S = 30.0 * DAY_S
LONGEST_RUN = 20.0


class RecentSizes:
    """The sizes (lines changed, files) of the last RECENT changes, to place a new one among them."""

    __slots__ = ("_sorted", "ring")

    def __init__(self) -> None:
        self.ring: array[float] = array("f")
        self._sorted: list[float] | None = []

    def add(self, size: float) -> None:
        """Add one size; the oldest leaves."""
        ordered = self._ordered()
        self.ring.append(size)
        insort(ordered, self.ring[-1])
        if len(self.ring) > RECENT:
            del ordered[bisect_left(ordered, self.ring.pop(0))]

    def load(self, ring: memoryview) -> None:
        """Take over the sizes of a snapshot.

        Raises:
            HistoryError: where there are too many, or some that cannot be.
        """
        self.ring = read_cells("f", ring)
        self._sorted = None
        if len(self.ring) > RECENT:
            raise unreadable("has a part of the wrong size")

    def percentile(self, size: float) -> float:
        """Return the share of recent sizes below `size`, ties counted half; .5 where none is known."""
        ordered, size = self._ordered(), float(size)  # comparing like with like is faster
        if not ordered:
            return 0.5
        below = bisect_left(ordered, size)
        return (below + bisect_right(ordered, size, below)) / (2.0 * len(ordered))

    def _ordered(self) -> list[float]:
        if self._sorted is None:
            self._sorted = sorted(self.ring)
        return self._sorted


class Project:
    """The project's own numbers; see the names of the cells above."""

    __slots__ = ("cells", "churn", "files")

    def __init__(self) -> None:
        self.cells = [0.0] * WIDTH
        self.churn = RecentSizes()
        self.files = RecentSizes()

    def load(self, cells: memoryview, churn: memoryview, files: memoryview) -> None:
        """Take over the numbers of a snapshot.

        Raises:
            HistoryError: where they have another size, or are such as no builds can lead to.
        """
        self.cells = read_cells("d", cells, WIDTH, signed=(STREAK,)).tolist()
        if len(self.cells) != WIDTH:
            raise unreadable("has a part of the wrong size")
        self.churn.load(churn)
        self.files.load(files)

    def count_build(self, failed: float, finished_at: float, duration_s: float) -> None:
        """Add one finished build to the rates that concern every build; `failed` is 1.0 or 0.0."""
        cells = self.cells
        gap_s = max(0.0, finished_at - cells[LAST_AT]) if cells[LAST_AT] else 0.0
        for at, half_life_s in RATES_BY_DAYS:
            count(cells, at, 0.5 ** (gap_s / half_life_s), failed)
        for at, keep in RATES_BY_BUILDS:
            count(cells, at, keep, failed)
        cells[DURATION] = cells[DURATION] * KEEP_20 + 1.0
        cells[DURATION + 1] = cells[DURATION + 1] * KEEP_20 + duration_s
        cells[GAP] = cells[GAP] * KEEP_20 + 1.0
        cells[GAP + 1] = cells[GAP + 1] * KEEP_20 + min(gap_s, LONGEST_GAP_S)
        cells[BUILDS] += 1.0
        cells[FAILURES] += failed
        cells[STREAK] = next_streak(cells[STREAK], failed)
        cells[LAST_AT] = finished_at
        cells[LAST_FAIL_AT if failed else LAST_PASS_AT] = finished_at

    def count_repair(self, failures: float) -> None:
        """Add one branch that turned green after so many failures."""
        self.cells[RED_RUNS] = self.cells[RED_RUNS] * KEEP_OF_RUNS + 1.0
        self.cells[RED_RUNS + 1] = self.cells[RED_RUNS + 1] * KEEP_OF_RUNS + min(failures, LONGEST_RUN)

    def builds_of_a_day(self, at: int) -> float:
        """Return the builds known at `at`, one that finished a day before counting half."""
        days = max(0.0, at - self.cells[LAST_AT]) / DAY_S
        return self.cells[BY_DAYS] * float(0.5**days)

    def usual_rate(self) -> float:
        """Return the failure rate over about the last hundred builds."""
        return rate(self.cells, BY_BUILDS + 4, GLOBAL_RATE, 4.0)

    def usual_green_rate(self) -> float:
        """Return how often builds of green branches broke them lately."""
        return rate(self.cells, GREEN + 2, 0.12, 8.0)


def next_streak(streak: float, failed: float) -> float:
    """Return the streak after one more build: positive counts failures, negative passes."""
    if failed:
        return streak + 1.0 if streak > 0 else 1.0
    return streak - 1.0 if streak < 0 else -1.0
