"""The live thresholds: which one a push meets here now, kept from push to push.

On the path of every push: one small file beside the ledger, read and replaced whole. It belongs to the model
that gave the scores; another model begins anew. It may be deleted at any time, and that it cannot be written
stops nothing. The rule itself is `adaptive`'s, the same as a backtest's.
"""

from __future__ import annotations

import os
from struct import Struct
from zlib import crc32

from cigate.adaptive import AdaptiveThresholds, OperatingThreshold, first_thresholds
from cigate.budget import STATE_BYTES, Budget
from cigate.errors import HistoryError
from cigate.places import thresholds_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from cigate.model import Manifest
    from cigate.places import HasCommonDir

MOST_BYTES = 4096
_HEAD = Struct("<2I")  # which model, and the heads of the last push


class Alarms:
    """Adaptive thresholds at work: pushes are noted in memory, `keep` writes down all refs of one at once."""

    def __init__(self, path: str, model: int, thresholds: AdaptiveThresholds, heads: int = 0) -> None:
        self.thresholds: Final = thresholds
        self._path = path
        self._model = model
        self._heads = heads

    def keep(self, heads: str) -> None:
        """Write the state down, unless `heads` are those of the push before: that one is tried again."""
        pushed = crc32(heads.encode())
        if pushed == self._heads:
            return
        budget = self.thresholds.budget
        state = (budget.snapshot() if budget else b"") + self.thresholds.operating.snapshot()
        temporary = f"{self._path}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            with open(temporary, "wb") as file:
                file.write(_HEAD.pack(self._model, pushed) + state)
            os.replace(temporary, self._path)
        except OSError:
            pass  # the ledger lies in the same folder, and `cigate doctor` looks whether it can be written


def open_alarms(repo: HasCommonDir, manifest: Manifest) -> Alarms:
    """Return this model's thresholds here; what is left of another, or cannot be read, counts for nothing."""
    share = share_of(manifest.card)
    warn = manifest.thresholds.warn
    path = thresholds_path(repo)
    model = crc32(f"{manifest.model_id} {share!r} {warn!r}".encode())
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES)
        known, heads = _HEAD.unpack(data[: _HEAD.size]) if len(data) >= _HEAD.size else (None, 0)
        if known == model:
            return Alarms(path, model, _restored(data[_HEAD.size :], share, warn), heads)
    except (OSError, HistoryError):
        pass
    return Alarms(path, model, first_thresholds(manifest.thresholds, share))


def _restored(state: bytes, share: float | None, warn: float) -> AdaptiveThresholds:
    if share is None:
        return AdaptiveThresholds(None, OperatingThreshold.restore(state, warn))
    return AdaptiveThresholds(
        Budget.restore(state[:STATE_BYTES]), OperatingThreshold.restore(state[STATE_BYTES:], warn)
    )


def share_of(card: Mapping[str, object]) -> float | None:
    """Return which share of the pushes to green branches a model may warn about; None: it has no budget."""
    chosen = card.get("thresholds")
    share = chosen.get("budget") if isinstance(chosen, dict) else None
    if isinstance(share, bool) or not isinstance(share, float) or not 0.0 < share < 1.0:
        return None
    return share
