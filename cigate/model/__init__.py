"""The model side: bundles, their manifests, and scoring.

Names are looked up when they are used, so that a push pays only for what it needs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.model.agreement import check_features
    from cigate.model.bundle import Bundle, has_bundle, read_bundle
    from cigate.model.manifest import Manifest, Thresholds, parse_manifest, render_manifest
    from cigate.model.outline import FEATURES_KEY, features_digest, read_metadata
    from cigate.model.predictor import Predictor, open_predictor
    from cigate.model.structure import check_structure
    from cigate.model.writing import write_bundle

__all__ = [
    "FEATURES_KEY",
    "Bundle",
    "Manifest",
    "Predictor",
    "Thresholds",
    "check_features",
    "check_structure",
    "features_digest",
    "has_bundle",
    "open_predictor",
    "parse_manifest",
    "read_bundle",
    "read_metadata",
    "render_manifest",
    "write_bundle",
]

_HOMES = {
    "FEATURES_KEY": "outline",
    "Bundle": "bundle",
    "Manifest": "manifest",
    "Predictor": "predictor",
    "Thresholds": "manifest",
    "check_features": "agreement",
    "check_structure": "structure",
    "features_digest": "outline",
    "has_bundle": "bundle",
    "open_predictor": "predictor",
    "parse_manifest": "manifest",
    "read_bundle": "bundle",
    "read_metadata": "outline",
    "render_manifest": "manifest",
    "write_bundle": "writing",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(__import__(f"{__name__}.{home}", fromlist=(name,)), name)
    globals()[name] = found
    return found
