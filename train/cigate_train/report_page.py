"""What the HTML report says, from its first line to its last; the model beside rule and echo throughout.

Figures come from the backtest. Must not read a clock or a repository.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cigate import __version__
from cigate.model import Manifest
from cigate.policy import BLOCK

from . import report_html as html
from .arrays import Mask
from .backtest import ECHO, MODEL, RULE, Backtest
from .card import day
from .importance import Importance
from .layout import figure, percent
from .report_paths import RiskyPath
from .report_plotted import (
    Judges,
    costs_section,
    importance_section,
    minutes_section,
    reliability_section,
    tradeoff_section,
    trend_section,
)
from .worth import Worth

FIGURES = {
    "auc": "AUC",
    "local_auc": "AUC within fifths of the time",
    "average_precision": "average precision",
    "f1": "F1 of the alarms",
    "precision": "alarms that came true",
    "recall": "failures found",
    "recall_at_10": "failures found at 10 % false alarms",
    "precision_top_5": "failures among the riskiest 5 %",
    "brier": "Brier score",
    "calibration_error": "calibration error",
    "minutes_saved": "minutes of failures announced",
    "minutes_wasted": "minutes of false alarms",
}
SHARES = ("precision", "recall", "recall_at_10", "precision_top_5")
MINUTES = ("minutes_saved", "minutes_wasted")
BASELINES = (
    "Echo: what happened last on the branch, else in the project, happens again. Rule: half the branch's"
    " decayed failure rate, half that of the project's last 20 builds. A model that is not ahead of both is"
    " not worth having."
)
GREEN = (
    "To say that a red branch stays red is easy; which push breaks a green one is the question that matters."
)


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page is made from.

    `served` is the model that judges pushes here; `scorecard` holds what became of judgements given here, as
    names and values.
    """

    name: str
    made: Backtest
    served: Manifest
    importances: Sequence[Importance]
    paths: Sequence[RiskyPath]
    scorecard: Sequence[tuple[str, str]] = ()


def render_page(report: Report) -> str:
    """Return the whole page."""
    made, judges = report.made, report.made.judges()
    whole = made.worth(made.subsets["all"])
    green = made.worth(made.green) if made.green.any() else None
    sections = [
        html.pair(trend_section(made), minutes_section(made, judges)),
        html.pair(tradeoff_section(made, judges), reliability_section(made, judges)),
        html.pair(costs_section(made, judges), importance_section(report.served, report.importances)),
        _paths(report.paths),
        *_scorecard(report.scorecard),
        _worth("all", "All figures", BASELINES, whole),
        *([_worth("green", "Green branches alone", GREEN, green)] if green else []),
        _card(report.served),
    ]
    foot = (
        f"cigate {__version__} · seed {made.seed} · budget of warnings {percent(made.budget)}. This page"
        " fetches nothing and sends nothing."
    )
    title = f"Will pushes to {report.name} break CI?"
    return html.page(title, _head(made, judges, whole, green), sections, html.paragraph(foot))


def _head(made: Backtest, judges: Judges, whole: Worth, green: Worth | None) -> str:
    line = made.timeline
    start = int(line.at[made.where[0]])
    lead = (
        f"{made.failed.size:,} builds, pushed from {day(start)} to {day(int(line.at[-1]))}, were judged by"
        f" {_who(made)}, each with what had finished when it was pushed."
        f" {percent(float(made.failed.mean()))} of them failed."
    )
    parts = [html.paragraph(lead)]
    if made_up := line.fresh.synthetic:
        words = f"Synthetic: {made_up:,} of the builds are made up. This says nothing of real ones."
        parts.append(html.paragraph(words, "note"))
    if made.model_until > start:
        words = (
            f"The model was made on {day(made.model_until)}, after these builds: where it learned from them,"
            " it is judged too kindly here."
        )
        parts.append(html.paragraph(words, "note"))
    return "\n".join([*parts, html.cards(_cards(made, judges, whole, green))])


def _who(made: Backtest) -> str:
    if made.folds[0].learned:
        return f"a forest that had learned from the {made.folds[0].learned:,} before them"
    return f"the model {made.model} as it is"


