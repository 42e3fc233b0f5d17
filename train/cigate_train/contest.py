"""The candidates of a training side by side, beside the echo: figures on the tested builds. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from . import metrics
from .arrays import Mask, Scores
from .evaluate import plain_number
from .rivals import Rival, title_of
from .training import Course

ECHO = "echo"


def contest_plain(course: Course) -> dict[str, object]:
    """Return which candidate was kept, why, and every candidate's figures, ready for JSON."""
    starter = course.starter and {
        "model_id": course.starter.manifest.model_id,
        "created_at": course.starter.manifest.created_at,
    }
    return {
        "kept": course.kept,
        "merit": {rival.name: plain_number(rival.merit) for rival in course.rivals},
        "test": {
            name: {key: plain_number(value) for key, value in seen.items()}
            for name, seen in _figures(course).items()
        },
        "starter": starter or course.left_out or None,
    }


def kept_text(course: Course) -> str:
    """Return which candidate was kept and by how much, in one sentence."""
    best = _of(course, course.kept)
    others = [rival for rival in course.rivals if rival.name != course.kept]
    against = " and ".join(f"{_shown(rival.merit)} ({_title(course, rival.name)})" for rival in others)
    tested = metrics.auc(_tested(course), best.test)
    gains = [tested - metrics.auc(_tested(course), rival.test) for rival in others]
    by = " and ".join(f"{gain:+.3f}" for gain in gains)
    return (
        f"{_title(course, course.kept)}: on the validation builds its AUC, the mean of all and of green ones,"
        f" is {_shown(best.merit)} against {against}; on the tested ones its AUC is {by} beside theirs"
    )


def contest_table(course: Course) -> pd.DataFrame:
    """Return the candidates and the echo: what chose, then figures on the tested builds."""
    rows = _figures(course)
    merits = {rival.name: rival.merit for rival in course.rivals}
    titles = [_title(course, name) + (" (kept)" if name == course.kept else "") for name in rows]
    table = {"chosen by": [_shown(merits[name]) if name in merits else "-" for name in rows]}
    for key in next(iter(rows.values())):
        table[key] = [_shown(seen[key]) for seen in rows.values()]
    return pd.DataFrame(table, index=titles)


def _figures(course: Course) -> dict[str, dict[str, float]]:
    judged = {rival.name: rival.test for rival in course.rivals}
    judged[ECHO] = course.dataset.take(course.test.late).echo.astype(np.float64)
    return {name: dict(_judge(course, p)) for name, p in judged.items()}


def _judge(course: Course, p: Scores) -> Iterator[tuple[str, float]]:
    failed = _tested(course)
    green = course.dataset.take(course.test.late).green
    yield "AUC", metrics.auc(failed, p)
    yield "local", metrics.local_auc(failed, p)
    yield "green AUC", metrics.auc(failed[green], p[green])
    yield "green local", metrics.local_auc(failed[green], p[green])
    yield "AP", metrics.average_precision(failed, p)
    yield "Brier", metrics.brier(failed, p)


def _tested(course: Course) -> Mask:
    return course.dataset.failed[course.test.late]


def _of(course: Course, name: str) -> Rival:
    return next(rival for rival in course.rivals if rival.name == name)


def _title(course: Course, name: str) -> str:
    return title_of(name, course.starter)


def _shown(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"
