"""What a backtest prints: plain text below 80 columns, both baselines beside every figure. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from textwrap import wrap

import numpy as np

from cigate.policy import BLOCK

from . import metrics
from .arrays import Indices, Mask
from .backtest import ECHO, FRESH, MODEL, RULE, Backtest
from .card import day
from .thresholds import BLOCK_PRECISION
from .timeline import Period
from .verdicts import Chosen
from .worth import Figure, Worth

WIDTH = 79
NAMES = {
    "auc": "AUC",
    "local_auc": "AUC, local",
    "average_precision": "average precision",
    "f1": "F1",
    "precision": "precision, alarms",
    "recall": "recall",
    "recall_at_10": "recall at 10 %",
    "precision_top_5": "precision, top 5 %",
    "brier": "Brier",
    "calibration_error": "calibration error",
    "minutes_saved": "minutes saved",
    "minutes_wasted": "minutes wasted",
}
COLUMNS = (8, 7, 7, 8, 8, 7)
MINUTES = ("minutes_saved", "minutes_wasted")
SUBSETS = {"all": "all builds", "green": "builds of green branches", "first": "first builds of a branch"}
LEGEND = (
    "In brackets: 95 % intervals, from histories resampled 20 neighbouring builds at a time."
    " echo: what happened last on the branch, else in the project, happens again. rule: half the branch's"
    " decayed failure rate, half that of the project's last 20 builds. local: within fifths of the judged"
    " time. F1, precision, recall and minutes: at the operating threshold, the one with the best F1 on the"
    " past. recall at 10 %: when 10 % of the passing builds are alarmed. top 5 %: the riskiest."
    " calibration error: 10 bins. minutes saved: of alarmed builds that failed; wasted: that passed."
)


def render_backtest(made: Backtest) -> str:
    """Return the report of a backtest, ending with a newline."""
    lines = list(_head(made))
    for name, where in made.subsets.items():
        lines += ["", *_subset(made, SUBSETS[name], where)]
    lines += ["", *_folds(made)]
    if made.timeline.lag_s:
        lines += ["", *_lag(made)]
    lines += ["", *_verdicts(made), "", *_quarters(made), "", *_blocking(made), "", *wrap(LEGEND, WIDTH)]
    return "\n".join(lines) + "\n"


def _head(made: Backtest) -> Iterator[str]:
    line = made.timeline
    failed = made.failed
    labelled = int(np.count_nonzero(line.labelled))
    yield from _entry(
        "builds",
        f"{labelled:,}, pushed {day(int(line.at[0]))} to {day(int(line.at[-1]))};"
        f" {len(line) - labelled:,} more were canceled or skipped",
    )
    if line.fresh.synthetic:
        made_up = f"{line.fresh.synthetic:,} of them are made up"
        yield f"        SYNTHETIC: {made_up}; this says nothing of real ones"
    yield from _entry(
        "judged",
        f"{failed.size:,}, pushed from {day(int(line.at[made.where[0]]))} on;"
        f" {_percent(float(failed.mean()))} failed; each with what had finished"
        + (f" {duration(line.lag_s)} before its push" if line.lag_s else " when it was pushed"),
    )
    learned = ", ".join(f"{fold.learned:,}" for fold in made.folds)
    how = "as it is" if not made.folds[0].learned else f"learned from {learned} builds"
    yield from _entry("model", f"{made.model}, {how}; thresholds from the builds finished before")
    if made.model_until > int(line.at[made.where[0]]):
        yield from _entry(
            "",
            f"it was made of builds up to {day(made.model_until)}: what it learned from is judged too"
            " kindly here",
        )


def _subset(made: Backtest, title: str, where: Mask) -> Iterator[str]:
    builds = int(np.count_nonzero(where))
    if not builds:
        yield f"{title}: none"
        return
    worth = made.worth(where)
    yield f"{title}: {builds:,}, {_percent(worth.failures / builds)} failed"
    yield f"{'':<18}" + "".join(f"{judge:>20}" for judge in worth.judges)
    for name, label in NAMES.items():
        show = _minutes if name in MINUTES else _interval
        cells = [show(worth.figure(judge, name)) for judge in worth.judges]
        yield f"{label:<18}" + "".join(f"{cell:>20}" for cell in cells)
    yield from _ahead(worth)


def _ahead(worth: Worth) -> Iterator[str]:
    yield f"{'the model ahead of':<34}" + "".join(f"{other:>22}" for other in (ECHO, RULE))
    for name in ("auc", "local_auc", "f1"):
        cells = [_signed(worth.difference(MODEL, other, name)) for other in (ECHO, RULE)]
        yield f"  {NAMES[name]:<32}" + "".join(f"{cell:>22}" for cell in cells)


def _folds(made: Backtest) -> Iterator[str]:
    by_fold = made.protocol == "folds"
    parts = [np.flatnonzero(made.fold == fold.period.number) for fold in made.folds]
    if not by_fold:
        parts = list(np.array_split(np.arange(made.where.size), 5))
    title = "by fold" if by_fold else "by fifth of the judged time"
    names = ("AUC", "echo", "rule", "green", "F1", "echo")
    yield f"{title:<32}" + "".join(f"{name:>{width}}" for name, width in zip(names, COLUMNS, strict=True))
    rows = []
    for number, part in enumerate(parts, 1):
        if part.size:
            rows.append(_part_figures(made, part))
            start, failed = day(int(made.timeline.at[made.where[part[0]]])), float(made.failed[part].mean())
            yield f"{number:<3}{start:<12}{part.size:>8,}{_percent(failed):>9}" + _row(rows[-1])
    yield f"{'mean':<32}" + _row([_mean([row[at] for row in rows]) for at in range(len(COLUMNS))])


def _part_figures(made: Backtest, part: Indices) -> list[float]:
    judges, failed, green = made.judges(), made.failed[part], part[made.green[part]]
    return [
        *(metrics.auc(failed, judges[name].p[part]) for name in (MODEL, ECHO, RULE)),
        metrics.auc(made.failed[green], judges[MODEL].p[green]),
        *(metrics.confusion(failed, judges[name].alarmed[part]).f1 for name in (MODEL, ECHO)),
    ]


def _row(values: list[float]) -> str:
    return "".join(f"{_figure(value):>{width}}" for value, width in zip(values, COLUMNS, strict=True))


def _lag(made: Backtest) -> Iterator[str]:
    yield f"with fresh history, and what it costs that history is {duration(made.timeline.lag_s)} old"
    for name, where in made.subsets.items():
        if not np.count_nonzero(where):
            continue
        worth = made.worth_of_lag(where)
        cells = []
        for key, label in (("auc", "AUC"), ("local_auc", "local")):
            fresh, cost = worth.figure(FRESH, key).value, worth.difference(MODEL, FRESH, key)
            cells.append(f"{label} {_figure(fresh)}, {_signed(cost)}")
        yield f"  {name:<7}" + "  ".join(cells)


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
            f"{name:<12}{int(where.sum()):>8,}{_percent(float(failed[where].mean())):>9}"
            f"{_percent(float(told.sum() / where.sum())):>9}{_percent(rightly):>9}"
            f"{float(minutes[told & failed].sum()):>15,.0f}{float(minutes[told & ~failed].sum()):>10,.0f}"
        )
    f1 = metrics.confusion(failed, made.alarmed).f1
    yield from _entry("", f"all verdicts but pass as alarms: F1 {_figure(f1)}")


def _quarters(made: Backtest) -> Iterator[str]:
    yield f"budget: {_percent(made.budget)} of the pushes to green branches to be warned about; delivered"
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
        yield f"  quarter {number}, from {start}: {given:,} of {pushes.size:,}, {_percent(share)}: {kept}"


def _blocking(made: Backtest) -> Iterator[str]:
    for fold in made.folds:
        yield from _entry("block", _block_text(fold.period, fold.chosen))
    blocked = np.array([action == BLOCK for action in made.actions])
    if blocked.any():
        rightly = _percent(float(made.failed[blocked].mean()))
        yield from _entry("", f"{int(blocked.sum()):,} blocked, {rightly} of them rightly")


def _block_text(period: Period, chosen: Chosen) -> str:
    limits = chosen.choice.thresholds
    if limits.block is None:
        return f"fold {period.number}: off: {limits.block_why}"
    asked = f"{100 * BLOCK_PRECISION:.0f} %"
    return f"fold {period.number}: from p = {limits.block:.3f}, right in {asked} and more on the past"


def duration(seconds: int) -> str:
    """Return a duration in the largest unit that says it exactly: 24h, 90m, 45s."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _entry(label: str, text: str) -> list[str]:
    indent = " " * 8
    return wrap(text, WIDTH, initial_indent=f"{label:<8}", subsequent_indent=indent, break_on_hyphens=False)


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _interval(figure: Figure) -> str:
    if math.isnan(figure.value):
        return "-"
    return f"{figure.value:.3f} ({_figure(figure.low, 2)} {_figure(figure.high, 2)})"


def _minutes(figure: Figure) -> str:
    low, high = (f"{_thousands(value)}" for value in (figure.low, figure.high))
    return f"{_thousands(figure.value)} ({low} {high})"


def _thousands(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if value < 9_999.5 else f"{value / 1000:.0f}k"


def _signed(figure: Figure) -> str:
    if math.isnan(figure.value):
        return "-"
    return f"{figure.value:+.3f} ({figure.low:+.2f} {figure.high:+.2f})"


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"


def _figure(value: float, digits: int = 3) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
