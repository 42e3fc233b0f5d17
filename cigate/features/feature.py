"""What a feature is, and the few scales that features are expressed in. Pure."""

from __future__ import annotations

from math import log1p, log2

from cigate.change import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from cigate.features.moment import Moment

UNKNOWN = -1.0  # for counts, rates and log times, which are never negative


class Feature(Fact):
    """One number about a push. A change of meaning needs a new `version`, never a new meaning in place.

    `value` reads it off the Moment. `doc` says what the number is, with its unit.
    """

    __slots__ = ("doc", "name", "value", "version")
    name: Final[str]
    version: Final[int]
    doc: Final[str]
    value: Final[Callable[[Moment], float]]

    def __init__(self, name: str, version: int, doc: str, value: Callable[[Moment], float]) -> None:
        self.name = name
        self.version = version
        self.doc = doc
        self.value = value


def log_hours(at: int, then: float) -> float:
    """Return log2(1 + hours from `then` to `at`); UNKNOWN where `then` is 0 (never)."""
    if not then:
        return UNKNOWN
    return log2(1.0 + (at - then) / 3600.0) if at > then else 0.0


def log_count(n: float) -> float:
    """Return log(1 + n)."""
    return log1p(n) if n > 0 else 0.0


def log_streak(streak: float) -> float:
    """Return the signed streak on a log scale: positive counts failures, negative passes."""
    return log1p(streak) if streak > 0 else -log1p(-streak)
