"""The course of a training: split by time, choose thresholds, evaluate; `export` makes the bundle.

Which model is kept and the thresholds come from validation builds that the scoring forest never saw, the
printed figures from test builds that none of them saw. Where builds are few, a forest grows for each of
the two and `export` grows one on all; where they are ample, one forest serves all three.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cigate.errors import TooLittleHistory
from cigate.model import Bundle
from cigate.progress import track

from .arrays import Scores
from .costs import Costs
from .dataset import Dataset, refuse_too_little
from .evaluate import Evaluation, count_alarms, evaluate
from .fit import MAX_SAMPLES, ForestSettings, fit_forest, forest_settings
from .rivals import OWN, STARTER, Rival, blend_trees, keep_best, line_up, title_of
from .split import Split, learn_share, split_by_time
from .thresholds import WARN_BUDGET, Choice, choose_thresholds

# Each tree draws MAX_SAMPLES of these. The newest builds, which then stay out of the forest though not out
# of the history, are a sixth of all at most; a tenth less cost .001 of AUC on 13 real projects.
AMPLE = MAX_SAMPLES * 3 // 2
LEAST_FINISHED = 20
WITHOUT_BRANCHES = "no branches are known, and it was learned from builds that have one"


@dataclass(frozen=True, slots=True)
class Course:
    """What a training did and found.

    `validation` splits the builds of `test.early`; `test_scores` are the kept model's for the builds of
    `test.late`. `forest` scored both and is the one to export; None where `export` is to grow one on all
    builds. `rivals` are what it was chosen from, `starter` the one of them that was made of other
    repositories, of `blend_trees` own trees its blend. `left_out` says which such models took no part, and
    why.
    """

    dataset: Dataset
    settings: ForestSettings
    test: Split
    validation: Split
    choice: Choice
    test_scores: Scores
    evaluation: Evaluation
    kept: str = OWN
    rivals: tuple[Rival, ...] = ()
    starter: Bundle | None = None
    blend_trees: int = 0
    left_out: str = ""
    forest: Any = None

    @property
    def alarms_by_state(self) -> dict[str, dict[str, int]]:
        """Return what the alarms on the tested builds came to, by the state that the branch was in."""
        tested = self.dataset.take(self.test.late)
        return count_alarms(tested.failed, self.test_scores >= self.choice.thresholds.warn, tested.states)


def train(
    dataset: Dataset,
    history_bytes: int = 0,
    seed: int = 0,
    starter: Bundle | None = None,
    budget: float = WARN_BUDGET,
    costs: Costs | None = None,
    pooled: Bundle | None = None,
) -> Course:
    """Train on `dataset`; `history_bytes` of a bundle's room are taken by the history snapshot.

    A `starter` for the same features is held against the forest of the dataset's own; the better one, or
    their mean, is kept. A `pooled` model takes the starter's place where it can be compared. Warnings follow
    the `budget`, or with `costs` what they save and waste.

    Raises:
        TooLittleHistory: there is nothing to learn from, or too little that had finished in time.
    """
    refuse_too_little(dataset)
    settings = forest_settings(len(dataset), history_bytes, seed)
    test = split_by_time(dataset.pushed_at, dataset.finished_at, learn_share(len(dataset)))
    past, future = dataset.take(test.early), dataset.take(test.late)
    _refuse_unfinished(past)
    validation = split_by_time(past.pushed_at, past.finished_at, learn_share(len(past)))
    early, late = past.take(validation.early), past.take(validation.late)
    _refuse_unfinished(early)
    stages = (early,) if len(early) > AMPLE else (early, past)
    grown = [
        fit_forest(part.rows, part.failed, settings, part.weights)
        for part in track(stages, "growing forests", len(stages))
    ]
    starter, left_out = _comparable((pooled, starter), dataset, int(late.pushed_at[0]))
    trees = blend_trees(settings, history_bytes, starter)
    rivals = line_up((grown[0], grown[-1]), starter, (late, future), trees)
    kept = keep_best(rivals)
    choice = choose_thresholds(kept.validation, late.failed, late.not_red, late.blockable, budget, costs)
    warn = choice.thresholds.warn
    evaluation = evaluate(future.failed, kept.test, warn, future.echo, future.green, seed)
    return Course(
        dataset,
        settings,
        test,
        validation,
        choice,
        kept.test,
        evaluation,
        kept.name,
        rivals,
        starter,
        trees,
        left_out,
        grown[0] if len(grown) == 1 else None,
    )


def _comparable(given: tuple[Bundle | None, ...], dataset: Dataset, since: int) -> tuple[Bundle | None, str]:
    """Return the first of the models that can be compared, and why those before it cannot."""
    left_out: list[str] = []
    for bundle in filter(None, given):
        said = objection(bundle, dataset, since)
        if not said:
            return bundle, "; ".join(left_out)
        left_out.append(f"the {title_of(STARTER, bundle)}: {said}")
    return None, "; ".join(left_out)


def objection(starter: Bundle, dataset: Dataset, since: int) -> str:
    """Return why `starter` cannot be compared on the builds pushed from `since` on, "" where it can.

    A model is no judge of builds that it may have learned from.
    """
    if not dataset.has_branches:
        return WITHOUT_BRANCHES
    data = starter.manifest.card.get("data")
    until = data.get("last_pushed") if isinstance(data, dict) else None
    if not isinstance(until, str):
        return ""
    if since >= datetime.fromisoformat(until).replace(tzinfo=UTC).timestamp():
        return ""
    return f"it learned from builds pushed until {until} and may know these"


def _refuse_unfinished(finished: Dataset) -> None:
    if len(finished) < LEAST_FINISHED:
        raise TooLittleHistory(
            f"only {len(finished)} builds had finished when the newer ones, to judge them on, were pushed",
            "the times of push and finish must be those of the builds, not of their import",
        )
