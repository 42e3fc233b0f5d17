"""The threshold that warns about no more than a share of pushes, each project counting alike. Pure."""

from __future__ import annotations

import numpy as np

from cigate_train.arrays import Mask, Scores
from cigate_train.thresholds import MIN_BUDGETED


def budget_of_projects(scored: list[tuple[Scores, Mask]], budget: float) -> float:
    """Return the lowest threshold that alarms at most `budget` of the budgeted rows.

    Each project counts alike. `scored` holds each project's scores and which of its rows are budgeted; a
    project with hardly any such row has no say.
    """
    parts = [p[counted] for p, counted in scored if np.count_nonzero(counted) >= MIN_BUDGETED]
    if not parts:
        return 0.5
    p = np.concatenate(parts)
    weights = np.concatenate([np.full(part.size, 1.0 / part.size / len(parts)) for part in parts])
    order = np.argsort(-p, kind="stable")
    falling, alarmed = p[order], np.cumsum(weights[order])
    last = np.append(falling[1:] != falling[:-1], True)
    within = np.flatnonzero(last & (alarmed <= budget * (1 + 1e-9)))
    if not within.size:
        return (float(falling[0]) + 1.0) / 2
    step = int(within[-1])
    below = float(falling[step + 1]) if step + 1 < falling.size else 0.0
    return (float(falling[step]) + below) / 2
