"""Replay, training, batch scoring and the bundle, against the bare library calls inside them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic, process_time

import numpy as np

from benchmarks.measure import milliseconds, ratio, take_turns
from benchmarks.project import START, make_records
from benchmarks.rows import Row, number_row, ratio_row
from benchmarks.workplace import Learned
from cigate.features import FEATURES
from cigate.model import Bundle, open_predictor
from cigate.places import store_url
from cigate.replay import replay
from cigate.shelf import Shelf
from cigate.snapshots import refresh_history
from cigate.stores import open_store
from cigate_train.arrays import Rows
from cigate_train.batch import score_rows
from cigate_train.dataset import Dataset, collect_dataset
from cigate_train.export import export
from cigate_train.fit import fit_forest, forest_settings
from cigate_train.training import train

ROOT = Path(__file__).resolve().parent.parent
STORED, NEW_BUILDS, STATE_ROUNDS = 10_000, 50, 7
NAMES = [feature.name for feature in FEATURES]


@dataclass(frozen=True)
class Sizes:
    """How many builds are replayed, held (two numbers, for a slope), fitted and scored."""

    replayed: int
    held: tuple[int, int]
    fitted: int
    scored: int


QUICK = Sizes(8_000, (20_000, 40_000), 40_000, 100_000)
FULL = Sizes(50_000, (50_000, 150_000), 200_000, 1_000_000)


def measure(learned: Learned, folder: Path, sizes: Sizes) -> Iterator[Row]:
    """Yield the rows about everything but pushes and mining."""
    yield from _measure_bundle(learned.bundle)
    yield _measure_session(learned.bundle)
    yield _measure_state(folder)
    yield _measure_replay(sizes.replayed)
    yield _measure_memory(*sizes.held)
    yield _measure_scoring(learned, sizes.scored)
    yield _measure_training(learned, sizes.fitted)


def _measure_bundle(bundle: Bundle) -> Iterator[Row]:
    yield number_row("model_size", "model in the bundle", 2.0, len(bundle.model) / 1e6, "MB")
    what = "history snapshot after 10,000 builds"
    yield number_row("history_size", what, 1.0, len(bundle.history) / 1e6, "MB")


def _timed(run: Callable[[], object]) -> Callable[[], tuple[float, float]]:
    def timed() -> tuple[float, float]:
        wall, cpu = monotonic(), process_time()
        run()
        return monotonic() - wall, process_time() - cpu

    return timed


def _measure_session(bundle: Bundle) -> Row:
    """Time a session in a process where onnxruntime is loaded and has made one already."""
    found = take_turns({"session": _timed(lambda: open_predictor(bundle, "capi"))}, 15)["session"]
    ready = milliseconds(found.cpu)
    return number_row("session", "session ready, library loaded, CPU", 15.0, ready, "ms")


def _measure_state(folder: Path) -> Row:
    """Time what `cigate import` does to the history of a repository after a day's work."""
    place = _Place(str(folder))
    store = open_store(store_url(place))
    coming = sorted(make_records(STORED + STATE_ROUNDS * NEW_BUILDS), key=lambda r: (r.finished_at, r.id))
    store.append(coming[:STORED])
    refresh_history(place, store)
    spent = []
    for at in range(STORED, len(coming), NEW_BUILDS):
        store.append(coming[at : at + NEW_BUILDS])
        started = process_time()
        refresh_history(place, store)
        spent.append(process_time() - started)
    store.close()
    what = f"local history renewed for {NEW_BUILDS} new builds, {STORED:,} in the store, CPU"
    return number_row("state", what, 100.0, milliseconds(spent), "ms")


@dataclass(frozen=True)
class _Place:
    """A repository, as far as places care."""

    common_dir: str


def _measure_replay(builds: int) -> Row:
    """Replay from a shelf into the matrix, as `cigate train` does."""
    shelf = Shelf(make_records(builds))
    times = take_turns({"replay": _timed(lambda: collect_dataset(replay(shelf), NAMES))}, 3)["replay"]
    what = f"replay of {builds:,} builds of 2 commits and 7 files into the matrix"
    return number_row("replay", what, 5000.0, builds / median(times.cpu), "builds/s", least=True)


