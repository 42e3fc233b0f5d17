"""A Report as JSON for programs; docs/judgement.md describes every key.

The schema's number rises when a key changes its meaning or leaves; new keys may come at any time.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cigate.broken import Broken
    from cigate.judgement import FileRisk, Judgement, Report
    from cigate.reasons import Reason

SCHEMA = "cigate.judgement/1"


def render(report: Report, color: bool = False, quiet: bool = False) -> str:  # noqa: ARG001
    """Return `report` as one JSON object, keys sorted, ASCII only; the same report, the same bytes."""
    return plain_json(_report(report))


def plain_json(value: object) -> str:
    """Return `value` as JSON, keys sorted, ASCII only, and nothing that a CI server takes for a command."""
    text = json.dumps(value, indent=2, sort_keys=True)
    # A CI server takes ##vso[ for a command wherever it stands in its log; to JSON both are the same.
    return text.replace("##", "\\u0023\\u0023") + "\n"


def _text(name: str) -> str:
    """Return a name exactly, but for bytes that are no UTF-8, which JSON has no way to hold."""
    return os.fsencode(name).decode("utf-8", "replace")


def _report(r: Report) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "verdict": r.verdict(),
        "mode": r.mode,
        "remote": r.remote or None,
        "judged_at": r.at,
        "elapsed_ms": round(r.elapsed_s * 1000, 1),
        "judgements": [_judgement(j) for j in r.judgements],
        "unchanged": [_text(name) for name in r.unchanged],
        "notes": list(r.notes),
        "p_run": r.p_run,
        "files": [_file(file) for file in r.files],
        "worth": list(r.worth),
        "past": r.past and {"warned": r.past.warned, "came_true": r.past.came_true},
        "model": r.model
        and {
            "id": r.model.model_id,
            "created_at": r.model.created_at,
            "synthetic": r.model.synthetic,
            "starter": r.model.starter,
            "where": _text(r.model.where),
            "backend": r.model.backend,
        },
        "history": r.history
        and {
            "builds": r.history.builds,
            "failures": r.history.failures,
            "as_of": r.history.as_of,
            "where": _text(r.history.where),
        },
    }


def _judgement(j: Judgement) -> dict[str, Any]:
    return {
        "ref": _text(j.name),
        "branch": _text(j.branch),
        "head": j.head or None,
        "base": j.base or None,
        "commits": j.commits,
        "files": j.files,
        "complete": j.complete,
        "p_fail": round(j.p_fail, 6),
        "usual": round(j.usual, 6),
        "red_builds": j.red_builds,
        "red_s": j.red_s,
        "verdict": j.verdict.action,
        "why": j.verdict.why,
        "signals": [_signal(signal) for signal in j.signals],
        "reasons": [_reason(reason) for reason in j.reasons],
        "less": j.story.less
        and {
            "kind": j.story.less.kind,
            "what": _text(j.story.less.what),
            "p_without": round(j.story.less.p_without, 6),
        },
        "alike": j.story.alike
        and {
            "head": j.story.alike.head,
            "branch": _text(j.story.alike.branch),
            "finished_at": j.story.alike.at,
            "url": _text(j.story.alike.url),
            "share": round(j.story.alike.share, 6),
        },
        "red_since": j.story.red_since or None,
    }


def _signal(signal: Broken) -> dict[str, Any]:
    return {
        "kind": signal.kind,
        "path": _text(signal.path),
        "line": signal.line,
        "text": _text(signal.text),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"theme": reason.theme, "text": _text(reason.text), "p_without": round(reason.p_without, 6)}


def _file(file: FileRisk) -> dict[str, Any]:
    return {
        "path": _text(file.path),
        "added": file.added,
        "deleted": file.deleted,
        "p_without": file.p_without and round(file.p_without, 6),
        "rate": file.rate and round(file.rate, 6),
    }
