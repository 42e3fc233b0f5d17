"""Whether a model and this program mean the same features.

Pure. A feature is its name and version; the order is that of the model's columns.
"""

from __future__ import annotations

from cigate.errors import UnknownFeature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from cigate.model.manifest import Manifest

    class Named(Protocol):
        """A feature as far as a manifest knows it."""

        @property
        def name(self) -> str:
            """Its name."""

        @property
        def version(self) -> int:
            """Its version, 1 or more."""


def check_features(manifest: Manifest, features: Sequence[Named]) -> None:
    """Refuse a model that was trained on other features than `features`, in the program's order.

    Raises:
        UnknownFeature: naming each feature and version, and which side to upgrade.
    """
    ours = {feature.name: feature.version for feature in features}
    theirs = dict(manifest.features)
    ahead = [_pair(n, v) for n, v in theirs.items() if v > ours.get(n, 0)]
    behind = [_pair(n, v) for n, v in ours.items() if v > theirs.get(n, 0)]
    if ahead:
        raise UnknownFeature(
            f"the model was trained with {_list(ahead)}, which this cigate does not compute",
            "upgrade cigate here: pip install --upgrade cigate",
        )
    if behind:
        raise UnknownFeature(
            f"this cigate computes {_list(behind)}, which the model was not trained with",
            "train the model again with this cigate, or upgrade the side that published it",
        )
    if list(ours) != list(theirs):
        raise UnknownFeature(
            "the model was trained with the same features in another order",
            "train the model again with this cigate",
        )


def _pair(name: str, version: int) -> str:
    return f"{name} (version {version})"


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
