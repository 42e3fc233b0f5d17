"""What a backtest says of its verdicts: their worth, and whether budget and precision were kept. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from cigate.policy import BLOCK

from . import metrics
from .backtest import Backtest
from .card import day
from .layout import entry, figure, percent
from .thresholds import BLOCK_PRECISION
from .verdicts import Chosen


def verdict_lines(made: Backtest) -> list[str]:
    """Return what the report says of verdicts, of the budget by quarter, and of blocking."""
    return [*_verdicts(made), "", *_quarters(made), "", *_blocking(made)]


def _verdicts(made: Backtest) -> Iterator[str]:
    yield "verdicts: green branches by the budget, all others by the operating threshold"
    line, failed = made.timeline, made.failed
    red = (line.seen.branch_state[made.where] == 1) & line.on_branch[made.where]
    green = made.known_green()
    minutes = line.minutes[made.where]
    yield f"{'':<12}{'builds':>8}{'failed':>9}{'warned':>9}{'rightly':>9}{'minutes saved':>15}{'wasted':>10}"
    for name, where in (("green", green), ("red", red), ("first", ~red & ~green)):
        if not np.count_nonzero(where):
            continue
        told = made.alarmed & where
        rightly = float(failed[told].mean()) if told.any() else math.nan
        yield (
            f"{name:<12}{int(where.sum()):>8,}{percent(float(failed[where].mean())):>9}"
            f"{percent(float(told.sum() / where.sum())):>9}{percent(rightly):>9}"
            f"{float(minutes[told & failed].sum()):>15,.0f}{float(minutes[told & ~failed].sum()):>10,.0f}"
        )
    f1 = metrics.confusion(failed, made.alarmed).f1
    yield from entry("", f"all verdicts but pass as alarms: F1 {figure(f1)}")


def _quarters(made: Backtest) -> Iterator[str]:
    yield f"budget: {percent(made.budget)} of the pushes to green branches to be warned about; delivered"
    green, alarmed = made.known_green(), made.alarmed
    for number, where in enumerate(made.quarters(), 1):
        pushes = where[green[where]]
        if not pushes.size:
            yield f"  quarter {number}: no push to a green branch"
            continue
        given = int(np.count_nonzero(alarmed[pushes]))
        share = given / pushes.size
        kept = "kept" if abs(share / made.budget - 1) <= 1 / 3 else "missed by more than a third"
        start = day(int(made.timeline.at[made.where[where[0]]]))
        yield f"  quarter {number}, from {start}: {given:,} of {pushes.size:,}, {percent(share)}: {kept}"


def _blocking(made: Backtest) -> Iterator[str]:
    for fold in made.folds:
        which = f"fold {fold.period.number}: " if len(made.folds) > 1 else ""
        yield from entry("block", which + _block_text(fold.chosen))
    blocked = np.array([action == BLOCK for action in made.actions])
    if blocked.any():
        rightly = percent(float(made.failed[blocked].mean()))
        yield from entry("", f"{int(blocked.sum()):,} blocked, {rightly} of them rightly")


def _block_text(chosen: Chosen) -> str:
    limits = chosen.choice.thresholds
    if limits.block is None:
        return f"off: {limits.block_why}"
    asked = f"{100 * BLOCK_PRECISION:.0f} %"
    return f"from p = {limits.block:.3f}, right in {asked} and more on the past"
