"""The project's own numbers: rates over builds and days, streaks, recent sizes."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.errors import HistoryError
from cigate.history import project as pr
from cigate.history.project import RECENT, Project, RecentSizes, next_streak
from cigate.history.rates import DAY_S, GLOBAL_RATE, rate
from tests.builds import examples


def _after(outcomes: str, apart_s: int = 3600) -> Project:
    project = Project()
    for number, outcome in enumerate(outcomes):
        project.count_build(outcome == "f", 1_000_000 + number * apart_s, 60)
    return project


def test_cells_do_not_overlap() -> None:
    """Each pair has its two cells, and the last one ends the array."""
    pairs = [at for at, _ in (*pr.RATES_BY_BUILDS, *pr.RATES_OF_GREEN, *pr.RATES_BY_DAYS)]
    pairs += [pr.DURATION, pr.GAP, pr.RED_RUNS, pr.RERUNS]
    singles = range(pr.TRUNK_BUILDS + 1)
    used = sorted([*singles, *pairs, *[at + 1 for at in pairs]])
    assert used == list(range(pr.WIDTH))


def test_counts_and_times() -> None:
    """How many, how many failed, and when last."""
    cells = _after("ppfp").cells
    assert (cells[pr.BUILDS], cells[pr.FAILURES]) == (4.0, 1.0)
    assert cells[pr.LAST_AT] == cells[pr.LAST_PASS_AT] == 1_000_000 + 3 * 3600
    assert cells[pr.LAST_FAIL_AT] == 1_000_000 + 2 * 3600


@pytest.mark.parametrize(
    ("outcomes", "streak"), [("", 0), ("p", -1), ("pp", -2), ("ppf", 1), ("ffp", -1), ("fff", 3)]
)
def test_streak_counts_equal_outcomes(outcomes: str, streak: int) -> None:
    """Failures up, passes down, and it turns at once."""
    assert _after(outcomes).cells[pr.STREAK] == streak


def test_builds_of_a_day_fade() -> None:
    """A build counts half a day later, and a push that claims an older date does not make them more."""
    project = _after("pp", apart_s=0)
    assert project.builds_of_a_day(1_000_000) == 2.0
    assert project.builds_of_a_day(1_000_000 + DAY_S) == 1.0
    assert project.builds_of_a_day(1_000_000 - DAY_S) == 2.0
    assert Project().builds_of_a_day(1_000_000) == 0.0


def test_repairs_remember_how_long_it_took() -> None:
    """One endless red run is not all that is known of a project."""
    project = Project()
    project.count_repair(1.0)
    project.count_repair(500.0)
    runs, failures = project.cells[pr.RED_RUNS : pr.RED_RUNS + 2]
    assert runs == 1.0 + pr.KEEP_OF_RUNS
    assert failures == pr.KEEP_OF_RUNS + pr.LONGEST_RUN


@given(st.lists(st.booleans(), min_size=1))
@examples(50)
def test_streak_is_the_length_of_the_last_run(outcomes: list[bool]) -> None:
    """The sign says of what."""
    streak = 0.0
    for failed in outcomes:
        streak = next_streak(streak, failed)
    run = len(outcomes) - max([n + 1 for n, (a, b) in enumerate(pairwise(outcomes)) if a != b], default=0)
    assert streak == (run if outcomes[-1] else -run)


def test_rates_start_at_what_is_usual_elsewhere() -> None:
    """The first push of a project is judged by the median of others."""
    assert Project().usual_rate() == pytest.approx(GLOBAL_RATE)


def test_rates_follow_what_happens() -> None:
    """A run of failures raises them, the short ones first."""
    cells = _after("p" * 50 + "f" * 5).cells
    short, middle, long = (rate(cells, at, GLOBAL_RATE) for at, _ in pr.RATES_BY_BUILDS)
    assert short > middle > long > 0.02


def test_rates_by_days_forget_with_time_not_with_builds() -> None:
    """After a quiet month the day's rate knows next to nothing."""
    project = _after("ffff", apart_s=60)
    fresh = [project.cells[at] for at, _ in pr.RATES_BY_DAYS]
    project.count_build(False, 1_000_000 + 30 * DAY_S, 60)
    later = [project.cells[at] for at, _ in pr.RATES_BY_DAYS]
    assert min(fresh) > 3.9
    assert later[0] == pytest.approx(1.0)
    assert later[2] == pytest.approx(1.0 + 4.0 / 2.0, abs=0.01)


def test_means_of_durations_and_gaps() -> None:
    """A mean over recent builds; a pause of a year counts as a month."""
    project = _after("pppp", apart_s=1000)
    cells = project.cells
    assert cells[pr.DURATION + 1] / cells[pr.DURATION] == pytest.approx(60)
    assert 0 < cells[pr.GAP + 1] / cells[pr.GAP] < 1000
    project.count_build(False, int(cells[pr.LAST_AT]) + 365 * DAY_S, 60)
    assert cells[pr.GAP + 1] <= 30 * DAY_S + 4000


@given(st.lists(st.integers(0, 50), max_size=RECENT + 30), st.integers(-1, 51), st.booleans())
@examples(60)
def test_percentile_is_the_share_below(sizes: list[int], size: int, reload: bool) -> None:
    """Among the last RECENT sizes, ties counted half; the same after a load."""
    recent = RecentSizes()
    for each in sizes:
        recent.add(each)
    if reload:
        copy = RecentSizes()
        copy.load(memoryview(recent.ring.tobytes()))
        copy.add(7)
        recent.add(7)
        assert copy.ring == recent.ring
        assert copy.percentile(size) == recent.percentile(size)
        sizes = [*sizes, 7]
    kept = sizes[-RECENT:]
    share = (sum(s < size for s in kept) + sum(s == size for s in kept) / 2) / len(kept) if kept else 0.5
    assert recent.percentile(size) == pytest.approx(share)
    assert len(recent.ring) == len(kept)


def test_sizes_of_a_snapshot_are_bounded() -> None:
    """A longer ring could never become shorter again."""
    with pytest.raises(HistoryError, match="wrong size"):
        RecentSizes().load(memoryview(array("f", [0.0] * (RECENT + 1)).tobytes()))


@pytest.mark.parametrize("cells", [array("d", [0.0] * (pr.WIDTH - 1)), array("d", [0.0] * (pr.WIDTH + 1))])
def test_cells_of_a_snapshot_are_as_many_as_there_are(cells: array[float]) -> None:
    """A snapshot of other cells would be read as something else."""
    with pytest.raises(HistoryError, match="wrong size"):
        Project().load(memoryview(cells.tobytes()), memoryview(b""), memoryview(b""))


def test_only_the_streak_may_be_negative() -> None:
    """Counts and times are not."""
    for at in range(pr.WIDTH):
        cells = array("d", bytes(8 * pr.WIDTH))
        cells[at] = -1.0
        loading = (memoryview(cells.tobytes()), memoryview(b""), memoryview(b""))
        if at == pr.STREAK:
            Project().load(*loading)
            continue
        with pytest.raises(HistoryError, match="negative"):
            Project().load(*loading)
