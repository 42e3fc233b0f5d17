"""From a pool of projects to a bundle: cross-validate, choose the threshold, grow the forest on all, export.

Reads no clock and no environment: the same pool and settings give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from benchmarks.starter.crossval import deal_folds, forest_settings, score_left_out
from benchmarks.starter.figures import (
    Alarms,
    Results,
    best_on_the_past,
    judge_project,
    likely,
    tracked,
)
from benchmarks.starter.pool import Pool
from benchmarks.starter.settings import BLOCK_WHY, SOURCE, Settings
from cigate.features import FEATURES
from cigate.model import Bundle, Manifest, Thresholds, features_digest
from cigate.progress import track
from cigate_train.arrays import Mask, Scores
from cigate_train.card import day, versions
from cigate_train.convert import forest_to_onnx
from cigate_train.evaluate import plain_number
from cigate_train.export import Export, checked, settle
from cigate_train.fit import fit_forest, score
from cigate_train.scale.budget import budget_of_projects

CHECKED = 5_000
PROCEDURE = (
    "every build is featured with what had finished in its own project when it was pushed",
    "each project is scored by a forest that was grown on the projects of the other folds",
    "figures are those of the last half of each project's builds; medians over projects",
    "the alarms behind F1: of the forest, from the threshold with the best F1 to be expected by the last 400"
    " scores; of the rule, from the one with the best F1 on the builds that had finished by then",
    "warn: the lowest threshold that warns about no more than the budget of the pushes to branches not red of"
    " projects that the scoring forest never saw, each project counting alike",
    "the exported forest is grown on all builds of all projects with the same settings",
)


@dataclass(frozen=True, slots=True)
class Study:
    """What cross-validation found: the threshold for warnings, what it did, and each judge's figures.

    `warned` is the mean over projects of the share of green pushes warned about; `precision` how many of
    these failed, `green_rate` how many green pushes fail, both with each project counting alike.
    """

    warn: float
    warned: float
    precision: float
    green_rate: float
    judges: dict[str, Results]


def study(pool: Pool, settings: Settings) -> Study:
    """Judge every project by a forest that never saw it, beside the rule and the echo."""
    folds = deal_folds(len(pool), settings)
    forest, old = np.zeros(len(pool.failed)), np.zeros(len(pool.failed))
    for rows, *scores in track(score_left_out(pool, folds, settings), "growing forests", len(folds)):
        forest[rows], old[rows] = scores
    echo = np.concatenate([dataset.echo for dataset in pool.datasets]).astype(np.float64)
    judges = {
        "forest": _test(pool, forest, old, tracked),
        "rule": _test(pool, pool.rule, pool.old.rule, best_on_the_past),
        "echo": _test(pool, echo, pool.old.echo.astype(np.float64), likely),
    }
    warn = budget_of_projects(_budgeted(pool, forest), settings.budget)
    return Study(warn, *_on_green(pool, forest, warn), judges)


def _budgeted(pool: Pool, scores: Scores) -> list[tuple[Scores, Mask]]:
    return [(p, dataset.not_red) for dataset, p in pool.split(scores)]


def _test(pool: Pool, scores: Scores, old: Scores, alarms: Alarms) -> Results:
    parts = zip(pool.projects, pool.split(scores), pool.split(old), strict=True)
    return Results({name: judge_project(dataset, p, late, alarms) for name, (dataset, p), (_, late) in parts})


def _on_green(pool: Pool, scores: Scores, warn: float) -> tuple[float, float, float]:
    shares = []
    for dataset, p in pool.split(scores):
        green = dataset.green
        if green.any():
            alarmed, failed = p[green] >= warn, dataset.failed[green]
            shares.append((alarmed.mean(), (alarmed & failed).mean(), failed.mean()))
    warned, hit, failed_rate = np.mean(shares, axis=0) if shares else (np.nan, np.nan, np.nan)
    return float(warned), float(hit / warned) if warned else float("nan"), float(failed_rate)


def make_starter(pool: Pool, settings: Settings, found: Study) -> Export:
    """Grow the forest on every row and return its bundle, without a history, checked by both backends."""
    features = tuple((feature.name, feature.version) for feature in FEATURES)
    forest = fit_forest(pool.rows, pool.failed, forest_settings(settings, len(pool.rows)))
    model = forest_to_onnx(forest, len(features), features_digest(features))
    rows = pool.rows[:: max(1, len(pool.rows) // CHECKED)]
    expected = score(forest, rows)
    model_sha256 = sha256(model).hexdigest()
    green = np.concatenate([dataset.green for dataset in pool.datasets])
    manifest = Manifest(
        model_id=f"starter-{model_sha256[:12]}",
        created_at=settings.created_at,
        features=features,
        model_sha256=model_sha256,
        history_sha256=sha256(b"").hexdigest(),
        thresholds=settle(Thresholds(round(found.warn, 6), None, BLOCK_WHY), expected),
        base_rate=round(float(np.mean(pool.failed)), 6),
        typical=np.median(pool.rows[green], axis=0).astype(np.float32).tolist(),
        synthetic=False,
        card=make_card(pool, settings, found),
    )
    return checked(Bundle(manifest, model, b""), rows, expected)


def make_card(pool: Pool, settings: Settings, found: Study) -> dict[str, object]:
    """Return the model card: where the builds come from, the settings, and what the model is worth."""
    return {
        "data": {
            "source": SOURCE,
            "projects": len(pool),
            "builds": len(pool.failed),
            "failures": int(np.count_nonzero(pool.failed)),
            "first_pushed": day(min(_pushes(pool))),
            "last_pushed": day(max(_pushes(pool))),
            "features": len(FEATURES),
            "of_project": {
                name: f"{len(dataset)} builds, {day(dataset.pushed_at[0])} to {day(dataset.pushed_at[-1])}"
                for name, dataset in zip(pool.projects, pool.datasets, strict=True)
            },
        },
        "forest": forest_settings(settings, len(pool.rows)).to_plain(),
        "thresholds": {
            "budget": settings.budget,
            "warned_share_of_green": plain_number(found.warned),
            "precision_on_green": plain_number(found.precision),
            "failure_rate_on_green": plain_number(found.green_rate),
        },
        "evaluation": {
            "protocol": f"leave projects out, {settings.folds} folds; medians over projects of the last half",
            **{name: tested.plain_medians() for name, tested in found.judges.items()},
        },
        "procedure": list(PROCEDURE),
        "versions": versions(),
    }


def _pushes(pool: Pool) -> Iterable[int]:
    return [int(at) for dataset in pool.datasets for at in (dataset.pushed_at.min(), dataset.pushed_at.max())]