def _cards(
    made: Backtest, judges: Judges, whole: Worth, green: Worth | None
) -> Iterator[tuple[str, str, str]]:
    yield _auc_card("AUC", whole)
    if green:
        yield _auc_card("AUC, green branches", green)
    told, failed, minutes = made.alarmed, made.failed, judges[MODEL].minutes
    usual = percent(float(failed.mean()))
    yield "warnings that came true", percent(_mean(failed, told)), f"of {int(told.sum()):,}; of all {usual}"
    echo = percent(_mean(judges[ECHO].alarmed, failed))
    yield "failures warned about", percent(_mean(told, failed)), f"of {int(failed.sum()):,}; echo {echo}"
    if minutes.any():
        saved, wasted = float(minutes[told & failed].sum()), float(minutes[told & ~failed].sum())
        yield "minutes announced", f"{saved:,.0f}", f"{wasted:,.0f} of false alarms"
    blocked = np.array([action == BLOCK for action in made.actions], dtype=np.bool_)
    if blocked.any():
        yield "blocked", f"{int(blocked.sum()):,}", f"{percent(_mean(failed, blocked))} rightly"
    else:
        yield "blocked", "0", made.folds[-1].chosen.choice.thresholds.block_why or "nothing was sure enough"


def _auc_card(name: str, worth: Worth) -> tuple[str, str, str]:
    values = {judge: figure(worth.figure(judge, "auc").value) for judge in worth.judges}
    return name, values[MODEL], f"rule {values[RULE]} · echo {values[ECHO]}"


def _mean(values: Mask, where: Mask) -> float:
    return float(values[where].mean()) if where.any() else math.nan


def _paths(paths: Sequence[RiskyPath]) -> str:
    title = "Riskiest paths"
    if not paths:
        words = "No folder stands out: pushes fail about as often wherever they touch."
        return html.section("paths", title, html.paragraph(words))
    rows = [
        (path.path, f"{path.builds:,}", percent(path.rate), percent(path.elsewhere), _why(path))
        for path in paths
    ]
    head = ("path", "pushes", "failed", "all others", "why it stands here")
    return html.section("paths", title, html.table("Folders whose pushes surely fail more", head, rows, (4,)))


def _why(path: RiskyPath) -> str:
    times = "nothing else fails"
    if path.elsewhere:
        times = f"{path.rate / path.elsewhere:.1f} times the rate elsewhere"
    kind = f", mostly with {path.with_kind} files" if path.with_kind and path.path.endswith("/") else ""
    return f"{times}{kind}; last on {day(path.last_failed_at)}, {path.last_head[:9]}"


def _scorecard(entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    if entries:
        note = "What became of the judgements that were given here, at pushes and in pipelines."
        yield html.section("scorecard", "Scorecard", html.paragraph(note), html.definitions(entries))


def _worth(name: str, title: str, note: str, worth: Worth) -> str:
    words = (
        f"{worth.builds:,} builds, {percent(worth.failures / worth.builds)} failed. Below each figure: the"
        " interval that holds it in 95 % of resampled histories."
    )
    rows = [(label, *(_value(worth, judge, key) for judge in worth.judges)) for key, label in FIGURES.items()]
    table = html.table(title, ("figure", *worth.judges), rows)
    return html.section(f"worth-{name}", title, html.paragraph(note), html.paragraph(words), table)


def _value(worth: Worth, judge: str, key: str) -> html.Cell:
    found = worth.figure(judge, key)
    if math.isnan(found.low):
        return _shown(key, found.value)
    low = _shown(key, found.low).removesuffix(" %")
    return _shown(key, found.value), f"{low} to {_shown(key, found.high)}"


def _shown(key: str, value: float) -> str:
    if key in MINUTES and not math.isnan(value):
        return f"{value:,.0f}"
    return percent(value) if key in SHARES else figure(value)


def _card(manifest: Manifest) -> str:
    limits = manifest.thresholds
    blocks = f"never: {limits.block_why}" if limits.block is None else f"from {limits.block:.3f}"
    entries = [
        ("model", manifest.model_id),
        ("made on", day(manifest.created_at)),
        ("features", str(len(manifest.features))),
        ("failed of what it learned from", percent(manifest.base_rate)),
        ("warns", f"from {limits.warn:.3f}"),
        ("blocks", blocks),
        ("made-up builds", "it learned from nothing else" if manifest.synthetic else "none"),
        ("SHA-256", manifest.model_sha256),
    ]
    parts = [
        html.folded(name, html.definitions(_leaves(part))) for name, part in sorted(manifest.card.items())
    ]
    note = "The model that judges pushes here, and what it was made from."
    return html.section("card", "Model card", html.paragraph(note), html.definitions(entries), *parts)


def _leaves(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of a part of the card, each with the way to it."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name} {key}".strip().replace("_", " "))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value, 1):
            yield from _leaves(inner, f"{name} {number}".strip())
    else:
        plain = isinstance(value, int) and not isinstance(value, bool)
        yield name or "value", f"{value:,}" if plain else str(value)
