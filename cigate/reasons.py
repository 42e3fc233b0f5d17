"""Why a push is likely to fail, in facts that a developer can check. Pure but for the scoring.

Computed from the model: each theme of features is set to what is usual on green builds, all of them are
scored in one batch, and the themes whose absence lowers the probability most are put into words.
"""

from __future__ import annotations

from array import array

from cigate.change import Fact
from cigate.features import FEATURES, Moment
from cigate.themes import THEMES, Theme

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, Protocol

    class Scorer(Protocol):
        """Whatever turns rows of features into probabilities."""

        def score(self, rows: Sequence[array[float]]) -> list[float]:
            """Return P(fail) for each row."""
            ...


MOST_REASONS = 3
LEAST_DROP = 0.02  # a theme that moves the probability by less is no reason
_PLACE = {feature.name: place for place, feature in enumerate(FEATURES)}


class Reason(Fact):
    """One fact that makes the push riskier; `p_without` is the probability were it as usual."""

    __slots__ = ("p_without", "text", "theme")
    text: Final[str]
    p_without: Final[float]
    theme: Final[str]

    def __init__(self, text: str, p_without: float, theme: str) -> None:
        self.text = text
        self.p_without = p_without
        self.theme = theme


def explain(
    moment: Moment, row: array[float], p_fail: float, typical: Sequence[float], scorer: Scorer
) -> tuple[Reason, ...]:
    """Return the strongest reasons for `p_fail`, the probability of `row`, strongest first.

    `typical` holds a usual value for each feature, in the order of FEATURES.
    """
    said = [(theme, text) for theme in THEMES if (text := theme.say(moment))]
    if not said:
        return ()
    scores = scorer.score([without(row, theme, typical) for theme, _ in said])
    reasons = [Reason(text, p, theme.name) for (theme, text), p in zip(said, scores, strict=True)]
    strong = [reason for reason in reasons if p_fail - reason.p_without >= LEAST_DROP]
    return tuple(sorted(strong, key=lambda reason: reason.p_without)[:MOST_REASONS])


def without(row: array[float], theme: Theme, typical: Sequence[float]) -> array[float]:
    """Return `row` with the features of `theme` as usual."""
    changed = array("f", row)
    for name in theme.features:
        changed[_PLACE[name]] = typical[_PLACE[name]]
    return changed
