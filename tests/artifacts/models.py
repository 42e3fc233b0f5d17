"""Models that can judge, told apart by their names."""

from __future__ import annotations

from cigate.model import Bundle
from tests.forests import make_manifest
from tests.judged import past, wary_forest


def model(name: str, history: bool = True) -> Bundle:
    """Return the wary forest under the name `name`."""
    forest = wary_forest()
    snapshot = past() if history else b""
    return Bundle(make_manifest(forest.model, snapshot, forest.features, name), forest.model, snapshot)
