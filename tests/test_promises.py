"""What a model's card promises is what stands in it, and a card may hold anything."""

from __future__ import annotations

import pytest

from cigate.model import read_bundle
from cigate.places import starter_dir
from cigate.promises import promises_of
from cigate.words import percent_text
from tests.trained import exported


def test_own_model_tells_of_its_newest_builds() -> None:
    figures = {"builds": 1080, "alarms": 11, "precision": 0.8181, "recall": 0.28, "auc": 0.72}
    warnings, order = promises_of({"evaluation": {"all": {"forest": figures, "echo": {"auc": 0.6146}}}})
    assert warnings == (
        "on the 1,080 newest builds before it was made it would have warned 11 times; 82 % of the warnings"
        " were right, 28 % of the failures were warned about"
    )
    assert order == "AUC 0.72; expecting each branch's last outcome again has 0.61"


def test_card_of_a_training_keeps_both_promises() -> None:
    """What is read here is what `cigate train` writes."""
    assert [said.split()[0] for said in promises_of(exported().bundle.manifest.card)] == ["on", "AUC"]


def test_starter_tells_of_other_projects() -> None:
    card = read_bundle(starter_dir()).manifest.card
    warnings, order = promises_of(card)
    limits = card["thresholds"]
    assert isinstance(limits, dict)
    right = percent_text(limits["precision_on_green"])
    assert f"projects that it had not seen, {right} of its warnings" in warnings
    assert order.startswith("AUC 0.7")


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
