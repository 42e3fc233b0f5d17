"""The course of a training: split by time, choose thresholds, evaluate. `export` then learns from all.

Thresholds come from validation builds that the scoring forest never saw, the printed figures from test
builds that neither the forest nor the thresholds saw.
"""

from __future__ import annotations

from dataclasses import dataclass

from cigate.errors import TooLittleHistory
from cigate.progress import track

from .arrays import Scores
from .dataset import Dataset, refuse_too_little
from .evaluate import Evaluation, count_alarms, evaluate
from .fit import ForestSettings, fit_forest, forest_settings, score
from .split import Split, split_by_time
from .thresholds import Choice, choose_thresholds

LEARN_SHARE = 0.8
LEAST_FINISHED = 20


@dataclass(frozen=True, slots=True)
class Course:
    """What a training did and found.

    `validation` splits the builds of `test.early`; `test_scores` are the evaluated forest's for the
    builds of `test.late`.
    """

    dataset: Dataset
    settings: ForestSettings
    test: Split
    validation: Split
    choice: Choice
    test_scores: Scores
    evaluation: Evaluation

    @property
    def alarms_by_state(self) -> dict[str, dict[str, int]]:
        """Return what the alarms on the tested builds came to, by the state that the branch was in."""
        tested = self.dataset.take(self.test.late)
        return count_alarms(tested.failed, self.test_scores >= self.choice.thresholds.warn, tested.states)


def train(dataset: Dataset, history_bytes: int = 0, seed: int = 0) -> Course:
    """Train on `dataset`; `history_bytes` of a bundle's room are taken by the history snapshot.

    Raises:
        TooLittleHistory: there is nothing to learn from, or too little that had finished in time.
    """
    refuse_too_little(dataset)
    settings = forest_settings(len(dataset), history_bytes, seed)
    test = split_by_time(dataset.pushed_at, dataset.finished_at, LEARN_SHARE)
    past, future = dataset.take(test.early), dataset.take(test.late)
    _refuse_unfinished(past)
    validation = split_by_time(past.pushed_at, past.finished_at, LEARN_SHARE)
    early, late = past.take(validation.early), past.take(validation.late)
    _refuse_unfinished(early)
    stages = track((early, past), "growing forests", 2)
    forests = [fit_forest(part.rows, part.failed, settings) for part in stages]
    choice = choose_thresholds(score(forests[0], late.rows), late.failed, late.green, late.blockable)
    scores = score(forests[1], future.rows)
    warn = choice.thresholds.warn
    evaluation = evaluate(future.failed, scores, warn, future.echo, future.green, seed)
    return Course(dataset, settings, test, validation, choice, scores, evaluation)


def _refuse_unfinished(finished: Dataset) -> None:
    if len(finished) < LEAST_FINISHED:
        raise TooLittleHistory(
            f"only {len(finished)} builds had finished when the newer ones, to judge them on, were pushed",
            "the times of push and finish must be those of the builds, not of their import",
        )
