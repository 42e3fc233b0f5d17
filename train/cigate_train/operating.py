"""The operating threshold of each build of a stretch: what a push would have met at that moment."""

from __future__ import annotations

import numpy as np

from cigate.adaptive import OperatingThreshold

from .arrays import Mask, Scores


def track_alarms(before: Scores, scores: Scores, otherwise: float) -> tuple[Mask, Scores]:
    """Return which of `scores` alarm, and from which threshold on each would, by the scores before it.

    `before` are older scores of the same judge; `otherwise` holds until enough scores are known.
    """
    operating = OperatingThreshold(otherwise, before.tolist())
    thresholds = np.empty(scores.size)
    for number, p_fail in enumerate(scores.tolist()):
        thresholds[number] = operating.threshold
        operating.note(p_fail)
    return scores >= thresholds, thresholds
