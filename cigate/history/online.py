"""An online logistic regression on hashed tokens: what this project's own builds say of its words.

Learned as builds finish, on top of the failure rate that is usual at that moment, so that its answer is
what the tokens add to that rate. Adagrad steps; the state is two flat float32 arrays.
"""

from __future__ import annotations

from array import array
from math import exp, sqrt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SLOTS = 1 << 14
RATE = 0.25
FLOOR = 1.0  # added to the sum of squared gradients: the first steps stay small


class OnlineLogit:
    """Weights by token slot; `slots` given to the methods are distinct and below SLOTS."""

    __slots__ = ("squares", "weights")

    def __init__(self) -> None:
        self.weights: array[float] = array("f", bytes(4 * SLOTS))
        self.squares: array[float] = array("f", bytes(4 * SLOTS))

    def excess(self, slots: Sequence[int]) -> float:
        """Return the log odds that the tokens add to the usual rate; 0.0 for no tokens."""
        if not slots:
            return 0.0
        weights = self.weights
        return sum([weights[slot] for slot in slots]) / sqrt(len(slots))

    def learn(self, slots: Sequence[int], usual: float, failed: bool) -> None:
        """Take one step for a build with these tokens; `usual` is the log odds of the usual rate."""
        if not slots:
            return
        scale = 1.0 / sqrt(len(slots))
        gradient = (1.0 / (1.0 + exp(-usual - self.excess(slots))) - failed) * scale
        square = gradient * gradient
        step = RATE * gradient
        weights, squares = self.weights, self.squares
        for slot in slots:
            squares[slot] += square
            weights[slot] -= step / sqrt(squares[slot] + FLOOR * scale * scale)
