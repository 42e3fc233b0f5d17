"""Makes a bundle of a training, and refuses one that the serving Predictor scores differently.

The same training gives the same bytes: nothing is read from the clock, the environment or this
machine's paths. Writes nothing; `cigate.model.write_bundle` does.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from cigate.errors import ModelError
from cigate.features import FEATURES
from cigate.model import Bundle, Manifest, Thresholds, features_digest, open_predictor

from .arrays import Rows, Scores
from .card import make_card
from .convert import forest_to_onnx, join_models
from .dataset import Dataset
from .fit import fit_forest
from .rivals import BLEND, STARTER, first_trees, score_kept, title_of
from .thresholds import clear_of
from .training import Course

TOLERANCE = 1e-5
MOST_CHECKED = 5_000
LEAST_GREEN = 20


@dataclass(frozen=True, slots=True)
class Export:
    """A bundle, and how it was checked: the largest difference over `rows` builds, and by what.

    `reference` names what the served scores were held against.
    """

    bundle: Bundle
    difference: float
    rows: int
    backends: tuple[str, ...]
    reference: str = "scikit-learn"


def export(course: Course, history: bytes, created_at: int) -> Export:
    """Make a bundle of `course`, with its forest or one grown on all builds, checked on the newest ones.

    Where the starter was kept, its model is taken as it is, with this repository's thresholds and usual
    values; where the mean of both was, the two are joined. `history` is the snapshot after all builds;
    `created_at` the Unix time up to which they reach.

    Raises:
        ModelError: the serving Predictor does not take the ONNX form, or scores differently with it.
    """
    features = tuple((feature.name, feature.version) for feature in FEATURES)
    rows = course.dataset.rows[course.test.late][-MOST_CHECKED:]
    model, expected = make_model(course, rows, features_digest(features))
    model_sha256 = sha256(model).hexdigest()
    manifest = Manifest(
        model_id=model_sha256[:12],
        created_at=created_at,
        features=features,
        model_sha256=model_sha256,
        history_sha256=sha256(history).hexdigest(),
        thresholds=settle(course.choice.thresholds, expected),
        base_rate=round(course.dataset.failures / len(course.dataset), 6),
        typical=typical_row(course.dataset),
        synthetic=course.dataset.synthetic > 0,
        card=make_card(course),
    )
    reference = "scikit-learn"
    if course.kept == STARTER:
        reference = f"the {title_of(STARTER, course.starter)} as it came"
    return replace(checked(Bundle(manifest, model, history), rows, expected), reference=reference)


def make_model(course: Course, rows: Rows, features_sha256: str) -> tuple[bytes, Scores]:
    """Return the ONNX form of the kept model and what it should say of `rows`.

    It is the forest of `course`; where that has none, one that learns from all builds.
    """
    starter = course.starter
    if course.kept == STARTER and starter:
        return starter.model, score_kept(STARTER, None, starter, rows)
    data = course.dataset
    forest = course.forest or fit_forest(data.rows, data.failed, course.settings, data.weights)
    if course.kept == BLEND and starter:
        forest = first_trees(forest, course.blend_trees)
    model = forest_to_onnx(forest, len(FEATURES), features_sha256)
    if course.kept == BLEND and starter:
        model = join_models(model, starter.model, features_sha256)
    return model, score_kept(course.kept, forest, starter, rows)


def settle(thresholds: Thresholds, p: Scores) -> Thresholds:
    """Return the thresholds moved clear of the scores `p`, so that no rounding decides a verdict."""
    warn = clear_of(thresholds.warn, p)
    block = None if thresholds.block is None else max(warn, clear_of(thresholds.block, p))
    return Thresholds(warn=warn, block=block, block_why=thresholds.block_why)


def typical_row(dataset: Dataset) -> tuple[float, ...]:
    """Return each feature's median over green builds, or over all where hardly any is green."""
    green = dataset.green
    rows = dataset.rows[green] if np.count_nonzero(green) >= LEAST_GREEN else dataset.rows
    return tuple(float(value) for value in np.median(rows, axis=0).astype(np.float32))


def checked(bundle: Bundle, rows: Rows, expected: Scores) -> Export:
    """Return the bundle with how it was checked: both backends must score `rows` as `expected`.

    Raises:
        ModelError: the serving Predictor does not take the model, or scores differently with it.
    """
    differences, used = [], []
    for backend in ("auto", "python"):
        predictor = open_predictor(bundle, backend)
        served = np.array(predictor.score([array("f", row.tobytes()) for row in rows]))
        used.append(predictor.backend)
        differences.append(refuse_disagreement(expected, served, bundle.manifest.thresholds))
    return Export(bundle, max(differences), len(rows), tuple(dict.fromkeys(used)))


def refuse_disagreement(expected: Scores, served: Scores, thresholds: Thresholds) -> float:
    """Return the largest difference between scikit-learn's scores and the served ones.

    Raises:
        ModelError: it is above TOLERANCE, or a score lies on the other side of a threshold.
    """
    difference = float(np.max(np.abs(expected - served)))
    if not difference <= TOLERANCE:  # written so that NaN fails
        raise ModelError(
            f"the exported model differs from the trained one by {difference:.2g} on held-out builds",
            "nothing was written; this combination of scikit-learn and skl2onnx cannot be used:"
            " pip install -U 'cigate[train]'",
        )
    for threshold in (thresholds.warn, thresholds.block):
        if threshold is not None and ((expected >= threshold) != (served >= threshold)).any():
            raise ModelError(
                f"the exported model gives another verdict than the trained one at p = {threshold:.6f}",
                "nothing was written; train again with another --seed",
            )
    return difference
