"""A Report as GitLab's code-quality report: a finding beside each risky or broken file of what did not pass.

The format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. JSON in ASCII.
"""

from __future__ import annotations

import os
from hashlib import sha256

from cigate.reporters.escape import escape
from cigate.reporters.json import plain_json
from cigate.words import percent_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cigate.broken import Broken
    from cigate.judgement import FileRisk, Judgement, Report

SEVERITIES = {"block": "critical", "warn": "major"}


def render(report: Report, color: bool = False, quiet: bool = False) -> str:  # noqa: ARG001
    """Return a JSON array, empty where everything passed."""
    loud = [j for j in report.judgements if j.verdict.action != "pass"]
    broken = [_broken(j, signal) for j in loud for signal in j.signals]
    return plain_json(broken + [_finding(j, file) for j in loud for file in report.files])


def _broken(j: Judgement, signal: Broken) -> dict[str, Any]:
    path = os.fsencode(signal.path).decode("utf-8", "replace")
    return {
        "description": escape(signal.text),
        "check_name": "cigate-broken-file",
        "fingerprint": sha256(f"cigate\0{signal.kind}\0{path}".encode()).hexdigest(),
        "severity": SEVERITIES[j.verdict.action],
        "location": {"path": path, "lines": {"begin": signal.line}},
    }


def _finding(j: Judgement, file: FileRisk) -> dict[str, Any]:
    path = os.fsencode(file.path).decode("utf-8", "replace")
    said = f"{percent_text(j.p_fail)} likely to break CI (usual here: {percent_text(j.usual)})"
    if file.p_without is not None:
        said += f"; without this file: {percent_text(file.p_without)}"
    why = [escape(reason.text) for reason in j.reasons[:1]]
    return {
        "description": "; ".join([said, *why]),
        "check_name": "cigate",
        "fingerprint": sha256(f"cigate\0{path}".encode()).hexdigest(),
        "severity": SEVERITIES[j.verdict.action],
        "location": {"path": path, "lines": {"begin": 1}},
    }
