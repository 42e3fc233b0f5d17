"""Numbers as people say them. Pure."""

from __future__ import annotations

HOUR_S = 3600
DAY_S = 86_400


def duration_text(seconds: float) -> str:
    """Return a duration as people say it: '40 min', '3 h', '5 days'."""
    if seconds < HOUR_S:
        return f"{max(1, round(seconds / 60))} min"
    if seconds < 2 * DAY_S:
        return f"{round(seconds / HOUR_S)} h"
    return f"{round(seconds / DAY_S)} days"


def count_text(number: int, noun: str) -> str:
    """Return a number of things: '1 build', '1,234 builds'."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def percent_text(p: float) -> str:
    """Return a share as '7 %'; 0 and 100 only where it is exactly that."""
    if 0 < p < 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= p < 1 else f"{round(100 * p)} %"
