"""The rows of many projects in one matrix, project after project, each in the order of its pushes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cigate.change import BuildRecord
from cigate.features import FEATURES
from cigate.replay import replay
from cigate_train.arrays import Indices, Mask, Rows, Scores
from cigate_train.dataset import Dataset, collect_dataset
from cigate_train.rule import rule_scores

NAMES = [feature.name for feature in FEATURES]
OLD_S = 24 * 3600  # how old the history of a laptop may be


@dataclass(frozen=True, slots=True)
class Old:
    """The same builds with a history that is OLD_S old: their rows, what the rule says, and the echo."""

    rows: Rows
    rule: Scores
    echo: Mask


@dataclass(frozen=True, slots=True)
class Pool:
    """Projects in the order of their names; `starts` are their first rows, and the end of the last.

    `rule` holds what the rule of thumb says of each row; `old` how all rows look with an older history.
    """

    projects: tuple[str, ...]
    datasets: tuple[Dataset, ...]
    rows: Rows
    failed: Mask
    rule: Scores
    starts: tuple[int, ...]
    old: Old

    def __len__(self) -> int:
        return len(self.projects)

    def spans(self, projects: Iterable[int]) -> Indices:
        """Return the row numbers of these projects, rising."""
        parts = [np.arange(self.starts[i], self.starts[i + 1]) for i in sorted(projects)]
        return np.concatenate(parts) if parts else np.zeros(0, np.intp)

    def split(self, scores: Scores) -> Iterator[tuple[Dataset, Scores]]:
        """Yield each project's dataset with its part of `scores`."""
        for number, dataset in enumerate(self.datasets):
            yield dataset, scores[self.starts[number] : self.starts[number + 1]]


def pool_projects(projects: Iterable[tuple[str, list[BuildRecord]]], least_builds: int) -> Pool:
    """Replay each project on its own and pool those with enough labelled builds, sorted by name."""
    kept: dict[str, tuple[Dataset, Scores, Old]] = {}
    for name, records in projects:
        replayed = list(replay(records))
        if len(replayed) >= least_builds:
            labelled = [record for record, _ in replayed]
            kept[name] = collect_dataset(replayed, NAMES), rule_scores(labelled), _replay_late(labelled)
    names = tuple(sorted(kept))
    datasets = tuple(kept[name][0] for name in names)
    sizes = [len(dataset) for dataset in datasets]
    olds = [kept[name][2] for name in names]
    return Pool(
        names,
        datasets,
        _joined_rows(dataset.rows for dataset in datasets),
        _joined(np.bool_, (dataset.failed for dataset in datasets)),
        _joined(np.float64, (kept[name][1] for name in names)),
        (0, *(int(end) for end in np.cumsum(sizes))),
        Old(
            _joined_rows(old.rows for old in olds),
            _joined(np.float64, (old.rule for old in olds)),
            _joined(np.bool_, (old.echo for old in olds)),
        ),
    )


def _replay_late(records: list[BuildRecord]) -> Old:
    replayed = list(replay(records, OLD_S))
    dataset = collect_dataset(replayed, NAMES)
    return Old(dataset.rows, rule_scores([record for record, _ in replayed], OLD_S), dataset.echo)


def _joined_rows(parts: Iterable[Rows]) -> Rows:
    return np.concatenate([np.zeros((0, len(NAMES)), np.float32), *parts])


def _joined(kind: type[np.generic], parts: Iterable[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *parts])
