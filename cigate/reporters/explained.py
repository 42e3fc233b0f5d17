"""An explanation in words and as JSON; docs/explain.md describes both.

Must not print; escapes whatever comes from a commit.
"""

from __future__ import annotations

import json
import os
from typing import Any

from cigate.reporters.escape import escape
from cigate.reporters.text import SHORT, alike_text, date_text, less_text
from cigate.words import count_text, duration_text, percent_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.change import BuildRecord
    from cigate.explanation import Effect, Explanation
    from cigate.hindsight import Hindsight

SCHEMA = "cigate.explanation/1"
TITLES = {
    "branch": "how this branch has done",
    "ground": "how the commits below it have done",
    "project": "how builds here have gone lately",
    "author": "the author's record",
    "paths": "how builds touching these paths have done",
    "words": "its files and words, beside those of past failures",
    "size": "its size",
    "kinds": "the kinds of files that it touches",
    "commits": "how many commits it has, and how old they are",
}


def render_text(said: Explanation, told: tuple[tuple[str, str], ...], past: Hindsight | None) -> str:
    """Return the long form; `told` are named lines on what judged."""
    change = said.change
    on = f"{escape(change.branch)} " if change.branch else ""
    usual = "usual then" if past else "usual here"
    lines = [
        f"{on}{change.head[:SHORT]}   {percent_text(said.p_fail)} likely to fail"
        f"  ({usual}: {percent_text(said.usual)})",
        _line(
            "pushed",
            f"{date_text(change.pushed_at)}: {count_text(len(change.commits), 'commit')},"
            f" {count_text(said.files, 'file')}",
        ),
    ]
    if said.red_builds:
        lines.append(_line("branch", f"red for {count_text(said.red_builds, 'build')} before it"))
    lines += _listed("broken", [escape(signal.text) for signal in said.signals])
    lines += _effects(said)
    lines += _listed("without", [f"{percent_text(x.p_without):>6}  {less_text(x)}" for x in said.leaving_out])
    lines += _listed("alike", [alike_text(alike, change.pushed_at) for alike in said.alike])
    lines += [_line(name, escape(text)) for name, text in told]
    lines += _listed("since", _since(past)) if past else []
    return "".join(f"{line.rstrip()}\n" for line in lines)


def render_json(said: Explanation, told: tuple[tuple[str, str], ...], past: Hindsight | None) -> str:
    """Return the same as one JSON object, keys sorted, ASCII only."""
    change = said.change
    plain: dict[str, Any] = {
        "schema": SCHEMA,
        "head": change.head,
        "base": change.base or None,
        "branch": _name(change.branch),
        "pushed_at": change.pushed_at,
        "commits": len(change.commits),
        "files": said.files,
        "p_fail": round(said.p_fail, 6),
        "usual": round(said.usual, 6),
        "red_builds": said.red_builds,
        "signals": [
            {"kind": s.kind, "path": _name(s.path), "line": s.line, "text": _name(s.text)}
            for s in said.signals
        ],
        "effects": [
            {"theme": e.theme, "text": _name(e.text), "p_without": round(e.p_without, 6)}
            for e in said.effects
        ],
        "without": [
            {"kind": x.kind, "what": _name(x.what), "p_without": round(x.p_without, 6)}
            for x in said.leaving_out
        ],
        "alike": [
            {
                "head": a.head,
                "branch": _name(a.branch),
                "finished_at": a.at,
                "url": _name(a.url),
                "share": round(a.share, 6),
            }
            for a in said.alike
        ],
        "judged_by": {name: _name(text) for name, text in told},
        "since": past and _plain_since(past),
    }
    return json.dumps(plain, indent=2, sort_keys=True).replace("##", "\\u0023\\u0023") + "\n"


def _effects(said: Explanation) -> list[str]:
    """Return what raises and what lowers the probability, each with what it would be otherwise."""
    up = [e for e in said.effects if e.p_without < said.p_fail]
    down = [e for e in said.effects if e.p_without > said.p_fail]
    return [*_listed("raised by", [*map(_effect, up)]), *_listed("lowered by", [*map(_effect, down)])]


def _effect(effect: Effect) -> str:
    text = escape(effect.text) or TITLES.get(effect.theme, effect.theme)
    return f"{percent_text(effect.p_without):>6}  were it as usual: {text}"


def _since(past: Hindsight) -> list[str]:
    record = past.record
    took = duration_text(max(0, record.finished_at - record.started_at))
    lines = [f"{record.outcome} after {took}" + (f": {escape(record.url)}" if record.url else "")]
    if past.again:
        lines.append("built again: " + ", ".join(_again(r, record) for r in past.again[:5]))
    if past.green:
        after = duration_text(max(0, past.green.finished_at - record.finished_at))
        lines.append(f"the branch passed again with {past.green.change.head[:SHORT]}, {after} later")
        lines[-1] += f" ({count_text(past.red, 'failed build')})"
    elif record.failed:
        lines.append("the branch has not passed since")
    return lines


def _again(later: BuildRecord, record: BuildRecord) -> str:
    """Return how a later build of the same commit ended, and where, if that was elsewhere."""
    elsewhere = later.change.branch and later.change.branch != record.change.branch
    return f"{later.outcome} on {escape(later.change.branch)}" if elsewhere else later.outcome


def _plain_since(past: Hindsight) -> dict[str, Any]:
    record = past.record
    return {
        "build": _name(record.id),
        "outcome": record.outcome,
        "duration_s": max(0, record.finished_at - record.started_at),
        "finished_at": record.finished_at,
        "url": _name(record.url),
        "again": [r.outcome for r in past.again],
        "green_again": past.green and past.green.change.head,
        "green_again_at": past.green and past.green.finished_at,
    }


def _listed(name: str, texts: list[str]) -> list[str]:
    return [_line(name if number == 0 else "", text) for number, text in enumerate(texts)]


def _line(name: str, text: str) -> str:
    return f"{name:<12}{text}"


def _name(text: str) -> str:
    return os.fsencode(text).decode("utf-8", "replace") if text.isprintable() else escape(text)
