"""What a backtest prints: plain text below 80 columns, both baselines beside every figure. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from textwrap import wrap

import numpy as np

from . import metrics
from .arrays import Indices, Mask
from .backtest import ECHO, FRESH, MODEL, RULE, Backtest
from .backtest_promises import verdict_lines
from .card import day
from .layout import WIDTH, duration, entry, figure, percent
from .worth import Figure, Worth

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
    " time. F1, precision, recall and minutes: at the operating threshold, for the model the one with the"
    " best F1 to be expected of its last 400 scores, for the rule the one with the best F1 on the past."
    " recall at 10 %: when 10 % of the passing builds are alarmed. top 5 %: the riskiest."
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
    lines += ["", *verdict_lines(made), "", *wrap(LEGEND, WIDTH)]
    return "\n".join(lines) + "\n"


def _head(made: Backtest) -> Iterator[str]:
    line = made.timeline
    failed = made.failed
    labelled = int(np.count_nonzero(line.labelled))
    yield from entry(
        "builds",
        f"{labelled:,}, pushed {day(int(line.at[0]))} to {day(int(line.at[-1]))};"
        f" {len(line) - labelled:,} more were canceled or skipped",
    )
    if line.fresh.synthetic:
        made_up = f"{line.fresh.synthetic:,} of them are made up"
        yield f"        SYNTHETIC: {made_up}; this says nothing of real ones"
    yield from entry(
        "judged",
        f"{failed.size:,}, pushed from {day(int(line.at[made.where[0]]))} on;"
        f" {percent(float(failed.mean()))} failed; each with what had finished"
        + (f" {duration(line.lag_s)} before its push" if line.lag_s else " when it was pushed"),
    )
    learned = ", ".join(f"{fold.learned:,}" for fold in made.folds)
    how = "as it is" if not made.folds[0].learned else f"learned from {learned} builds"
    yield from entry("model", f"{made.model}, {how}; thresholds from the builds finished before")
    if made.model_until > int(line.at[made.where[0]]):
        yield from entry(
            "",
            f"it was made on {day(made.model_until)}, after these builds: where it learned from them, it is"
            " judged too kindly here",
        )


def _subset(made: Backtest, title: str, where: Mask) -> Iterator[str]:
    builds = int(np.count_nonzero(where))
    if not builds:
        yield f"{title}: none"
        return
    worth = made.worth(where)
    yield f"{title}: {builds:,}, {percent(worth.failures / builds)} failed"
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
            yield f"{number:<3}{start:<12}{part.size:>8,}{percent(failed):>9}" + _row(rows[-1])
    yield f"{'mean':<32}" + _row([_mean([row[at] for row in rows]) for at in range(len(COLUMNS))])


def _part_figures(made: Backtest, part: Indices) -> list[float]:
    judges, failed, green = made.judges(), made.failed[part], part[made.green[part]]
    return [
        *(metrics.auc(failed, judges[name].p[part]) for name in (MODEL, ECHO, RULE)),
        metrics.auc(made.failed[green], judges[MODEL].p[green]),
        *(metrics.confusion(failed, judges[name].alarmed[part]).f1 for name in (MODEL, ECHO)),
    ]


def _row(values: list[float]) -> str:
    return "".join(f"{figure(value):>{width}}" for value, width in zip(values, COLUMNS, strict=True))


def _lag(made: Backtest) -> Iterator[str]:
    yield f"with fresh history, and what it costs that history is {duration(made.timeline.lag_s)} old"
    for name, where in made.subsets.items():
        if not np.count_nonzero(where):
            continue
        worth = made.worth_of_lag(where)
        cells = []
        for key, label in (("auc", "AUC"), ("local_auc", "local")):
            fresh, cost = worth.figure(FRESH, key).value, worth.difference(MODEL, FRESH, key)
            cells.append(f"{label} {figure(fresh)}, {_signed(cost)}")
        yield f"  {name:<7}" + "  ".join(cells)


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def _interval(found: Figure) -> str:
    if math.isnan(found.value):
        return "-"
    return f"{found.value:.3f} ({figure(found.low, 2)} {figure(found.high, 2)})"


def _minutes(found: Figure) -> str:
    low, high = (f"{_thousands(value)}" for value in (found.low, found.high))
    return f"{_thousands(found.value)} ({low} {high})"


def _thousands(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if value < 9_999.5 else f"{value / 1000:.0f}k"


def _signed(found: Figure) -> str:
    if math.isnan(found.value):
        return "-"
    return f"{found.value:+.3f} ({found.low:+.2f} {found.high:+.2f})"
