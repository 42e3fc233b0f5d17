"""Small random forests as onnx bytes and bundles, fitted once a test session."""

from __future__ import annotations

import functools
from array import array
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cigate.model import FEATURES_KEY, Bundle, Manifest, Thresholds, features_digest

CREATED_AT = 1_700_000_000

Features = tuple[tuple[str, int], ...]


class Forest(NamedTuple):
    """A fitted classifier, the model that was converted from it, and the rows it learned from."""

    classifier: Any
    model: bytes
    features: Features
    rows: NDArray[np.float32]


def numbered_features(count: int) -> Features:
    """Return `count` features named f0, f1, ... of version 1."""
    return tuple((f"f{i}", 1) for i in range(count))


@functools.cache
def fit_forest(
    features: Features | None = None, n_trees: int = 20, n_leaves: int = 16, seed: int = 0
) -> Forest:
    """Fit a forest for `features` (eight numbered ones unless told) and convert it."""
    from sklearn.ensemble import RandomForestClassifier

    features = numbered_features(8) if features is None else features
    random = np.random.default_rng(seed)
    rows = random.normal(size=(600, len(features))).astype(np.float32)
    failed = rows[:, 0] + rows[:, -1] * rows[:, 0] + random.normal(size=len(rows)) > 0.8
    classifier = RandomForestClassifier(n_trees, max_leaf_nodes=n_leaves, random_state=seed)
    classifier.fit(rows, failed.astype(int))
    return Forest(classifier, convert(classifier, features), features, rows)


def convert(classifier: Any, features: Features) -> bytes:
    """Return the classifier as ONNX bytes that carry the digest of `features`."""
    import onnx
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    model = convert_sklearn(
        classifier,
        initial_types=[("features", FloatTensorType([None, len(features)]))],
        options={"zipmap": False},
        target_opset={"": 15, "ai.onnx.ml": 3},
    )
    onnx.helper.set_model_props(model, {FEATURES_KEY: features_digest(features)})
    return bytes(model.SerializeToString())


def make_manifest(model: bytes, history: bytes, features: Features, model_id: str = "test-model") -> Manifest:
    """Return a manifest for these bytes, with thresholds that warn from 0.5 and block from 0.8."""
    return Manifest(
        model_id=model_id,
        created_at=CREATED_AT,
        features=features,
        model_sha256=sha256(model).hexdigest(),
        history_sha256=sha256(history).hexdigest(),
        thresholds=Thresholds(0.5, 0.8),
        base_rate=0.2,
        typical=[0.0] * len(features),
        synthetic=True,
        card={"rows": 600},
    )


def make_bundle(
    forest: Forest | None = None, history: bytes = b"history", model_id: str = "test-model"
) -> Bundle:
    """Return a bundle of the forest (the small one unless told) and a history snapshot."""
    forest = forest or fit_forest()
    manifest = make_manifest(forest.model, history, forest.features, model_id)
    return Bundle(manifest, forest.model, history)


def to_rows(matrix: NDArray[np.float32]) -> list[array[float]]:
    """Return the matrix as the rows that a Predictor takes."""
    return [array("f", row.tobytes()) for row in np.ascontiguousarray(matrix, np.float32)]
