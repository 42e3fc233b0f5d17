"""From a probability to a verdict: pass, warn or block. Pure.

Two channels: a branch that is already red is told so and never blocked, because its next push is most
often the repair; every other push is held against the thresholds that the model has earned.
"""

from __future__ import annotations

from cigate.change import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from cigate.model.manifest import Thresholds

PASS, WARN, BLOCK = "pass", "warn", "block"
MODES = ("warn", "block", "off")


class Verdict(Fact):
    """What to do with a push, and one clause that says why.

    `action` is PASS, WARN or BLOCK; `red` tells that the warning is about a branch that is red already;
    `skipped` that it passes because its commit asked for it, and `why` holds the reason; `flagged` that
    without a broken file it would have passed.
    """

    __slots__ = ("action", "flagged", "red", "skipped", "why")
    action: Final[str]
    red: Final[bool]
    why: Final[str]
    skipped: Final[bool]
    flagged: Final[bool]

    def __init__(
        self, action: str, why: str, red: bool = False, skipped: bool = False, flagged: bool = False
    ) -> None:
        self.action = action
        self.why = why
        self.red = red
        self.skipped = skipped
        self.flagged = flagged


def decide(
    p_fail: float, already_red: bool, thresholds: Thresholds, mode: str, complete: bool = True
) -> Verdict:
    """Return the verdict on a push that fails with probability `p_fail` under `mode`.

    A block needs mode "block", a change that was seen whole (`complete`), and a threshold for blocking
    that was earned on past builds; without one the push is warned about, and `why` says why it was
    not blocked.
    """
    likely = p_fail >= thresholds.warn
    if already_red:
        return Verdict(WARN if likely else PASS, "the branch is red already", red=True)
    if not likely:
        return Verdict(PASS, "")
    if mode != "block":
        return Verdict(WARN, "warned, not blocked")
    if thresholds.block is None:
        return Verdict(WARN, f"warned, not blocked: {thresholds.block_why}")
    if not complete:
        return Verdict(WARN, "warned, not blocked: too many commits to see them all")
    if p_fail < thresholds.block:
        return Verdict(WARN, "warned: not sure enough to block")
    return Verdict(BLOCK, "blocked")


def skip(verdict: Verdict, reason: str) -> Verdict:
    """Return what becomes of `verdict` where the commit gives a reason not to be held up."""
    return Verdict(PASS, f"skipped: {reason}", red=verdict.red, skipped=True)


def flag(verdict: Verdict, hard_signals: str, mode: str) -> Verdict:
    """Return what becomes of `verdict` where a file of the push cannot be right.

    It is warned about at least; blocked where both `hard_signals` and `mode` say so, the branch is not red
    already, and not because of the model, whose thresholds it has nothing to do with.
    """
    quiet = verdict.action == PASS
    if hard_signals == BLOCK and mode == BLOCK and not verdict.red:
        return Verdict(BLOCK, "blocked: a file in it cannot be right", flagged=quiet)
    if not quiet:
        return verdict
    why = verdict.why if verdict.red else "warned, not blocked"
    return Verdict(WARN, why, red=verdict.red, flagged=True)
