"""What a build and a false alarm cost, and from which probability a warning is worth its while. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Mask


@dataclass(frozen=True, slots=True)
class Costs:
    """Minutes that a caught failure saves, and that an alarm about a good push wastes; both above 0."""

    per_build: float
    per_false_alarm: float

    @property
    def threshold(self) -> float:
        """Return P(fail) above which a warning saves more than it costs, as far as P is true."""
        return self.per_false_alarm / (self.per_build + self.per_false_alarm)

    def balance(self, failed: Mask, alarmed: Mask) -> float:
        """Return the minutes that these alarms saved, less those that they cost."""
        caught = np.count_nonzero(failed & alarmed)
        return float(self.per_build * caught - self.per_false_alarm * np.count_nonzero(alarmed & ~failed))
