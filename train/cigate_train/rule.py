"""The rule of thumb that a model must beat: half the branch's failure rate, half the project's last 20.

Folds outcomes in the order in which they became known, like replay. Pure; looks at no feature.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush

import numpy as np

from cigate.change import BuildRecord
from cigate.history.rates import GLOBAL_RATE
from cigate.shelf import judged_at

from .arrays import Scores

LAST_BUILDS = 20
HALF_LIFE = 3
PRIOR_BUILDS = 0.5


class Rule:
    """What the rule knows: each branch's decayed failures, and the project's last outcomes."""

    def __init__(self) -> None:
        self._branches: dict[str, tuple[float, float]] = {}
        self._last: deque[bool] = deque(maxlen=LAST_BUILDS)

    def score(self, branch: str) -> float:
        """Return the rule's P(fail) of a push to `branch`; a new branch is as the project is."""
        recent = sum(self._last) / len(self._last) if self._last else GLOBAL_RATE
        builds, failures = self._branches.get(branch, (0.0, 0.0))
        own = (failures + PRIOR_BUILDS * recent) / (builds + PRIOR_BUILDS)
        return 0.5 * own + 0.5 * recent

    def learn(self, branch: str, failed: bool) -> None:
        """Take in the outcome of the next build that finished."""
        keep = 0.5 ** (1 / HALF_LIFE)
        builds, failures = self._branches.get(branch, (0.0, 0.0))
        self._branches[branch] = (builds * keep + 1.0, failures * keep + failed)
        self._last.append(failed)


def rule_scores(records: Iterable[BuildRecord], lag_s: int = 0) -> Scores:
    """Return the rule's score of each of `records`, which stand in the order of replay."""
    return np.fromiter(_scores(records, lag_s), np.float64)


def _scores(records: Iterable[BuildRecord], lag_s: int) -> Iterable[float]:
    rule = Rule()
    pending: list[tuple[int, str, int, str, bool]] = []
    for number, record in enumerate(records):
        at = judged_at(record)
        while pending and pending[0][0] + lag_s < at:
            *_, branch, failed = heappop(pending)
            rule.learn(branch, failed)
        yield rule.score(record.change.branch)
        if record.failed is not None:
            entry = (record.finished_at, record.id, number, record.change.branch, record.failed)
            heappush(pending, entry)
