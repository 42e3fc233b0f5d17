"""How reports are laid out: plain text below 80 columns, a dash for what is not known. Pure."""

from __future__ import annotations

import math
from textwrap import wrap

WIDTH = 79
LABEL = 8


def entry(label: str, text: str) -> list[str]:
    """Return `text` as lines behind a label, the later ones indented."""
    return wrap(
        text,
        WIDTH,
        initial_indent=f"{label:<{LABEL}}",
        subsequent_indent=" " * LABEL,
        break_on_hyphens=False,
    )


def percent(value: float) -> str:
    """Return a share as 12.3 %."""
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"


def figure(value: float, digits: int = 3) -> str:
    """Return a figure with as many digits."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def duration(seconds: int) -> str:
    """Return a duration in the largest unit that says it exactly: 24h, 90m, 45s."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
