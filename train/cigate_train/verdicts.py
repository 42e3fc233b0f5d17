"""Gives the verdicts of a backtest, push by push, as a hook would have given them.

Thresholds come from the past of the period, and then only scores move one of them: the budget's. No
outcome of the period is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from cigate.budget import Budget
from cigate.model import Thresholds
from cigate.policy import PASS, decide

from .arrays import Indices, Mask, Scores
from .judges import Opinion
from .metrics import ladder
from .thresholds import Choice, choose_thresholds, f1_threshold
from .timeline import Period, Timeline


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen on a period's past.

    `alarm` and `rule_alarm` are the model's and the rule's operating thresholds, with the best F1;
    `choice` holds the first threshold of the budget and the one for blocking.
    """

    choice: Choice
    alarm: float
    rule_alarm: float


def choose(timeline: Timeline, opinion: Opinion, budget: float) -> Chosen:
    """Choose thresholds on the past builds that `opinion` tried."""
    past = timeline.seen.take(opinion.tried)
    p, failed = opinion.tried_scores, past.failed
    choice = choose_thresholds(p, failed, past.green, past.blockable, budget)
    return Chosen(
        choice,
        _operating(p, past.failed, choice.thresholds.warn),
        _operating(timeline.rule[opinion.tried], failed, choice.thresholds.warn),
    )


def _operating(p: Scores, failed: Mask, otherwise: float) -> float:
    known = failed.any() and not failed.all()
    return f1_threshold(ladder(failed, p)) if known else otherwise


def give_verdicts(
    timeline: Timeline, period: Period, opinion: Opinion, chosen: Chosen, share: float
) -> list[str]:
    """Return pass, warn or block for each build of the period.

    A push to a green branch is held against the budget's threshold of that moment. One to a branch that
    is red already is told so, and one to a branch without builds is warned about, from the operating
    threshold on; that costs nothing of the budget.
    """
    seen, thresholds = timeline.seen, chosen.choice.thresholds
    budget = Budget(share, thresholds.warn)
    # Had it been there before, it would have seen these pushes.
    for p in opinion.tried_scores[_green(timeline, opinion.tried)]:
        budget.note(float(p), p >= budget.threshold)
    green = _green(timeline, period.judged)
    red = (seen.branch_state[period.judged] == 1) & timeline.on_branch[period.judged]
    complete = seen.complete[period.judged]
    sure = inf if thresholds.block is None else thresholds.block
    actions = []
    for p, is_green, is_red, whole in zip(opinion.scores, green, red, complete, strict=True):
        # What is sure enough to be blocked is not hushed up by a budget that is spent.
        warn = min(budget.threshold, sure) if is_green else min(chosen.alarm, sure)
        limits = Thresholds(warn, thresholds.block, thresholds.block_why)
        action = decide(float(p), bool(is_red), limits, "block", bool(whole)).action
        if is_green:
            budget.note(float(p), action != PASS)
        actions.append(action)
    return actions


def _green(timeline: Timeline, where: Indices) -> Mask:
    """Return which builds were known to be pushed to a green branch."""
    return np.asarray(timeline.seen.green[where] & timeline.on_branch[where], dtype=np.bool_)
