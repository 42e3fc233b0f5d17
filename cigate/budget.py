"""The alarm budget: from which probability a push to a green branch is warned about, as scores drift.

On the path of every push. Sees scores and warnings only, both known when a push is judged, and never
an outcome. Pure: the caller keeps the state between pushes, as bytes.
"""

from __future__ import annotations

from math import exp, inf, isfinite, log
from struct import Struct
from zlib import crc32

from cigate.errors import HistoryError
from cigate.model.manifest import Thresholds

SHARE = 0.1
# Measured on the newer half of 48 real projects: the quantile of the last 200 scores missed a tenth by
# more than a third in seven of ten quarters, a step of .06 in one of eight, .1 in one of thirty-five.
# Larger steps warn less wisely: failures among the warnings are 1.9 times the usual, without steps 2.1.
STEP = 0.1
MEMORY = 0.01
FIRST_LEVEL, FIRST_SPREAD, LEAST_SPREAD = 1.0, 0.5, 0.1
EDGE = 1e-3  # scores beyond are taken as equally sure
FARTHEST = log((1.0 - EDGE) / EDGE)
MAGIC = b"CIGBUDG1"
_STATE = Struct("<8s4d")
_CHECK = Struct("<I")
STATE_BYTES = _STATE.size + _CHECK.size


class Budget:
    """A threshold that warns about `share` of the pushes it is told of, whatever their scores do.

    It stands `level` spreads above the mean of the scores so far, in log odds. Each push lowers the
    level by STEP, each warning raises it by STEP / share: it rests only where `share` of the pushes
    are warned about, and what was warned about too often is saved later.
    """

    __slots__ = ("_level", "_mean", "_spread", "share")

    def __init__(self, share: float = SHARE, threshold: float = 0.5) -> None:
        if not 0.0 < share < 1.0:
            raise ValueError("a budget is a share between 0 and 1")
        self.share = share
        self._level = FIRST_LEVEL
        self._spread = FIRST_SPREAD
        self._mean = _log_odds(threshold) - FIRST_LEVEL * FIRST_SPREAD

    @property
    def threshold(self) -> float:
        """Return the probability from which a push is warned about now; it may be infinite: none is."""
        odds = self._mean + self._level * self._spread
        if odds <= -FARTHEST:
            return 0.0
        return 1.0 / (1.0 + exp(-odds)) if odds <= FARTHEST else inf

    def note(self, p_fail: float, warned: bool) -> None:
        """Take in the score of a push to a green branch, and whether it was warned about."""
        if not isfinite(p_fail):
            raise ValueError("a score is a finite number")
        away = _log_odds(p_fail) - self._mean
        self._level += STEP * (warned / self.share - 1.0)
        self._spread = max(LEAST_SPREAD, self._spread + MEMORY * (abs(away) - self._spread))
        self._mean += MEMORY * away

    def held(self, limits: Thresholds) -> Thresholds:
        """Return what a push to a green branch is held against now, where blocking has these `limits`."""
        return held_from(self.threshold, limits)

    def snapshot(self) -> bytes:
        """Return the whole state; `restore` makes the same Budget of it."""
        body = _STATE.pack(MAGIC, self.share, self._level, self._mean, self._spread)
        return body + _CHECK.pack(crc32(body))

    @classmethod
    def restore(cls, data: bytes) -> Budget:
        """Return the Budget whose `snapshot` gave `data`.

        Raises:
            HistoryError: where `data` is anything else.
        """
        body, check = data[: _STATE.size], data[_STATE.size :]
        if len(body) < _STATE.size or body[:8] != MAGIC or check != _CHECK.pack(crc32(body)):
            raise HistoryError("the state of the alarm budget cannot be read", "delete it; it starts anew")
        _, share, *state = _STATE.unpack(body)
        budget = cls(share)
        budget._level, budget._mean, budget._spread = state
        return budget


def held_from(warn: float, limits: Thresholds) -> Thresholds:
    """Return `limits` with warnings from `warn` on.

    What is sure enough to be blocked is not hushed up by a budget that is spent.
    """
    sure = inf if limits.block is None else limits.block
    return Thresholds(min(warn, sure), limits.block, limits.block_why)


def _log_odds(p: float) -> float:
    inside = min(max(p, EDGE), 1.0 - EDGE)
    return log(inside / (1.0 - inside))
