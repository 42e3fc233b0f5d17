"""The course of a backtest: each period judged with what its past taught, and what that was worth.

Must not let a label through that was not known when the build was judged, nor choose on what it tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cigate.budget import SHARE
from cigate.change import BuildRecord
from cigate.policy import PASS

from .arrays import Indices, Mask, Scores
from .costs import Costs
from .dataset import refuse_too_little
from .judges import Judge
from .timeline import Period, Timeline, cut_periods, make_timeline
from .verdicts import Chosen, choose, give_verdicts
from .worth import Judged, Worth, measure

MODEL, ECHO, RULE, FRESH = "model", "echo", "rule", "fresh"
QUARTERS = 4
_Kind = TypeVar("_Kind", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Fold:
    """One period: what was learned and chosen on its past, and what was said of its builds."""

    period: Period
    learned: int
    tried: int
    chosen: Chosen
    scores: Scores
    fresh_scores: Scores
    actions: list[str]


@dataclass(frozen=True)
class Backtest:
    """All that was judged, in the order of the pushes; arrays have one entry a judged, labelled build.

    `model_until` is when the model was made, 0 where it learned from each past anew. With `costs` warnings
    followed them and not the budget.
    """

    timeline: Timeline
    protocol: str
    model: str
    model_until: int
    budget: float
    seed: int
    folds: Sequence[Fold]
    costs: Costs | None = None

    @cached_property
    def where(self) -> Indices:
        """Return the places of the judged, labelled builds in the timeline."""
        judged = np.concatenate([fold.period.judged for fold in self.folds])
        return np.asarray(judged[self.timeline.labelled[judged]], dtype=np.intp)

    @cached_property
    def failed(self) -> Mask:
        """Return which of them failed."""
        return np.asarray(self.timeline.fresh.failed[self.where], dtype=np.bool_)

    @cached_property
    def fold(self) -> Indices:
        """Return the number of the fold of each."""
        numbers = [np.full(fold.period.judged.size, fold.period.number) for fold in self.folds]
        return self._labelled(np.concatenate(numbers)).astype(np.intp)

    @cached_property
    def actions(self) -> list[str]:
        """Return the verdict on each."""
        actions = np.array([action for fold in self.folds for action in fold.actions])
        return [str(action) for action in self._labelled(actions)]

    @cached_property
    def alarmed(self) -> Mask:
        """Return whether the verdict on each was more than a pass."""
        return np.array([action != PASS for action in self.actions], dtype=np.bool_)

    @cached_property
    def scores(self) -> Scores:
        """Return the model's P(fail) of each."""
        return self._labelled(np.concatenate([fold.scores for fold in self.folds]))

    @property
    def green(self) -> Mask:
        """Return where the branch's last build that had finished before the push had passed."""
        return np.asarray(self.timeline.fresh.green[self.where] & self.timeline.on_branch[self.where])

    @property
    def subsets(self) -> dict[str, Mask]:
        """Return the builds that figures are given for: all, to green branches, first of a branch."""
        first = (self.timeline.fresh.branch_state == -1) & self.timeline.on_branch
        return {"all": np.ones(self.where.size, np.bool_), "green": self.green, "first": first[self.where]}

    def judges(self) -> dict[str, Judged]:
        """Return the model, the echo and the rule, each with alarms from its operating threshold."""
        seen, minutes = self.timeline.seen, self.timeline.minutes[self.where]
        echo, rule = seen.echo[self.where], self.timeline.rule[self.where]
        alarm = self._labelled(np.concatenate([fold.chosen.alarm for fold in self.folds]))
        rule_alarm = self._spread([fold.chosen.rule_alarm for fold in self.folds])
        return {
            MODEL: Judged(self.failed, self.scores, self.scores >= alarm, minutes),
            ECHO: Judged(self.failed, echo.astype(np.float64), echo, minutes),
            RULE: Judged(self.failed, rule, rule >= rule_alarm, minutes),
        }

    def worth(self, where: Mask) -> Worth:
        """Measure model, echo and rule on some of the builds."""
        return measure({name: judged.take(where) for name, judged in self.judges().items()}, self.seed)

    def worth_of_lag(self, where: Mask) -> Worth:
        """Measure the model with old history beside the same model with fresh history."""
        fresh = self._labelled(np.concatenate([fold.fresh_scores for fold in self.folds]))
        late = self.judges()[MODEL]
        alarmed = fresh >= self._labelled(np.concatenate([fold.chosen.alarm for fold in self.folds]))
        judges = {MODEL: late, FRESH: Judged(self.failed, fresh, alarmed, late.minutes)}
        return measure({name: judged.take(where) for name, judged in judges.items()}, self.seed)

    def quarters(self) -> list[Indices]:
        """Return the places, among the judged builds, of each quarter of them."""
        return list(np.array_split(np.arange(self.where.size), QUARTERS))

    def known_green(self) -> Mask:
        """Return where a push was held to be to a green branch, as far as its history told."""
        return np.asarray(self.timeline.seen.green[self.where] & self.timeline.on_branch[self.where])

    def known_red(self) -> Mask:
        """Return where a push was held to be to a red branch, as far as its history told."""
        red = (self.timeline.seen.branch_state == 1) & self.timeline.on_branch
        return np.asarray(red[self.where], dtype=np.bool_)

    def _labelled(self, values: NDArray[_Kind]) -> NDArray[_Kind]:
        judged = np.concatenate([fold.period.judged for fold in self.folds])
        return np.asarray(values[self.timeline.labelled[judged]])

    def _spread(self, values: list[float]) -> Scores:
        numbers = [fold.period.number for fold in self.folds]
        return np.array(values)[np.searchsorted(numbers, self.fold)]


def backtest(
    records: Iterable[BuildRecord],
    names: Sequence[str],
    judge: Judge,
    *,
    protocol: str = "split",
    lag_s: int = 0,
    budget: float = SHARE,
    seed: int = 0,
    costs: Costs | None = None,
) -> Backtest:
    """Replay `records` and let `judge` judge the periods of `protocol`; `names` are the features'.

    Raises:
        TooLittleHistory: there is too little to learn from, or to judge.
    """
    timeline = make_timeline(records, names, lag_s)
    refuse_too_little(timeline.fresh.take(np.flatnonzero(timeline.labelled)))
    folds = [_judge(timeline, period, judge, budget, costs) for period in cut_periods(timeline, protocol)]
    return Backtest(timeline, protocol, judge.name, judge.until, budget, seed, folds, costs)


def _judge(timeline: Timeline, period: Period, judge: Judge, budget: float, costs: Costs | None) -> Fold:
    opinion = judge.judge(timeline, period)
    chosen = choose(timeline, opinion, budget, costs)
    actions = give_verdicts(timeline, period, opinion, chosen, budget, costs)
    return Fold(
        period,
        opinion.learned,
        opinion.tried.size,
        chosen,
        opinion.scores,
        opinion.fresh_scores,
        actions,
    )
