"""Whether blocking is earned here: by the model's own backtest, or by what was judged here since. Pure.

Asked only where a push might be blocked. Must not look at anything but past judgements and their outcomes.
"""

from __future__ import annotations

from math import sqrt

from cigate.model.manifest import Thresholds
from cigate.words import percent_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HELD_TO = 0.8  # the precision that training asks of a threshold for blocking
EVEN = 0.5  # below, a block is more often wrong than right, whatever a lucky row of alarms says
LAST = 20  # alarms here that count against a threshold
FEWEST_TO_LOSE = 5
FEWEST_TO_EARN = 20  # twice what training asks for: here nothing was held back to choose with
SURE = 1.645  # a one-sided bound that is wrong once in twenty


def earned(
    limits: Thresholds,
    card: Mapping[str, object],
    past: Sequence[tuple[float, bool]],
    precision: float,
) -> Thresholds:
    """Return `limits` with the threshold for blocking that holds here, or with none and why.

    `card` is the model's; `past` holds the probability and the failure of pushes to green branches that
    were judged here, oldest first; `precision` is the share of blocks that must be right.
    """
    block, why = limits.block, limits.block_why
    if block is not None:
        why = _not_shown(card, precision)
        if not why:
            lost = _lost(block, past, precision)
            return Thresholds(limits.warn, None if lost else block, lost)
    block = _earned_here(past, max(limits.warn, EVEN), precision)
    return Thresholds(limits.warn, block, why if block is None else "")


def _not_shown(card: Mapping[str, object], precision: float) -> str:
    """Return why the backtest does not show `precision` for the model's threshold, "" where it does."""
    if precision <= HELD_TO:
        return ""
    chosen = card.get("thresholds")
    figures = chosen if isinstance(chosen, dict) else {}
    hits, alarms = figures.get("block_hits"), figures.get("block_alarms")
    asked = f"{percent_text(precision)} is asked for"
    if not isinstance(hits, int) or not isinstance(alarms, int) or alarms < 1:
        return f"the model was held to {percent_text(HELD_TO)} only, {asked}"
    if hits / alarms >= precision:
        return ""
    return f"in the model's backtest {hits} of {alarms} such alarms were right, {asked}"


def _lost(block: float, past: Sequence[tuple[float, bool]], precision: float) -> str:
    """Return what speaks against blocking from `block` on, "" where nothing does."""
    alarms = [failed for p, failed in past if p >= block][-LAST:]
    hits = sum(alarms)
    if len(alarms) < FEWEST_TO_LOSE or bounds(hits, len(alarms))[1] >= precision:
        return ""
    return f"only {hits} of the last {len(alarms)} pushes as risky as that failed here"


def _earned_here(past: Sequence[tuple[float, bool]], least: float, precision: float) -> float | None:
    """Return the lowest probability, not below `least`, from which on enough pushes failed here."""
    found, alarms, hits = None, 0, 0
    ranked = sorted(past, reverse=True)
    for number, (p, failed) in enumerate(ranked):
        if p < least:
            break
        alarms, hits = alarms + 1, hits + failed
        tied = number + 1 < len(ranked) and ranked[number + 1][0] == p
        if not tied and alarms >= FEWEST_TO_EARN and hits / alarms >= precision:
            found = p
    return found


def bounds(hits: int, of: int, z: float = SURE) -> tuple[float, float]:
    """Return Wilson's interval for the share behind `hits` out of `of`: honest for small numbers."""
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, z * z / of
    middle = share + spread / 2
    half = z * sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))
