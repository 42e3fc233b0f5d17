"""One small training on made-up builds, made once a test session and shared by the tests of its parts."""

from __future__ import annotations

import functools

from cigate.change import BuildRecord
from cigate.features import FEATURES
from cigate.history import History
from cigate.replay import replay
from cigate_train.dataset import Dataset, collect_dataset
from cigate_train.export import Export, export
from cigate_train.training import Course, train
from tests.train_data import make_records


def learn(records: list[BuildRecord]) -> tuple[Dataset, History]:
    """Replay `records` as `cigate train` does: the matrix, and the history after all of them."""
    history = History()
    names = [feature.name for feature in FEATURES]
    return collect_dataset(replay(records, history=history), names), history


@functools.cache
def course() -> Course:
    """Return a training on 400 builds of four branches, a quarter of the branches new each time."""
    return train(learn(make_records(400))[0])


@functools.cache
def exported() -> Export:
    """Return the export of `course` with its history."""
    history = learn(make_records(400))[1]
    return export(course(), history.snapshot(), history.as_of)
