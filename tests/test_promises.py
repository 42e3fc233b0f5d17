"""What a model's card promises is what stands in it, and a card may hold anything."""

from __future__ import annotations

import pytest

from cigate.model import read_bundle
from cigate.places import starter_dir
from cigate.promises import promises_of
from tests.trained import exported


def test_own_model_tells_of_its_newest_builds() -> None:
    card = exported().bundle.manifest.card
    warnings, order = promises_of(card)
    assert warnings.startswith(
        "on the 80 newest builds before it was made it would have warned 11 times; 82 %"
    )
    assert order.startswith("AUC 0.72; expecting each branch's last outcome again has 0.61")


def test_starter_tells_of_other_projects() -> None:
    warnings, order = promises_of(read_bundle(starter_dir()).manifest.card)
    assert "projects that it had not seen, 42 % of its warnings" in warnings
    assert "AUC 0.77" in order


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"evaluation": 3},
        {"evaluation": {"all": {"forest": {"builds": 9, "alarms": 0, "precision": None, "recall": 0.0}}}},
        {"evaluation": {"forest": {"auc": "high"}, "echo": {"auc": True}}},
        {"thresholds": {"precision_on_green": 0.4}},
    ],
    ids=["empty", "number", "no alarm", "words", "half"],
)
def test_what_is_not_there_is_not_said(card: dict[str, object]) -> None:
    assert promises_of(card) == ()
