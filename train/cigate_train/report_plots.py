"""The plots of the report, each one figure of the width of a phone. Draws what `report_curves` counted.

Colours are roles (`report_svg`). Must not compute a figure of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from .arrays import Scores
from .importance import Importance
from .report_curves import Bin, Costs, Minutes, Tradeoff, Trend
from .report_svg import COLORS, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 4.7, 3.1
FEWEST_IN_BIN = 5
STYLES = {"model": "-", "rule": "--", "echo": ":"}
MARKERS = {"model": "o", "rule": "s", "echo": "^"}


@contextmanager
def _axes(x: str, y: str, height: float = HEIGHT) -> Iterator[tuple[Figure, Axes]]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots()
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        yield figure, axes


def _percent(axes: Axes, which: str = "xy") -> None:
    from matplotlib.ticker import PercentFormatter

    for letter in which:
        axis = axes.xaxis if letter == "x" else axes.yaxis
        axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))


def _dates(axes: Axes, at: Sequence[int]) -> None:
    """Mark four days along the x axis, which counts Unix seconds."""
    ticks = np.linspace(at[0], at[-1], 4)
    fmt = "%Y-%m" if at[-1] - at[0] > 120 * 86_400 else "%m-%d"
    axes.set_xticks(ticks, [datetime.fromtimestamp(int(tick), UTC).strftime(fmt) for tick in ticks])


def plot_trend(trend: Trend) -> Figure:
    """Draw the failure rate of all builds, and of the judged ones what was warned about."""
    with _axes("", "share of builds", 2.9) as (figure, axes):
        builds, judged = np.array(trend.builds), np.array(trend.judged)
        failed, told = _share(trend.failures, builds), _share(trend.warned, judged)
        axes.plot(trend.starts, failed, color=COLORS["fail"], label="failed")
        axes.fill_between(trend.starts, failed, color=COLORS["fail"], alpha=0.12, linewidth=0)
        axes.plot(trend.starts, told, color=COLORS["model"], linestyle="--", label="warned about")
        axes.set_ylim(0, None)
        _percent(axes, "y")
        _dates(axes, trend.starts)
        _legend(figure, axes)
        return figure


def _share(part: Sequence[int], whole: Scores) -> Scores:
    counted = whole > 0
    return np.where(counted, np.array(part) / np.where(counted, whole, 1), np.nan)


def plot_reliability(bins: Mapping[str, Sequence[Bin]]) -> Figure:
    """Draw what was seen against what was promised; the larger a mark, the more builds behind it."""
    with _axes("promised probability of failure", "failed") as (figure, axes):
        axes.plot([0, 1], [0, 1], color=COLORS["muted"], linewidth=0.9, label="as promised")
        total = max(1, sum(one.builds for one in bins["model"]))
        for name, found in bins.items():
            sizes = [16 + 200 * one.builds / total for one in found]
            x, y = [one.promised for one in found], [one.seen for one in found]
            if name != "echo":
                # A bin of a few builds says next to nothing: it is shown, and nothing is drawn through it.
                solid = [one for one in found if one.builds >= FEWEST_IN_BIN]
                line = [one.promised for one in solid], [one.seen for one in solid]
                axes.plot(*line, color=COLORS[name], linestyle=STYLES[name], linewidth=1.2)
            axes.scatter(
                x, y, s=sizes, color=COLORS[name], alpha=0.75, marker=MARKERS[name], linewidths=0, label=name
            )
        _unit_square(axes)
        _legend(figure, axes)
        return figure


def plot_tradeoff(curves: Mapping[str, Tradeoff]) -> Figure:
    """Draw precision against recall, with the thresholds marked."""
    with _axes("recall: failures found", "precision: alarms come true") as (figure, axes):
        for name, curve in curves.items():
            if name == "echo":
                axes.plot(*_points(curve), MARKERS[name], color=COLORS[name], markersize=8, label="echo")
            else:
                axes.plot(curve.recall, curve.precision, STYLES[name], color=COLORS[name], label=name)
                _mark(axes, curve, COLORS[name])
        _unit_square(axes)
        _legend(figure, axes)
        return figure


def _points(curve: Tradeoff) -> tuple[list[float], list[float]]:
    return [recall for _, recall, _ in curve.at], [precision for _, _, precision in curve.at]


def _mark(axes: Axes, curve: Tradeoff, color: str) -> None:
    for name, recall, precision in curve.at:
        axes.plot([recall], [precision], "o", color=color, markersize=7)
        axes.annotate(name, (recall, precision), (6, 6), textcoords="offset points", color=color, fontsize=9)


def plot_costs(costs: Costs, thresholds: Sequence[tuple[str, float]]) -> Figure:
    """Draw what warning from each probability on costs, and where the thresholds stand."""
    with _axes("warned from this probability on", f"{costs.unit} lost by 100 pushes") as (figure, axes):
        axes.plot(costs.thresholds, costs.model, color=COLORS["model"], label="model")
        axes.plot(costs.thresholds, costs.rule, "--", color=COLORS["rule"], label="rule")
        axes.axhline(costs.echo, linestyle=":", color=COLORS["echo"], label="echo")
        axes.axhline(costs.silent, linestyle="-.", linewidth=1, color=COLORS["muted"], label="no warnings")
        top = 1.12 * max(costs.silent, costs.echo, float(np.median(costs.model)))
        axes.set_ylim(0, top)
        for name, threshold in thresholds:
            axes.axvline(threshold, color=COLORS["ink"], linewidth=0.9)
            axes.annotate(name, (threshold, 0), (3, 4), textcoords="offset points", fontsize=9)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        _percent(axes, "x")
        _legend(figure, axes)
        return figure


def plot_minutes(minutes: Minutes) -> Figure:
    """Draw the minutes of failed builds that were announced, added up."""
    with _axes("", "minutes, added up", 2.9) as (figure, axes):
        for name, saved in minutes.saved.items():
            axes.plot(minutes.at, saved, STYLES[name], color=COLORS[name], label=name)
        axes.set_ylim(0, None)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        _dates(axes, minutes.at)
        _legend(figure, axes)
        return figure


def plot_importance(found: Sequence[Importance]) -> Figure:
    """Draw the features that the model leans on most, the first one on top."""
    with _axes("AUC lost without it", "", 0.6 + 0.24 * len(found)) as (figure, axes):
        shown = list(reversed(found))
        axes.barh(
            [one.name for one in shown], [one.loss for one in shown], color=COLORS["model"], height=0.65
        )
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", nbins=4)
        return figure


def _unit_square(axes: Axes) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.04)
    _percent(axes)


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    legend = figure.legend(
        handles, labels, loc="outside upper left", ncols=4, handlelength=1.8, columnspacing=1.2
    )
    for handle in legend.legend_handles:
        sizes: Callable[[list[float]], None] | None = getattr(handle, "set_sizes", None)
        if sizes:
            sizes([30.0])
