"""Chooses from which probability on a push is warned about, and from which it may be blocked.

Pure: validation scores and outcomes in, thresholds and the reasons for them out. The caller sees to
it that the rows are newer than what the scores were learned from, and never the test rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cigate.model import Thresholds

from .arrays import Mask, Scores
from .costs import Costs
from .metrics import Ladder, confusion, ladder

WARN_BUDGET = 0.10
MIN_BUDGETED = 30
BLOCK_PRECISION = 0.8
BLOCK_ALARMS = 10
UNKNOWN_WARN = 0.5
EVEN = 0.5  # ten lucky alarms at p = .24 earned a block that was right in 22 % of 132 later pushes
MARGIN = 1e-5


@dataclass(frozen=True, slots=True)
class Choice:
    """Thresholds, and what they did on the validation rows they were chosen on.

    `warn_rule` is budget, costs, f1 or default; `warned_share` the share of the budgeted rows warned about
    (of all rows where there is no budget); NaN precision means that nothing was warned about. Of the
    `block_alarms` pushes that would have been blocked, `block_hits` failed. `budget` is the share that was
    asked for, `costs` what was given in its place.
    """

    thresholds: Thresholds
    warn_rule: str
    validated: int
    warned_share: float
    precision: float
    f1: float
    best_f1: float
    block_hits: int = 0
    block_alarms: int = 0
    budget: float = WARN_BUDGET
    costs: Costs | None = None


def choose_thresholds(
    p: Scores,
    failed: Mask,
    budgeted: Mask,
    blockable: Mask,
    budget: float = WARN_BUDGET,
    costs: Costs | None = None,
) -> Choice:
    """Choose thresholds on validation rows.

    Warnings about the `budgeted` rows, pushes to branches that are not red, have a budget: attention is
    spent once, and a red branch has a channel of its own. Where too few rows are budgeted, the threshold
    with the best F1 is taken. Nothing less risky than usual is warned about. With `costs` there is neither:
    a push is warned about from the probability on at which that saves more than it costs. A block is
    judged by what it would have done to the `blockable` rows, and needs at least even odds.
    """
    if not failed.any() or failed.all():
        return _default_choice(p, failed, costs)
    steps = ladder(failed, p)
    counted = np.count_nonzero(budgeted) >= MIN_BUDGETED
    measured = budgeted if counted else np.ones(failed.size, dtype=np.bool_)
    if costs:
        rule, warn = "costs", costs.threshold
    else:
        rule = "budget" if counted else "f1"
        warn = (
            budget_threshold(ladder(failed[measured], p[measured]), budget)
            if counted
            else f1_threshold(steps)
        )
        warn = max(warn, float(np.mean(failed[measured])))
    block, why = block_threshold(ladder(failed[blockable], p[blockable]), max(warn, EVEN))
    seen = confusion(failed[measured], p[measured] >= warn)
    blocked = blockable & (p >= (2.0 if block is None else block))
    return Choice(
        Thresholds(warn=warn, block=block, block_why=why),
        rule,
        failed.size,
        float(np.mean(p[measured] >= warn)),
        seen.precision,
        confusion(failed, p >= warn).f1,
        confusion(failed, p >= f1_threshold(steps)).f1,
        int(np.count_nonzero(failed & blocked)),
        int(np.count_nonzero(blocked)),
        budget,
        costs,
    )


def _default_choice(p: Scores, failed: Mask, costs: Costs | None) -> Choice:
    why = "the validation builds all ended the same way"
    rule, warn = ("costs", costs.threshold) if costs else ("default", UNKNOWN_WARN)
    seen = confusion(failed, p >= warn)
    share = float(np.mean(p >= warn)) if p.size else 0.0
    thresholds = Thresholds(warn=warn, block=None, block_why=why)
    return Choice(thresholds, rule, failed.size, share, seen.precision, seen.f1, seen.f1, costs=costs)


def budget_threshold(steps: Ladder, budget: float) -> float:
    """Return the lowest threshold that alarms at most `budget` of the rows.

    Only where the riskiest tied rows alone break the budget and are scored 1.0 is it overspent.
    """
    rows = int(steps.alarms[-1])
    within = np.flatnonzero(steps.alarms <= budget * rows)
    if within.size:
        return float(steps.thresholds[within[-1]])
    return _above(steps)


def _above(steps: Ladder) -> float:
    """Return a threshold above every score, as far as probabilities go."""
    return (float(steps.top) + 1.0) / 2


def f1_threshold(steps: Ladder) -> float:
    """Return the threshold with the best F1; of equals the highest, which alarms least."""
    f1 = 2 * steps.hits / (steps.alarms + steps.hits[-1])
    return float(steps.thresholds[int(np.argmax(f1))])


def block_threshold(
    steps: Ladder, least: float, precision: float = BLOCK_PRECISION, alarms: int = BLOCK_ALARMS
) -> tuple[float | None, str]:
    """Return the lowest threshold that may block and "", or None and why there is none.

    It must not lie below `least`, and at least `precision` of its alarms, at least `alarms` of them,
    must have come true.
    """
    enough = np.flatnonzero((steps.thresholds >= least) & (steps.alarms >= alarms))
    if not enough.size:
        return None, f"fewer than {alarms} validation builds were scored {least:.2f} or more"
    reached = steps.hits[enough] / steps.alarms[enough]
    good = enough[reached >= precision]
    if good.size:
        return float(steps.thresholds[good[-1]]), ""
    best = enough[int(np.argmax(reached))]
    return None, (
        f"no threshold was right in {100 * precision:.0f} % of at least {alarms} alarms on the validation"
        f" builds: the best in {steps.hits[best]} of {steps.alarms[best]}"
    )


def clear_of(threshold: float, p: Scores, margin: float = MARGIN) -> float:
    """Return `threshold`, moved up as little as needed for no score to lie within `margin` of it.

    Another runtime computes the scores a little differently: no verdict may hang on that.
    """
    for close in np.sort(p[p >= threshold - margin]):
        if close > threshold + margin:
            break
        threshold = float(close) + 2 * margin
    return threshold
