"""What everybody is worth on each project, the medians, and the mean curves that are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.rivals import CIGATE, TITLES, five_features, score_half
from benchmarks.starter.figures import (
    Results,
    best_on_the_past,
    judge_half,
    last_half,
    likely,
    tracked,
)
from benchmarks.starter.pool import NAMES
from cigate.change import BuildRecord
from cigate.model import Bundle
from cigate.replay import replay
from cigate_train.arrays import Mask, Scores
from cigate_train.dataset import Dataset, collect_dataset
from cigate_train.rule import rule_scores

LEAST_BUILDS = 200
STEPS = np.linspace(0.0, 1.0, 101)
COLUMNS = {
    "auc": "AUC",
    "local_auc": "AUC local",
    "green_auc": "green AUC",
    "green_local_auc": "green AUC local",
    "average_precision": "average precision",
    "f1": "F1",
    "recall_at_10": "recall at 10 %",
    "precision_top_5": "precision, top 5 %",
}


@dataclass(frozen=True, slots=True)
class Field:
    """Each predictor's figures by project, and its mean recall at each share of alarmed good builds."""

    builds: dict[str, int]
    results: dict[str, Results]
    curves: dict[str, NDArray[np.float64]]


def judge_field(projects: Iterable[tuple[str, list[BuildRecord]]], bundle: Bundle, seed: int = 0) -> Field:
    """Judge everybody on the newer half of each project that has enough builds and failures."""
    builds: dict[str, int] = {}
    figures: dict[str, dict[str, dict[str, float]]] = {name: {} for name in TITLES}
    curves: dict[str, list[NDArray[np.float64]]] = {name: [] for name in TITLES}
    for project, records in projects:
        replayed = list(replay(records))
        dataset = collect_dataset(replayed, NAMES)
        if not _tells(dataset):
            continue
        kept = [record for record, _ in replayed]
        scores = score_half(dataset, rule_scores(kept), five_features(kept), bundle, seed)
        half = last_half(dataset)
        builds[project] = len(dataset)
        for name, (before, p) in scores.items():
            alarmed = _alarms(name, dataset, before, p)
            figures[name][project] = judge_half(half, p, alarmed)
            curves[name].append(recall_curve(half.failed, p))
    return Field(
        builds,
        {name: Results(found) for name, found in figures.items()},
        {name: np.mean(found, axis=0) if found else STEPS for name, found in curves.items()},
    )


def _tells(dataset: Dataset) -> bool:
    start = len(dataset) // 2
    both = all(
        0 < np.count_nonzero(part) < part.size for part in (dataset.failed[:start], dataset.failed[start:])
    )
    return len(dataset) >= LEAST_BUILDS and both


def _alarms(name: str, dataset: Dataset, before: Scores, p: Scores) -> Mask:
    """Return the alarms that F1 is of: each predictor's own way to its threshold."""
    ways = {"echo": likely, "rule": best_on_the_past}
    return ways.get(name, tracked)(dataset, np.concatenate([before, p]))[before.size :]


def recall_curve(failed: Mask, p: Scores) -> NDArray[np.float64]:
    """Return the recall where each of STEPS of the builds that passed is alarmed."""
    order = np.argsort(-p, kind="stable")
    falling = p[order]
    last = np.append(falling[1:] != falling[:-1], True)
    hits = np.cumsum(failed[order])[last] / max(1, np.count_nonzero(failed))
    false = np.cumsum(~failed[order])[last] / max(1, np.count_nonzero(~failed))
    curve = np.interp(STEPS, np.concatenate([[0.0], false]), np.concatenate([[0.0], hits]))
    return np.asarray(curve, np.float64)


def render_table(field: Field, model_id: str) -> str:
    """Return the page about the field as Markdown."""
    lines = [
        "# cigate and the field",
        "",
        f"Written by `python -m benchmarks.quality` with the model {model_id}: {len(field.builds)} projects,"
        f" {sum(field.builds.values()):,} builds.",
        "Everybody is judged on the newer half of each project's builds, each with what had finished when it",
        "was pushed; what learns, learns from the older half. Medians over projects.",
        "",
        f"| | {' | '.join(COLUMNS.values())} | ahead of echo in F1 |",
        "|---|" + "---|" * (len(COLUMNS) + 1),
    ]
    echo = field.results["echo"].by_project
    for name, title in TITLES.items():
        results = field.results[name]
        medians = results.medians()
        won = sum(figures["f1"] > echo[project]["f1"] for project, figures in results.by_project.items())
        cells = [_shown(medians[key]) for key in COLUMNS] + [
            f"{won} of {len(echo)}" if name != "echo" else "-"
        ]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    lines += ["", "| project | builds | " + " | ".join(f"AUC, {name}" for name in TITLES) + " |"]
    lines.append("|---|---|" + "---|" * len(TITLES))
    for project, count in sorted(field.builds.items()):
        aucs = [_shown(field.results[name].by_project[project]["auc"]) for name in TITLES]
        lines.append(f"| {project} | {count:,} | {' | '.join(aucs)} |")
    return "\n".join([*lines, ""])


def _shown(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def ahead(field: Field) -> list[tuple[str, dict[str, float]]]:
    """Return each project with everybody's AUC, the one that cigate ranks best last."""
    found = [(p, {n: r.by_project[p]["auc"] for n, r in field.results.items()}) for p in field.builds]
    return sorted(found, key=lambda entry: (entry[1][CIGATE], entry[0]))
