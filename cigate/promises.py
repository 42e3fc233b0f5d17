"""What a model's card promises, in sentences: how it did on builds that it had not seen. Pure.

A card is free and may be anybody's: what is not there, or is no number, is left out.
"""

from __future__ import annotations

from cigate.words import percent_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def promises_of(card: Mapping[str, object]) -> tuple[str, ...]:
    """Return one sentence each on warnings and on order, as far as `card` has their figures."""
    return tuple(said for said in (_warnings(card), _order(card)) if said)


def _warnings(card: Mapping[str, object]) -> str:
    """Tell how many warnings were right: on the newest builds, else on other projects' green branches."""
    judged = _number(card, "evaluation", "all", "forest", "builds")
    alarms = _number(card, "evaluation", "all", "forest", "alarms")
    precision = _number(card, "evaluation", "all", "forest", "precision")
    recall = _number(card, "evaluation", "all", "forest", "recall")
    if judged is not None and alarms is not None and precision is not None and recall is not None:
        return (
            f"on the {judged:,.0f} newest builds before it was made it would have warned {alarms:,.0f} times;"
            f" {percent_text(precision)} of the warnings were right, {percent_text(recall)} of the failures"
            " were warned about"
        )
    precision = _number(card, "thresholds", "precision_on_green")
    usual = _number(card, "thresholds", "failure_rate_on_green")
    if precision is None or usual is None:
        return ""
    return (
        f"on projects that it had not seen, {percent_text(precision)} of its warnings about green branches"
        f" were right, where {percent_text(usual)} of the builds failed"
    )


def _order(card: Mapping[str, object]) -> str:
    """Tell how well it tells failures from passes, beside the habit of expecting the last outcome again."""
    for path in (("evaluation", "all"), ("evaluation",)):
        own, echo = _number(card, *path, "forest", "auc"), _number(card, *path, "echo", "auc")
        if own is not None and echo is not None:
            return f"AUC {own:.2f}; expecting each branch's last outcome again has {echo:.2f}"
    return ""


def _number(card: Mapping[str, object], *keys: str) -> float | None:
    value: object = card
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
