"""The model card: what a bundle was learned from, how, and what it was worth. Pure; ready for JSON.

Must hold no identity, no path of this machine and no reading of the clock: the same builds and seed
must give the same card.
"""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from .arrays import Mask
from .contest import contest_plain
from .dataset import Dataset
from .evaluate import plain_number
from .split import MOST_JUDGED, Split
from .thresholds import Choice
from .training import AMPLE, Course

LIBRARIES = ("cigate", "numpy", "onnx", "onnxruntime", "pandas", "scikit-learn", "skl2onnx")

PROCEDURE = (
    "every build is featured with what had finished when it was pushed",
    f"builds stand in the order of their pushes; the newest fifth, {MOST_JUDGED:,} at most, is the test",
    "the newest fifth of the rest, again so many at most, validates: a forest grown on the part before it"
    " scores it, and the thresholds are chosen on those scores",
    "builds that had not finished when the newer part began are left out of what is learned",
    "the starter model and its mean with the forest are held against it: validation says which is kept",
)
THREE_FORESTS = (
    "a second forest, grown on all that is before the test, is evaluated on the test, which chose nothing",
    "the exported forest is a third one, grown on all builds with the same settings; it keeps the thresholds",
)
ONE_FOREST = (
    "that very forest is evaluated on the test, which chose nothing, and exported: it had more than"
    f" {AMPLE:,} builds to learn from; the newest ones reach it through the history alone",
)


def day(at: int) -> str:
    """Return the UTC date of a Unix time, as 2026-01-31."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def make_card(course: Course) -> dict[str, object]:
    """Return the card of a training as nested dicts."""
    return {
        "data": _data(course.dataset),
        "split": {
            "test": _part(course.dataset, course.test),
            "validation": _part(course.dataset.take(course.test.early), course.validation),
        },
        "forest": course.settings.to_plain(),
        "thresholds": _thresholds(course.choice),
        "evaluation": {**course.evaluation.to_plain(), "alarms_by_state": course.alarms_by_state},
        "model": contest_plain(course),
        "procedure": [*PROCEDURE, *(ONE_FOREST if course.forest else THREE_FORESTS)],
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide a bundle's bytes."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def _data(dataset: Dataset) -> dict[str, object]:
    return {
        "builds": len(dataset),
        "failures": dataset.failures,
        "first_pushed": day(int(dataset.pushed_at[0])),
        "last_pushed": day(int(dataset.pushed_at[-1])),
        "features": int(dataset.rows.shape[1]),
        "has_branches": dataset.has_branches,
        "synthetic_builds": dataset.synthetic,
        "by_state": {name: _share(dataset.failed, where) for name, where in dataset.states.items()},
    }


def _share(failed: Mask, where: Mask) -> dict[str, int]:
    return {"builds": int(np.count_nonzero(where)), "failures": int(np.count_nonzero(failed & where))}


def _part(dataset: Dataset, split: Split) -> dict[str, object]:
    return {
        "from": day(split.at),
        "learned_from": int(split.early.size),
        "judged": int(split.late.size),
        "left_out_unfinished": split.unfinished,
        "failures_learned": int(np.count_nonzero(dataset.failed[split.early])),
        "failures_judged": int(np.count_nonzero(dataset.failed[split.late])),
    }


def _thresholds(choice: Choice) -> dict[str, object]:
    aims: dict[str, object] = {"budget": choice.budget} if choice.warn_rule == "budget" else {}
    if choice.costs:
        aims["minutes_per_build"] = choice.costs.per_build
        aims["minutes_per_false_alarm"] = choice.costs.per_false_alarm
    return {
        "warn_rule": choice.warn_rule,
        **aims,
        "validation_builds": choice.validated,
        "warned_share": plain_number(choice.warned_share),
        "precision": plain_number(choice.precision),
        "f1": plain_number(choice.f1),
        "best_f1": plain_number(choice.best_f1),
        "block_hits": choice.block_hits,
        "block_alarms": choice.block_alarms,
    }
