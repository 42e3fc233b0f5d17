"""The JSON form: a schema with a version, described in the documents, the same bytes every time."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cigate.judgement import Past
from cigate.policy import Verdict
from cigate.reporters import REPORTERS, open_reporter
from cigate.reporters.json import SCHEMA, render
from tests.reports import FILES, PASSED, SIGNALS, STORY, WORTH, judgement, report

HERE = Path(__file__).resolve().parent
BLOCKED = Verdict("block", "blocked")


def test_is_the_golden_file_byte_for_byte() -> None:
    full = report(
        judgement(verdict=BLOCKED, story=STORY, signals=SIGNALS),
        judgement("side", 0.04, PASSED, (), complete=False),
        unchanged=("old",),
        mode="block",
        notes=("pre-commit shows the first ref only",),
        files=FILES,
        worth=WORTH,
        past=Past(20, 13),
    )
    assert render(full) == (HERE / "golden" / "judgement.json").read_text("utf-8")


def test_the_gravest_verdict_of_all_refs_stands_at_the_top() -> None:
    side = judgement("side", 0.01, PASSED, ())
    assert json.loads(render(report(side, judgement())))["verdict"] == "warn"
    assert json.loads(render(report(side)))["verdict"] == "pass"
    assert json.loads(render(report(unchanged=("main",))))["verdict"] == "none"


def test_what_was_not_loaded_is_null() -> None:
    plain = json.loads(render(report(unchanged=("main",), remote="")))
    assert plain["model"] is plain["history"] is plain["remote"] is None
    assert plain["unchanged"] == ["main"]


def test_names_are_exact_for_programs_and_harmless_in_a_log() -> None:
    name = 'a"\x1b##vso[x]\u202e' + b"\xff".decode("utf-8", "surrogateescape")
    text = render(report(judgement(name)))
    assert text.isascii()
    assert "\x1b" not in text
    assert "##" not in text
    assert json.loads(text)["judgements"][0]["ref"] == 'a"\x1b##vso[x]\u202e\ufffd'


def keys(value: object) -> set[str]:
    """Return every key of every object inside `value`."""
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys(inner)}
    return {key for inner in value for key in keys(inner)} if isinstance(value, list) else set()


def test_every_key_and_no_other_is_documented() -> None:
    text = (HERE.parent / "docs" / "judgement.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert documented == keys(json.loads(render(report(judgement(signals=SIGNALS), files=FILES))))
    assert SCHEMA in text


def test_reporters_are_found_by_name() -> None:
    for name in REPORTERS:
        assert open_reporter(name).render(report(judgement()))
