"""Gives the verdicts of a backtest, push by push, as a hook would have given them.

Thresholds come from the past of the period, and then only scores move one of them: the budget's. No
outcome of the period is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cigate.adaptive import first_thresholds
from cigate.policy import PASS, decide

from .arrays import Indices, Mask, Scores
from .costs import Costs
from .judges import Opinion
from .metrics import ladder
from .operating import track_alarms
from .thresholds import Choice, choose_thresholds, f1_threshold
from .timeline import Period, Timeline


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen on a period's past.

    `alarm` is the model's operating threshold at each build of the period, tracked by its scores alone;
    `rule_alarm` the rule's, the one with the best F1 on the past. `choice` holds the first threshold of the
    budget and the one for blocking.
    """

    choice: Choice
    alarm: Scores
    rule_alarm: float


def choose(timeline: Timeline, opinion: Opinion, budget: float, costs: Costs | None = None) -> Chosen:
    """Choose thresholds on the past builds that `opinion` tried."""
    past = timeline.seen.take(opinion.tried)
    p, failed = opinion.tried_scores, past.failed
    choice = choose_thresholds(p, failed, past.green, past.blockable, budget, costs)
    return Chosen(
        choice,
        track_alarms(p, opinion.scores, choice.thresholds.warn)[1],
        _operating(timeline.rule[opinion.tried], failed, choice.thresholds.warn),
    )


def _operating(p: Scores, failed: Mask, otherwise: float) -> float:
    known = failed.any() and not failed.all()
    return f1_threshold(ladder(failed, p)) if known else otherwise


def give_verdicts(
    timeline: Timeline,
    period: Period,
    opinion: Opinion,
    chosen: Chosen,
    share: float,
    costs: Costs | None = None,
) -> list[str]:
    """Return pass, warn or block for each build of the period.

    A push to a green branch is held against the budget's threshold of that moment. One to a branch that
    is red already is told so, and one to a branch without builds is warned about, from the operating
    threshold on; that costs nothing of the budget. With `costs` there is no budget: every push to a branch
    that is not red is held against the probability from which a warning is worth its while.
    """
    seen, chosen_here = timeline.seen, chosen.choice.thresholds
    adaptive = first_thresholds(chosen_here, None if costs else share)
    # Had it been there before, it would have seen these pushes.
    past_green = _green(timeline, opinion.tried)
    for p, is_green in zip(opinion.tried_scores, past_green, strict=True):
        warned = is_green and p >= adaptive.held(chosen_here, green=True, red=False).warn
        adaptive.note(float(p), bool(is_green), bool(warned))
    green = _green(timeline, period.judged)
    red = (seen.branch_state[period.judged] == 1) & timeline.on_branch[period.judged]
    complete = seen.complete[period.judged]
    actions = []
    for p, is_green, is_red, whole in zip(opinion.scores, green, red, complete, strict=True):
        held = adaptive.held(chosen_here, bool(is_green), bool(is_red))
        action = decide(float(p), bool(is_red), held, "block", bool(whole)).action
        adaptive.note(float(p), bool(is_green), action != PASS)
        actions.append(action)
    return actions


def _green(timeline: Timeline, where: Indices) -> Mask:
    """Return which builds were known to be pushed to a green branch."""
    return np.asarray(timeline.seen.green[where] & timeline.on_branch[where], dtype=np.bool_)