def _measure_memory(few: int, many: int) -> Row:
    """Measure from where the tables of the history and the memory of paths are full."""
    small, large = (_peak_mb(builds) for builds in (few, many))
    slope = 1000 * (large - small) / (many - few)
    total = small / 1000 + slope * (1_000_000 - few) / 1_000_000
    what = f"memory of 1,000,000 builds, records and matrix, by the slope from {few:,} to {many:,}"
    return number_row("replay_memory", what, 3.0, total, "GB", kB_a_build=round(slope, 2))


def _peak_mb(builds: int) -> float:
    """Return the peak memory of a process that streams so many builds in and replays them into a matrix."""
    import subprocess

    argv = [sys.executable, "-m", "benchmarks.learning", str(builds)]
    return float(subprocess.run(argv, cwd=ROOT, capture_output=True, check=True).stdout)


def _measure_scoring(learned: Learned, rows: int) -> Row:
    """Compare the Predictor's batches with a bare InferenceSession of the same settings."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(learned.bundle.model, options, providers=["CPUExecutionProvider"])
    matrix = _matrix(learned.dataset.rows, rows)

    def bare() -> None:
        for at in range(0, rows, 10_000):
            session.run(["probabilities"], {"features": matrix[at : at + 10_000]})

    sides = {"ours": _timed(lambda: score_rows(learned.bundle, matrix)), "bare": _timed(bare)}
    found = take_turns(sides, 3)
    what = f"batch scoring of {rows:,} rows, wall: against InferenceSession.run"
    ours, theirs = found["ours"].wall, found["bare"].wall
    return ratio_row(
        "scoring", what, 1.2, ratio(ours, theirs), ms=milliseconds(ours), against_ms=milliseconds(theirs)
    )


def _matrix(rows: Rows, count: int) -> Rows:
    """Return `count` rows, drawn from `rows`."""
    return rows[np.random.default_rng(3).integers(0, len(rows), count)]


def _measure_training(learned: Learned, rows: int) -> Row:
    """Compare all of a training, from the matrix to the checked bundle, with one fit of its last forest."""
    data = _stretched(learned.dataset, rows)
    settings = forest_settings(rows, len(learned.snapshot))

    def ours() -> None:
        export(train(data, len(learned.snapshot)), learned.snapshot, START)

    def bare() -> None:
        fit_forest(data.rows, data.failed, settings)

    found = take_turns({"ours": _timed(ours), "bare": _timed(bare)}, 3, warm=False)
    what = f"training on {rows:,} rows, CPU: against one RandomForestClassifier.fit of the same settings"
    cpu = {name: round(median(times.cpu), 1) for name, times in found.items()}
    one = ratio(found["ours"].cpu, found["bare"].cpu)
    return ratio_row("training", what, 1.3, one, cpu_s=cpu["ours"], against_cpu_s=cpu["bare"])


def _stretched(data: Dataset, rows: int) -> Dataset:
    """Return a dataset of `rows` builds, drawn from `data`, one after the other in time."""
    where = np.sort(np.random.default_rng(4).integers(0, len(data), rows))
    drawn = data.take(where)
    pushed_at = np.arange(rows, dtype=np.int64) * 600
    return Dataset(
        drawn.rows,
        drawn.failed,
        pushed_at,
        pushed_at + 300,
        drawn.branch_state,
        drawn.project_state,
        drawn.complete,
        drawn.weights,
        drawn.synthetic,
        drawn.has_branches,
    )


def _own_peak_mb() -> float:
    """Return this process's peak memory: since its start, not counting who forked it, as getrusage does."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1000


if __name__ == "__main__":
    collect_dataset(replay(Shelf(make_records(int(sys.argv[1])))), NAMES)
    print(_own_peak_mb())
