"""The words and the JSON of a scorecard: golden, honest about few cases, harmless to a terminal."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

from cigate.reporters.scores import render_json, render_text, share_text
from cigate.scorecard import Scorecard, Share, make_scorecard
from tests.test_scorecard import grade, outcome

GOLDEN = Path(__file__).with_name("golden")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "track-record.md"


def card() -> Scorecard:
    """Return a scorecard with something in each of its parts."""
    made = [grade(n, failed=n % 3 != 0, p_fail=0.55) for n in range(9)]
    made += [grade(n, "pass", n % 10 == 0, p_fail=0.04) for n in range(10, 40)]
    made += [grade(50, red=True, p_fail=0.9), grade(51, "pass", False, red=True, p_fail=0.15)]
    made += [grade(60, "block", None), grade(61, "block", True), grade(62, "skip", False, before="block")]
    return make_scorecard(made, [outcome(70, True), outcome(71, False)])


def test_the_words_are_those_of_the_golden_file() -> None:
    assert render_text(card(), {"CI is down": 1}) == (GOLDEN / "scorecard.txt").read_text("utf-8")


def test_before_the_first_outcome_there_are_no_rows_of_nothing() -> None:
    text = render_text(make_scorecard([grade(1, "warn", None)], []), {})
    assert text.splitlines()[1].strip() == "nothing to grade yet: the store knows no outcome of these"
    assert len(text.splitlines()) == 2


def test_the_json_is_that_of_the_golden_file() -> None:
    assert render_json(card(), {"CI is down": 1}) == (GOLDEN / "scorecard.json").read_text("utf-8")


def test_every_key_stands_in_the_document_and_no_other() -> None:
    found = json.loads(render_json(card(), {}))
    table = PAGE.read_text("utf-8").split("| key | what it says |\n|---|---|\n")[1]
    named = {key for line in table.splitlines() for key in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert set(found) == named
    assert {field.name for field in fields(Scorecard)} <= set(found)


def test_a_share_of_nothing_is_none() -> None:
    assert share_text(Share(0, 0)) == "none"
    assert share_text(Share(1, 1)) == "100 % (21 to 100 %)"


def test_reasons_cannot_drive_a_terminal_or_a_ci_server() -> None:
    evil = "x\x1b[31m\n##vso[task]"
    text = render_text(card(), {evil: 1})
    assert "\x1b" not in text
    assert "'x\\x1b[31m\\x0a#\\x23vso[task]'" in text
    assert "##" not in render_json(card(), {evil: 1})
    assert json.loads(render_json(card(), {evil: 1}))["reasons"] == {evil: 1}


def test_without_a_warning_the_failures_are_still_told() -> None:
    quiet = make_scorecard([grade(1, "pass", True), grade(2, "pass", False)], [])
    assert "warnings    none; 1 build failed\n" in render_text(quiet, {})
