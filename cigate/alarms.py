"""The live alarm budget: which threshold a push to a green branch meets here now, kept from push to push.

On the path of every push: one small file beside the ledger, read and replaced whole. It belongs to the model
that gave the scores; another model begins anew. It may be deleted at any time, and that it cannot be written
stops nothing. The rule itself is `budget`'s, the same as a backtest's.
"""

from __future__ import annotations

import os
from struct import Struct
from zlib import crc32

from cigate.budget import Budget
from cigate.errors import HistoryError
from cigate.places import budget_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from cigate.model import Manifest, Thresholds
    from cigate.places import HasCommonDir

MOST_BYTES = 4096
_HEAD = Struct("<2I")  # which model, and the heads of the last push


class Alarms:
    """A budget at work: `held` gives what a push is held against, `note` takes in what became of it.

    Pushes are noted in memory; `keep` writes them down, once for all refs of a push.
    """

    def __init__(self, path: str, model: int, budget: Budget, heads: int = 0) -> None:
        self.budget: Final = budget
        self._path = path
        self._model = model
        self._heads = heads

    def held(self, limits: Thresholds) -> Thresholds:
        """Return `limits` with the threshold of warnings that holds now for a push to a green branch."""
        return self.budget.held(limits)

    def note(self, p_fail: float, warned: bool) -> None:
        """Take in a push to a green branch, and whether the model alone warned about it."""
        self.budget.note(p_fail, warned)

    def keep(self, heads: str) -> None:
        """Write the state down, unless `heads` are those of the push before: that one is tried again."""
        pushed = crc32(heads.encode())
        if pushed == self._heads:
            return
        temporary = f"{self._path}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            with open(temporary, "wb") as file:
                file.write(_HEAD.pack(self._model, pushed) + self.budget.snapshot())
            os.replace(temporary, self._path)
        except OSError:
            pass  # the ledger lies in the same folder, and `cigate doctor` looks whether it can be written


def open_alarms(repo: HasCommonDir, manifest: Manifest) -> Alarms | None:
    """Return the budget of this model here, None where it was not made to keep one.

    What is left of another model, or cannot be read, counts for nothing.
    """
    share = share_of(manifest.card)
    if share is None:
        return None
    path = budget_path(repo)
    model = crc32(f"{manifest.model_id} {share!r} {manifest.thresholds.warn!r}".encode())
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES)
        known, heads = _HEAD.unpack(data[: _HEAD.size]) if len(data) >= _HEAD.size else (None, 0)
        if known == model:
            return Alarms(path, model, Budget.restore(data[_HEAD.size :]), heads)
    except (OSError, HistoryError):
        pass
    return Alarms(path, model, Budget(share, manifest.thresholds.warn))


def share_of(card: Mapping[str, object]) -> float | None:
    """Return which share of the pushes to green branches a model may warn about; None: it has no budget."""
    chosen = card.get("thresholds")
    share = chosen.get("budget") if isinstance(chosen, dict) else None
    if isinstance(share, bool) or not isinstance(share, float) or not 0.0 < share < 1.0:
        return None
    return share
