"""Holds a training against the live model on the same newest builds, both through the serving engine.

Where enough builds were pushed after the live model was made, neither may have learned them: for these a
second model is made that knows only what had finished before, unless the new one itself knows no more.
Where there are too few, the live model knows them, and as a rule the new one too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from cigate.features import FEATURES
from cigate.model import Bundle, features_digest

from . import metrics
from .arrays import Indices, Mask, Scores
from .batch import score_rows
from .evaluate import plain_number
from .export import make_model
from .layout import figure
from .rivals import merit
from .training import LEAST_FINISHED, Course

LEAST_UNSEEN = 50
MERIT_MARGIN = 0.02
CALIBRATION_MARGIN = 0.05


@dataclass(frozen=True, slots=True)
class Standing:
    """What a model is worth on some builds: `merit` is the mean of its AUCs over all and over green ones."""

    merit: float
    auc: float
    green_auc: float
    calibration_error: float

    def to_plain(self) -> dict[str, int | float | None]:
        """Return the figures as a dict, ready for JSON."""
        return {name: plain_number(getattr(self, name)) for name in self.__slots__}

    def __str__(self) -> str:
        return (
            f"merit {figure(self.merit)} (AUC {figure(self.auc)}, on green {figure(self.green_auc)}),"
            f" calibration error {figure(self.calibration_error)}"
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """The `new` and the `live` model on the same `builds`; `unseen` says that neither had learned them."""

    builds: int
    failures: int
    unseen: bool
    new: Standing
    live: Standing

    @property
    def objection(self) -> str:
        """Return in which way the new model is worse, "" where it is not."""
        if math.isnan(self.new.merit):
            return "the held-out builds cannot tell which of the two is better"
        if self.new.merit < self.live.merit - MERIT_MARGIN:
            return f"its merit is lower by {self.live.merit - self.new.merit:.3f} than the live model's"
        worse = self.new.calibration_error - self.live.calibration_error
        if worse > CALIBRATION_MARGIN:
            return f"its calibration error is higher by {worse:.3f} than the live model's"
        return ""

    def to_plain(self) -> dict[str, object]:
        """Return the comparison as nested dicts, ready for JSON."""
        return {
            "builds": self.builds,
            "failures": self.failures,
            "unseen": self.unseen,
            "new": self.new.to_plain(),
            "live": self.live.to_plain(),
        }


def compare(course: Course, made: Bundle, live: Bundle) -> Comparison:
    """Hold `made`, which is `course` exported, against `live` on the newest builds of `course`.

    Raises:
        ModelError: a model cannot be asked.
    """
    where, early = _unseen(course, live.manifest.created_at)
    unseen = bool(where.size)
    # A forest that was evaluated and then exported has learned none of the tested builds.
    judge = _rehearse(course, made, early, where) if unseen and course.forest is None else made
    where = where if unseen else course.test.late
    held = course.dataset.take(where)
    scores = [score_rows(bundle, held.rows) for bundle in (judge, live)]
    new, old = (_standing(held.failed, p, held.green) for p in scores)
    return Comparison(len(held), held.failures, unseen, new, old)


def _unseen(course: Course, since: int) -> tuple[Indices, Indices]:
    """Return the tested builds pushed after `since`, and those that had finished before the first of them.

    Both are empty where they would not be enough.
    """
    data, late = course.dataset, course.test.late
    where = late[data.pushed_at[late] > since]
    none = where[:0]
    if where.size < LEAST_UNSEEN:
        return none, none
    first = int(where[0])
    early = np.flatnonzero(data.finished_at[:first] < data.pushed_at[first])
    held = data.take(where)
    told = not math.isnan(merit(held.failed, np.zeros(len(held)), held.green))
    return (where, early) if told and early.size >= LEAST_FINISHED else (none, none)


def _rehearse(course: Course, made: Bundle, early: Indices, where: Indices) -> Bundle:
    """Return a bundle as it would have been made of `early`; its model alone is meant to be used."""
    digest = features_digest(tuple((feature.name, feature.version) for feature in FEATURES))
    past = replace(course, dataset=course.dataset.take(early))
    model, _ = make_model(past, course.dataset.rows[where], digest)
    return Bundle(made.manifest, model, b"")


def _standing(failed: Mask, p: Scores, green: Mask) -> Standing:
    return Standing(
        merit(failed, p, green),
        metrics.auc(failed, p),
        metrics.auc(failed[green], p[green]),
        metrics.calibration_error(failed, p),
    )
