"""A Report in SARIF 2.1.0, for whatever collects findings: a result for each judgement and each broken file.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/. JSON in ASCII; paths are percent-encoded.
"""

from __future__ import annotations

import os
from urllib.parse import quote

from cigate import __version__
from cigate.reporters.escape import escape
from cigate.reporters.json import plain_json
from cigate.reporters.text import story_texts
from cigate.words import percent_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cigate.broken import Broken
    from cigate.judgement import Judgement, Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"block": "error", "warn": "warning", "pass": "none"}
RULE, BROKEN = "predicted-failure", "broken-file"


def render(report: Report, color: bool = False, quiet: bool = False) -> str:  # noqa: ARG001
    """Return one run; what passed is a result of the kind "pass"."""
    shown = [j for j in report.judgements if not quiet or j.verdict.action != "pass"]
    rule = {
        "id": RULE,
        "name": "PredictedFailure",
        "shortDescription": {"text": "This change is likely to break CI."},
        "defaultConfiguration": {"level": "warning"},
    }
    broken = {
        "id": BROKEN,
        "name": "BrokenFile",
        "shortDescription": {"text": "This file cannot be right as it is."},
        "defaultConfiguration": {"level": "warning"},
    }
    run = {
        "tool": {"driver": {"name": "cigate", "version": __version__, "rules": [rule, broken]}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the top of the repository"}}},
        "results": [
            *(_result(j, report) for j in shown),
            *(_broken(signal, j) for j in shown for signal in j.signals),
        ],
    }
    return plain_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(j: Judgement, report: Report) -> dict[str, Any]:
    said = f"{_plain(j.name)}: {percent_text(j.p_fail)} likely to fail (usual here: {percent_text(j.usual)})"
    told = [*(reason.text for reason in j.reasons), *story_texts(j, report.at)]
    return {
        "ruleId": RULE,
        "ruleIndex": 0,
        "kind": "pass" if j.verdict.action == "pass" else "fail",
        "level": LEVELS[j.verdict.action],
        "message": {"text": "; ".join([said, *map(_plain, told)])},
        "locations": [_place(file.path) for file in report.files],
        "partialFingerprints": {"head/v1": j.head},
        "rank": round(100 * j.p_fail, 2),
    }


def _broken(signal: Broken, j: Judgement) -> dict[str, Any]:
    place = _place(signal.path)
    place["physicalLocation"]["region"] = {"startLine": signal.line}
    return {
        "ruleId": BROKEN,
        "ruleIndex": 1,
        "kind": "fail",
        "level": "warning" if j.verdict.action == "pass" else LEVELS[j.verdict.action],
        "message": {"text": _plain(signal.text)},
        "locations": [place],
        "partialFingerprints": {"head/v1": j.head},
    }


def _plain(text: str) -> str:
    """Return text without what SARIF takes for a link: `[text](target)`."""
    shown = escape(text).replace("\\", "\\\\")
    return shown.replace("[", "\\[").replace("]", "\\]")


def _place(path: str) -> dict[str, Any]:
    uri = quote(os.fsencode(path))
    return {"physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": "SRCROOT"}}}
