"""The manifest of a bundle: what the model was made from, for and when, and how it must be read.

Pure. Strict in both directions: an unknown format is another program's, and every field that is
not as described is named, all of them at once.
"""

from __future__ import annotations

from cigate.change import Fact
from cigate.errors import DamagedBundle, ModelError
from cigate.model.fields import find_problems
from cigate.model.strict_json import parse_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

FORMAT = 1


class Thresholds(Fact):
    """P(fail) from which a push is warned about and blocked.

    `block` is None where the model is not good enough to block, and `block_why` then says why.
    """

    __slots__ = ("block", "block_why", "warn")
    warn: Final[float]
    block: Final[float | None]
    block_why: Final[str]

    def __init__(self, warn: float, block: float | None, block_why: str = "") -> None:
        self.warn = warn
        self.block = block
        self.block_why = block_why


class Manifest(Fact):
    """What binds a model, a history snapshot and the list of features together.

    `features` are (name, version) in the order of the model's columns; `typical` holds one usual
    value for each. `base_rate` is the share of failed builds that the model was fitted on.
    `synthetic` says that no real build stands behind it. `card` is free: figures and provenance.
    """

    __slots__ = (
        "base_rate",
        "card",
        "created_at",
        "features",
        "format",
        "history_sha256",
        "model_id",
        "model_sha256",
        "synthetic",
        "thresholds",
        "typical",
    )
    format: Final[int]
    model_id: Final[str]
    created_at: Final[int]
    features: Final[tuple[tuple[str, int], ...]]
    model_sha256: Final[str]
    history_sha256: Final[str]
    thresholds: Final[Thresholds]
    base_rate: Final[float]
    typical: Final[tuple[float, ...]]
    synthetic: Final[bool]
    card: Final[dict[str, object]]

    def __init__(
        self,
        model_id: str,
        created_at: int,
        features: Sequence[tuple[str, int]],
        model_sha256: str,
        history_sha256: str,
        thresholds: Thresholds,
        base_rate: float,
        typical: Sequence[float],
        synthetic: bool,
        card: dict[str, object],
        format: int = FORMAT,
    ) -> None:
        self.format = format
        self.model_id = model_id
        self.created_at = created_at
        self.features = tuple((name, version) for name, version in features)
        self.model_sha256 = model_sha256
        self.history_sha256 = history_sha256
        self.thresholds = thresholds
        self.base_rate = base_rate
        self.typical = tuple(typical)
        self.synthetic = synthetic
        self.card = card


def parse_manifest(data: bytes) -> Manifest:
    """Return the manifest that `data` (JSON, UTF-8) describes.

    Raises:
        ModelError: where its format is another program version's.
        DamagedBundle: naming everything that is wrong with it.
    """
    try:
        plain = parse_json(data)
    except ValueError as error:
        raise _damaged([f"it cannot be read: {error}"]) from None
    if type(plain) is not dict:
        raise _damaged(["it is no JSON object"])
    _check_format(plain.get("format"))
    problems = find_problems(plain)
    if problems:
        raise _damaged(problems)
    limits: dict[str, Any] = plain["thresholds"]
    typical = tuple(map(float, plain["typical"]))
    return Manifest(**{**plain, "thresholds": Thresholds(**limits), "typical": typical})


def _check_format(found: object) -> None:
    if type(found) is int and found != FORMAT:
        raise ModelError(
            f"manifest.json is of format {found}, this cigate reads format {FORMAT}",
            "upgrade cigate here: pip install --upgrade cigate"
            if found > FORMAT
            else "train the model again with this cigate, or upgrade the side that published it",
        )


def _damaged(problems: list[str]) -> DamagedBundle:
    return DamagedBundle(
        f"manifest.json: {'; '.join(problems)}",
        "train a new model with `cigate train --export-onnx`, or fetch it anew",
    )


def render_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as canonical JSON: ASCII, sorted keys, a newline at the end.

    Raises:
        DamagedBundle: where `parse_manifest` would refuse the result.
    """
    from json import dumps

    plain = {name: getattr(manifest, name) for name in manifest.__slots__}
    limits = manifest.thresholds
    plain["thresholds"] = {name: getattr(limits, name) for name in limits.__slots__}
    try:
        data = f"{dumps(plain, sort_keys=True, indent=1, allow_nan=False)}\n".encode("ascii")
    except (TypeError, ValueError) as error:
        raise _damaged([f"it cannot be written: {error}"]) from None
    parse_manifest(data)
    return data
