"""An online logistic regression on hashed tokens: what this project's own builds say of its words.

Learned as builds finish, on top of the failure rate that is usual at that moment, so that its answer is
what the tokens add to that rate. Adagrad steps; the state is two flat float32 arrays.
"""

from __future__ import annotations

from array import array
from math import exp, fsum, sqrt

from cigate.history.snapshot import unreadable
from cigate.history.table import read_cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SLOTS = 1 << 14
# Chosen on 24 projects by the AUC on builds of green branches: .620 against .612 with 0.25, 1.0 and 0.5.
RATE = 2.0
FLOOR = 5.0  # added to the sum of squared gradients: the first steps stay small
SHARE = 0.75  # n tokens count n ** (1 - SHARE) times what one does: files repeat each other
CERTAIN = 40.0  # log odds beyond which a probability is 0 or 1 to the last bit of a float32


class OnlineLogit:
    """Weights by token slot; `slots` given to the methods are distinct and below SLOTS."""

    __slots__ = ("squares", "weights")

    def __init__(self) -> None:
        self.weights: array[float] = array("f", bytes(4 * SLOTS))
        self.squares: array[float] = array("f", bytes(4 * SLOTS))

    def excess(self, slots: Sequence[int]) -> float:
        """Return the log odds that the tokens add to the usual rate; 0.0 for no tokens."""
        weights = self.weights
        return _sum([weights[slot] for slot in slots])

    def learn(self, slots: Sequence[int], usual: float, failed: float) -> None:
        """Take one step for a build with these tokens; `usual` is the log odds of the usual rate."""
        if not slots:
            return
        weights, squares = self.weights, self.squares
        before = [weights[slot] for slot in slots]
        share = float(len(slots) ** -SHARE)
        odds = max(-CERTAIN, min(CERTAIN, usual + _sum(before)))
        gradient = (1.0 / (1.0 + exp(-odds)) - failed) * share
        square = gradient * gradient
        step = RATE * gradient
        floor = FLOOR * share * share
        for slot, weight in zip(slots, before, strict=True):
            seen = squares[slot] + square
            squares[slot] = seen
            weights[slot] = weight - step / sqrt(seen + floor)

    def load(self, weights: memoryview, squares: memoryview) -> None:
        """Take over the arrays of a snapshot.

        Raises:
            HistoryError: where they have another size, or hold what learning cannot lead to.
        """
        self.weights = read_cells("f", weights, signed=(0,))
        self.squares = read_cells("f", squares)
        if not len(self.weights) == len(self.squares) == SLOTS:
            raise unreadable("has a part of the wrong size")


def _sum(weights: list[float]) -> float:
    """Return what the weights of n tokens add up to."""
    # fsum: the plain sum rounds differently from Python 3.12 on.
    return fsum(weights) / float(len(weights) ** SHARE) if weights else 0.0
