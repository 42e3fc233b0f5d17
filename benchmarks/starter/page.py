"""The study as a page: medians of each judge, then every project. Pure."""

from __future__ import annotations

import math

from benchmarks.starter.figures import FIGURES
from benchmarks.starter.making import Study
from benchmarks.starter.pool import Pool
from benchmarks.starter.settings import SOURCE, Settings
from cigate_train.card import day

HEAD = """\
# What the starter model is worth

Written by `make starter` (see [README](README.md)). {source}.

{projects} projects, {builds:,} builds pushed {first} to {last}, {rate:.1f} % of them failed. Every project is
judged by a forest that never saw it ({folds} folds of projects); its last half is scored. Medians over
projects:
"""
COLUMNS = ("auc", "local_auc", "green_auc", "green_local_auc", "average_precision", "f1")


def render_page(pool: Pool, settings: Settings, found: Study) -> str:
    """Return the page as Markdown."""
    pushed = [int(at) for dataset in pool.datasets for at in (dataset.pushed_at[0], dataset.pushed_at[-1])]
    head = HEAD.format(
        source=SOURCE,
        projects=len(pool),
        builds=len(pool.failed),
        first=day(min(pushed)),
        last=day(max(pushed)),
        rate=100 * float(pool.failed.mean()),
        folds=settings.folds,
    )
    warnings = (
        f"Warnings from p = {found.warn:.3f} reach {100 * found.warned:.1f} % of the pushes to green"
        f" branches; {100 * found.precision:.0f} % of these fail, of all such pushes"
        f" {100 * found.green_rate:.0f} % (means over projects)."
    )
    return "\n".join(
        [head, *_medians(found), "", warnings, "", "## Each project", "", *_projects(pool, found), ""]
    )


def _medians(found: Study) -> list[str]:
    medians = {name: tested.medians() for name, tested in found.judges.items()}
    lines = [f"| | {' | '.join(medians)} |", "|---|" + "---|" * len(medians)]
    return lines + [
        f"| {title} | {' | '.join(_shown(values[key]) for values in medians.values())} |"
        for key, title in FIGURES.items()
    ]


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


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
