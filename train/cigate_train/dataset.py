"""Turns replayed build records into one matrix of feature rows and what is known of each row.

Memory is linear in the rows: 4 bytes a feature. Must not compute a feature or fold a history of its
own: rows come from `cigate.replay`, and green and echo are read off documented features in them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cigate.change import BuildRecord
from cigate.errors import ModelError, TooLittleHistory

from .arrays import Indices, Mask, Rows, Scores, States, Times

BRANCH_STATE = "branch_last_failed"
PROJECT_STATE = "project_last_failed"
SYNTHETIC = "synthetic"

# A build that had 1 chance in 20 stands for twenty, but its luck must not: on three real projects a cap of
# 20 cost up to .03 of AUC where the riskiest 15 % had been gated, 10 cost .01 at most.
MOST_WEIGHT = 10.0

LEAST_BUILDS = 50
LEAST_OF_EACH = 5


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled builds in push order; all arrays have one entry a build.

    `rows` is (builds, features). `branch_state` and `project_state` tell the last finished build at
    push time: 1 failed, 0 passed, -1 none yet. `complete` is False where commits were cut off.
    `weights` tell for how many builds each stands: more than 1 where a gate would have blocked it and a
    draw let it run.
    """

    rows: Rows
    failed: Mask
    pushed_at: Times
    finished_at: Times
    branch_state: States
    project_state: States
    complete: Mask
    weights: Scores
    synthetic: int
    has_branches: bool

    def __len__(self) -> int:
        return int(self.failed.size)

    @property
    def failures(self) -> int:
        """Return how many builds failed."""
        return int(np.count_nonzero(self.failed))

    @property
    def green(self) -> Mask:
        """Return where the branch's last finished build had passed; nowhere without branches."""
        return np.asarray((self.branch_state == 0) & self.has_branches, dtype=np.bool_)

    @property
    def not_red(self) -> Mask:
        """Return where the branch was green or had no build yet; nowhere without branches."""
        return np.asarray((self.branch_state <= 0) & self.has_branches, dtype=np.bool_)

    @property
    def states(self) -> dict[str, Mask]:
        """Return where the branch was green, red or without a finished build; {} without branches."""
        if not self.has_branches:
            return {}
        names = {"green": 0, "first": -1, "red": 1}
        return {name: np.asarray(self.branch_state == state, dtype=np.bool_) for name, state in names.items()}

    @property
    def blockable(self) -> Mask:
        """Return where the policy could block: a change seen whole, its branch not red already."""
        red = np.asarray((self.branch_state == 1) & self.has_branches, dtype=np.bool_)
        return self.complete & ~red

    @property
    def echo(self) -> Mask:
        """Return the echo's prediction: the branch's last outcome, else the project's last."""
        last = np.where(self.branch_state >= 0, self.branch_state, self.project_state)
        return np.asarray(last > 0, dtype=np.bool_)

    def take(self, where: Indices) -> Dataset:
        """Return the builds at `where`, which must rise."""
        return Dataset(
            self.rows[where],
            self.failed[where],
            self.pushed_at[where],
            self.finished_at[where],
            self.branch_state[where],
            self.project_state[where],
            self.complete[where],
            self.weights[where],
            self.synthetic,
            self.has_branches,
        )


def collect_dataset(replayed: Iterable[tuple[BuildRecord, array[float]]], names: Sequence[str]) -> Dataset:
    """Collect what `replay` yields: labelled builds in push order, each with its row of `names`.

    Raises:
        ModelError: where a feature is no finite number; it names the feature.
    """
    flat: array[float] = array("f")
    failed, complete = bytearray(), bytearray()
    weights: array[float] = array("d")
    pushed_at: array[int] = array("q")
    finished_at: array[int] = array("q")
    synthetic, has_branches = 0, False
    for record, row in replayed:
        flat.extend(row)
        failed.append(record.failed is True)
        complete.append(record.change.complete)
        weights.append(min(MOST_WEIGHT, 1 / record.p_run))
        pushed_at.append(record.change.pushed_at)
        finished_at.append(max(record.finished_at, record.change.pushed_at))
        synthetic += record.provider == SYNTHETIC
        has_branches |= bool(record.change.branch)
    rows = np.frombuffer(flat, dtype=np.float32).reshape(len(failed), len(names))
    _refuse_strange_numbers(rows, names)
    return Dataset(
        rows,
        np.frombuffer(failed, dtype=np.bool_),
        np.frombuffer(pushed_at, dtype=np.int64),
        np.frombuffer(finished_at, dtype=np.int64),
        rows[:, names.index(BRANCH_STATE)].astype(np.int8),
        rows[:, names.index(PROJECT_STATE)].astype(np.int8),
        np.frombuffer(complete, dtype=np.bool_),
        np.frombuffer(weights, dtype=np.float64),
        synthetic,
        has_branches,
    )


def _refuse_strange_numbers(rows: Rows, names: Sequence[str]) -> None:
    strange = np.flatnonzero(~np.isfinite(rows).all(axis=0))
    if strange.size:
        raise ModelError(
            f"feature {names[int(strange[0])]} is not a finite number for some build",
            "this is a mistake in cigate: please report it with the feature's name",
        )


def refuse_too_little(dataset: Dataset) -> None:
    """Refuse a history from which nothing can be learned.

    Raises:
        TooLittleHistory: fewer than LEAST_BUILDS builds, or LEAST_OF_EACH failures or passes.
    """
    builds, failures = len(dataset), dataset.failures
    passes = builds - failures
    if builds >= LEAST_BUILDS and min(failures, passes) >= LEAST_OF_EACH:
        return
    raise TooLittleHistory(
        f"{builds} finished builds ({failures} failed, {passes} passed) are too few to learn from:"
        f" it takes {LEAST_BUILDS}, {LEAST_OF_EACH} of them failed and {LEAST_OF_EACH} passed",
        "add older builds with `cigate import`; until there are enough, the starter model judges pushes",
    )
