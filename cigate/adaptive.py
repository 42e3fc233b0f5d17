"""What a push is held against: the alarm budget on a green branch, the operating threshold elsewhere.

On the path of every push, and in a backtest alike. Sees scores and warnings only, all known when a push is
judged, and never an outcome. Pure: the caller keeps the state between pushes, as bytes.
"""

from __future__ import annotations

from array import array
from math import fsum, isfinite
from zlib import crc32

from cigate.budget import Budget, held_from
from cigate.errors import HistoryError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cigate.model.manifest import Thresholds

# Measured on the newer half of 25 projects new to the forest, F1 less the echo's in the mean: +.029 with 400
# scores, +.028 with 800, +.022 with 200, +.010 with all; +.007 with the threshold that was best on the past.
WINDOW = 400
LEAST = 30
_CHECK_BYTES = 4


class OperatingThreshold:
    """The threshold from which on alarms are expected to have the best F1, as scores drift.

    What is risky in a calm year is usual in a rough one: it goes by the last WINDOW `scores`, and is
    `otherwise` until LEAST are known.
    """

    __slots__ = ("_otherwise", "_scores", "_threshold")

    def __init__(self, otherwise: float, scores: Iterable[float] = ()) -> None:
        self._otherwise = otherwise
        self._scores = array("d", scores)[-WINDOW:]
        self._threshold = 0.0  # not worked out yet: most pushes never ask

    @property
    def threshold(self) -> float:
        """Return the probability from which a push is an alarm now."""
        if len(self._scores) < LEAST:
            return self._otherwise
        self._threshold = self._threshold or expected_f1_threshold(self._scores)
        return self._threshold

    def note(self, p_fail: float) -> None:
        """Take in the score of a push to whatever branch."""
        if not isfinite(p_fail):
            raise ValueError("a score is a finite number")
        self._scores.append(p_fail)
        self._threshold = 0.0
        if len(self._scores) > WINDOW:
            del self._scores[0]

    def snapshot(self) -> bytes:
        """Return the scores; `restore` makes the same threshold of them."""
        body = self._scores.tobytes()
        return body + crc32(body).to_bytes(_CHECK_BYTES, "little")

    @classmethod
    def restore(cls, data: bytes, otherwise: float) -> OperatingThreshold:
        """Return the threshold whose `snapshot` gave `data`, on a machine of the same byte order.

        Raises:
            HistoryError: where `data` is anything else.
        """
        body, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
        scores = array("d")
        if len(body) % scores.itemsize or check != crc32(body).to_bytes(_CHECK_BYTES, "little"):
            raise HistoryError("the last scores cannot be read", "delete them; they are noted anew")
        scores.frombytes(body)
        return cls(otherwise, scores)


def expected_f1_threshold(scores: Sequence[float]) -> float:
    """Return the score from which on alarms would have the best F1 if `scores` were true probabilities.

    Of so many alarms the expected hits are the sum of their scores, and the expected failures the sum of all:
    one more alarm pays while it is likelier to come true than half of the F1 that there is without it.
    """
    failures, hits, alarms, threshold = fsum(scores), 0.0, 0, 1.0
    for p in sorted(scores, reverse=True):
        if p * (alarms + failures) <= hits:
            break
        hits, alarms, threshold = hits + p, alarms + 1, p
    return threshold


class AdaptiveThresholds:
    """What pushes are held against, one after the other: `held` for each, then `note` what became of it.

    Pushes to green branches have an alarm budget. Without one, as where costs decide, every push to a branch
    that is not red is held against the threshold that was chosen. All others meet the operating one.
    """

    __slots__ = ("budget", "operating")

    def __init__(self, budget: Budget | None, operating: OperatingThreshold) -> None:
        self.budget = budget
        self.operating = operating

    def held(self, chosen: Thresholds, green: bool, red: bool) -> Thresholds:
        """Return `chosen` with the threshold of warnings that holds now, by the state of the branch.

        A branch without builds is neither `green` nor `red`.
        """
        if green and self.budget:
            return self.budget.held(chosen)
        if not (red or self.budget):
            return chosen
        return held_from(self.operating.threshold, chosen)

    def note(self, p_fail: float, green: bool, warned: bool) -> None:
        """Take in a push, and whether the model alone warned about it."""
        if green and self.budget:
            self.budget.note(p_fail, warned)
        self.operating.note(p_fail)


def first_thresholds(chosen: Thresholds, share: float | None) -> AdaptiveThresholds:
    """Return the thresholds of a model that has judged nothing yet; a `share` is its alarm budget."""
    return AdaptiveThresholds(
        None if share is None else Budget(share, chosen.warn), OperatingThreshold(chosen.warn)
    )
