"""The plotted sections of the HTML report: each plot, what it says in words, and the same as a table.

Figures come from `report_curves`. Must not compute one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cigate.model import Manifest

from . import report_html as html
from .backtest import ECHO, MODEL, RULE, Backtest
from .card import day
from .importance import Importance
from .layout import percent
from .report_curves import bins_of, costs_of, minutes_of, tradeoff_of, trend_of
from .report_plots import (
    plot_costs,
    plot_importance,
    plot_minutes,
    plot_reliability,
    plot_tradeoff,
    plot_trend,
)
from .report_svg import inline_svg
from .worth import Judged

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_FEATURES = 12
RISKIEST = (1, 5, 10, 20)
Judges = Mapping[str, Judged]


def _plotted(
    name: str,
    title: str,
    figure: Figure,
    words: str,
    note: str,
    head: Sequence[str],
    rows: Sequence[Sequence[html.Cell]],
) -> str:
    """Return a section: the figure, a note, and its table; `words` are for who does not see the figure."""
    svg = inline_svg(figure, name, title, words)
    table = html.folded("The same as a table", html.table(title, head, rows))
    return html.section(f"{name}-heading", title, html.figure(svg), html.paragraph(note), table)


def trend_section(made: Backtest) -> str:
    """Return how failures went over time."""
    trend = trend_of(made)
    parts = (trend.starts, trend.builds, trend.failures, trend.judged, trend.warned)
    rows = [
        (day(at), f"{builds:,}", _share(failures, builds), f"{judged:,}", _share(warned, judged))
        for at, builds, failures, judged, warned in zip(*parts, strict=True)
        if builds
    ]
    words = f"{sum(trend.builds):,} builds in {len(rows)} spans of time: what failed, what was warned about."
    note = "All builds of the history; the newer half, which was judged, also by how many were warned about."
    head = ("from", "builds", "failed", "judged", "warned about")
    return _plotted("trend", "Failures over time", plot_trend(trend), words, note, head, rows)


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "-"


def minutes_section(made: Backtest, judges: Judges) -> str:
    """Return which minutes of CI alarms announced."""
    title = "Minutes that could be saved"
    if not judges[MODEL].minutes.any():
        return html.section("minutes-heading", title, html.paragraph("No build tells how long it took."))
    found = minutes_of(made, judges)
    rows = [(n, f"{float(found.saved[n][-1]):,.0f}", f"{found.wasted[n]:,.0f}") for n in judges]
    words = "Minutes of failed builds after an alarm, added up: " + ", ".join(f"{n} {m}" for n, m, _ in rows)
    note = (
        "How long failed builds ran after an alarm had said that they would fail. Alarms: from the threshold"
        " that had the best F1 on the past."
    )
    head = ("judge", "of failures announced", "of false alarms")
    return _plotted("minutes", title, plot_minutes(found), words, note, head, rows)


def tradeoff_section(made: Backtest, judges: Judges) -> str:
    """Return precision against recall."""
    marks = {MODEL: thresholds_of(made), RULE: [], ECHO: [("echo", 0.5)]}
    curves = {name: tradeoff_of(judged, marks[name]) for name, judged in judges.items()}
    rows = [
        (name if name == what else f"{name}, {what} threshold", percent(recall), percent(precision))
        for name, curve in curves.items()
        for what, recall, precision in curve.at
    ]
    rows += [
        (f"{name}, riskiest {share} %", *_among_riskiest(judges[name], share / 100))
        for name in (MODEL, RULE)
        for share in RISKIEST
    ]
    words = "Precision against recall for every threshold: model and rule are curves, the echo is a point."
    note = "Further right: more failures found. Further up: fewer false alarms."
    head = ("where", "recall", "precision")
    return _plotted("tradeoff", "Precision and recall", plot_tradeoff(curves), words, note, head, rows)


def thresholds_of(made: Backtest) -> list[tuple[str, float]]:
    """Return the thresholds to draw in, the latest ones: that of alarms moves as scores do."""
    chosen = made.folds[-1].chosen
    block = chosen.choice.thresholds.block
    return [("alarm", float(chosen.alarm[-1])), *([("block", block)] if block is not None else [])]


def _among_riskiest(judged: Judged, share: float) -> tuple[str, str]:
    take = max(1, round(share * judged.failed.size))
    riskiest = np.argsort(-judged.p, kind="stable")[:take]
    hits = int(judged.failed[riskiest].sum())
    return percent(hits / max(1, int(judged.failed.sum()))), percent(hits / take)


def reliability_section(made: Backtest, judges: Judges) -> str:
    """Return whether probabilities were kept."""
    bins = {name: bins_of(made.failed, judged.p) for name, judged in judges.items()}
    rows = [
        (
            f"{name}, {100 * one.low:.0f} to {100 * one.high:.0f} %",
            f"{one.builds:,}",
            percent(one.promised),
            percent(one.seen),
        )
        for name, found in bins.items()
        for one in found
    ]
    words = "The share that failed against the probability that was promised, in ten bins, of each judge."
    note = "On the line a promise is kept; above it more failed. The larger a mark, the more builds."
    head = ("judge and bin", "builds", "promised", "failed")
    return _plotted("reliability", "Promised and seen", plot_reliability(bins), words, note, head, rows)


def costs_section(made: Backtest, judges: Judges) -> str:
    """Return what each threshold would have cost."""
    costs, marks = costs_of(judges), thresholds_of(made)
    steps = list(zip(costs.thresholds, costs.model, costs.rule, strict=True))[::10]
    rows = [(f"{at:.2f}", f"{model:,.0f}", f"{rule:,.0f}") for at, model, rule in steps]
    rows += [
        (name, f"{cost:,.0f}", "") for name, cost in (("no warnings", costs.silent), ("echo", costs.echo))
    ]
    drawn = ", ".join(f"{name} from {at:.2f}" for name, at in marks)
    words = f"{costs.unit} lost by 100 pushes, by the probability from which one warns; drawn in: {drawn}."
    note = (
        f"Lost {costs.unit}: those of failures that came without a warning, and those of builds that passed"
        " after one. A threshold is well chosen where the model's curve is low."
    )
    head = ("warned from", "model", "rule")
    return _plotted("costs", "What a threshold costs", plot_costs(costs, marks), words, note, head, rows)


def importance_section(served: Manifest, found: Sequence[Importance]) -> str:
    """Return what the model leans on."""
    title = "What the model looks at"
    top = [one for one in found if one.loss > 0][:MOST_FEATURES]
    if not top:
        return html.section("features-heading", title, html.paragraph("Too few builds to tell."))
    words = "AUC lost without a feature: " + ", ".join(f"{one.name} {one.loss:.3f}" for one in top)
    note = (
        f"The AUC that {served.model_id} loses when a feature's values are shuffled among the judged builds."
        " Features that say the same share the loss."
    )
    rows = [(one.name, f"{one.loss:.4f}") for one in found]
    return _plotted("features", title, plot_importance(top), words, note, ("feature", "AUC lost"), rows)
