"""What a backtest says of its verdicts: their worth, and whether budget and precision were kept. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from cigate.policy import BLOCK

from . import metrics
from .backtest import Backtest
from .card import day
from .costs import Costs
from .layout import entry, figure, percent
from .thresholds import BLOCK_PRECISION
from .verdicts import Chosen


def verdict_lines(made: Backtest) -> list[str]:
    """Return what the report says of verdicts, of the budget by quarter, and of blocking."""
    kept = _quarters(made) if made.costs is None else _balance(made, made.costs)
    return [*_verdicts(made), "", *kept, "", *_blocking(made)]


def _verdicts(made: Backtest) -> Iterator[str]:
    by = "green branches by the budget, all others by the operating threshold"
    yield f"verdicts: {by if made.costs is None else 'all but red branches by their costs'}"
    line, failed = made.timeline, made.failed
    red, green = made.known_red(), made.known_green()
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


def _balance(made: Backtest, costs: Costs) -> Iterator[str]:
    told = made.alarmed & ~made.known_red()
    minutes = costs.balance(made.failed, told)
    yield (
        f"costs: {costs.per_build:g} minutes a build, {costs.per_false_alarm:g} a false alarm:"
        f" warned from p = {costs.threshold:.3f} on"
    )
    hits = int(np.count_nonzero(told & made.failed))
    yield from entry(
        "",
        f"{int(np.count_nonzero(told)):,} warnings about branches not red, {hits:,} of them right:"
        f" {minutes:+,.0f} minutes, against 0 without any",
    )


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
