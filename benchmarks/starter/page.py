"""The study as a page: medians of each judge, then every project. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from benchmarks.starter.figures import FIGURES, Results
from benchmarks.starter.making import Study
from benchmarks.starter.pool import Pool
from benchmarks.starter.settings import SOURCE, Settings
from cigate_train.card import day

HEAD = """\
# What the starter model is worth

Written by `make starter` (see [README](README.md)). {source}.

{projects} projects, {builds:,} builds pushed {first} to {last}, {rate:.1f} % of them failed. Every project is
judged by a forest that never saw it ({folds} folds of projects); its last half is scored. Medians over
projects; the forest's are the mean of {seeds} seeds, and in brackets the lowest and the highest of them:
"""
COLUMNS = ("auc", "local_auc", "green_auc", "green_local_auc", "average_precision", "f1")


def render_page(pool: Pool, settings: Settings, found: Study, others: Sequence[Study] = ()) -> str:
    """Return the page as Markdown; `others` are studies with other seeds."""
    pushed = [int(at) for dataset in pool.datasets for at in (dataset.pushed_at[0], dataset.pushed_at[-1])]
    head = HEAD.format(
        source=SOURCE,
        projects=len(pool),
        builds=len(pool.failed),
        first=day(min(pushed)),
        last=day(max(pushed)),
        rate=100 * float(pool.failed.mean()),
        folds=settings.folds,
        seeds=1 + len(others),
    )
    warnings = (
        f"Warnings from p = {found.warn:.3f} reach {100 * found.warned:.1f} % of the pushes to green"
        f" branches; {100 * found.precision:.0f} % of these fail, of all such pushes"
        f" {100 * found.green_rate:.0f} % (means over projects)."
    )
    return "\n".join(
        [
            head,
            *_medians(found, others),
            "",
            warnings,
            "",
            f"## Each project (seed {settings.seed})",
            "",
            *_projects(pool, found),
            "",
        ]
    )


def _medians(found: Study, others: Sequence[Study]) -> list[str]:
    forests = [study.judges["forest"] for study in (found, *others)]
    lines = [f"| | {' | '.join(found.judges)} |", "|---|" + "---|" * len(found.judges)]
    for key, title in FIGURES.items():
        lines.append(_row(title, [tested.medians()[key] for tested in forests], found, _median_of(key)))
        if key == "f1_over_echo":
            share = Results.ahead_of_echo
            lines.append(
                _row("projects with a better F1", [share(tested) for tested in forests], found, share)
            )
    return lines


def _median_of(key: str) -> Callable[[Results], float]:
    return lambda tested: tested.medians()[key]


def _row(title: str, forests: Sequence[float], found: Study, value: Callable[[Results], float]) -> str:
    beside = [_shown(value(tested)) for name, tested in found.judges.items() if name != "forest"]
    return f"| {title} | {_spread(forests)} | {' | '.join(beside)} |"


def _projects(pool: Pool, found: Study) -> list[str]:
    titles = " | ".join(FIGURES[key] for key in COLUMNS)
    lines = [
        f"| project | builds | failed | {titles} | rule: AUC | echo: F1 |",
        "|---|" + "---|" * (len(COLUMNS) + 4),
    ]
    forest, rule, echo = (found.judges[name].by_project for name in ("forest", "rule", "echo"))
    for name, dataset in zip(pool.projects, pool.datasets, strict=True):
        figures = [_shown(forest[name][key]) for key in COLUMNS]
        figures += [_shown(rule[name]["auc"]), _shown(echo[name]["f1"])]
        share = f"{100 * dataset.failures / len(dataset):.0f} %"
        lines.append(f"| {name} | {len(dataset):,} | {share} | {' | '.join(figures)} |")
    return lines


def _spread(values: Sequence[float]) -> str:
    """Return the mean of one figure over seeds, and where more than one is known its range."""
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return _shown(known[0] if known else math.nan)
    return f"{_shown(sum(known) / len(known))} ({min(known):.3f}-{max(known):.3f})"


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
