"""A scorecard in words and as JSON; docs/track-record.md describes every key.

Must not turn few cases into a percentage without saying how few they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cigate.reporters.escape import escape
from cigate.reporters.text import date_text
from cigate.scorecard import FEWEST, FEWEST_FAILED, Alarms, Passage, Scorecard, Share
from cigate.words import count_text, percent_text

SCHEMA = "cigate.scorecard/1"
MOST_REASONS = 3
INDENT = " " * 12


def render_text(card: Scorecard, reasons: Mapping[str, int]) -> str:
    """Return the scorecard as a person reads it."""
    if not card.judged:
        return "nothing was judged here yet: `cigate install`, then push\n"
    lines = [
        _line(
            "judged",
            f"{count_text(card.judged, 'commit')} since {date_text(card.since)};"
            f" {card.built} of them built by now, {card.failed} failed",
        )
    ]
    if not card.built:
        lines.append(f"{INDENT}nothing to grade yet: the store knows no outcome of these")
        return "".join(f"{line}\n" for line in lines + _passages(card, reasons))
    if not card.enough:
        lines.append(
            f"{INDENT}not enough judged builds to tell: {FEWEST} are needed, {FEWEST_FAILED} of them failed"
        )
    lines += [_line("warnings", _alarms(card.all))]
    if card.green.precision.of and card.red.precision.of:
        lines += [INDENT + f"on green branches: {_alarms(card.green)}"]
        lines += [INDENT + f"on red ones: {_alarms(card.red)}"]
    lines += [_line("echo", f"as the branch's last build: {_alarms(card.echo)}")]
    lines += _passages(card, reasons)
    lines += [
        _line(
            "minutes",
            f"builds that were warned about ran {card.minutes_saved:.0f} min and failed,"
            f" {card.minutes_wasted:.0f} min and passed",
        )
    ]
    if card.enough:
        lines += _calibration(card)
    return "".join(f"{line}\n" for line in lines)


def entries_of(card: Scorecard, reasons: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return the same as names and values; nothing where nothing was judged."""
    entries: list[tuple[str, str]] = []
    for line in render_text(card, reasons).splitlines() if card.judged else ():
        name, text = line[: len(INDENT)].strip(), line[len(INDENT) :]
        if not name and entries:
            name, text = entries[-1][0], f"{entries.pop()[1]} {text}"
        entries.append((name, text))
    return entries


def render_json(card: Scorecard, reasons: Mapping[str, int]) -> str:
    """Return the scorecard as one JSON object, keys sorted, ASCII only."""
    plain = {
        "schema": SCHEMA,
        "enough": card.enough,
        "reasons": dict(reasons),
        **asdict(card, dict_factory=dict),
    }
    for name in ("all", "green", "red", "echo"):
        alarms: Alarms = getattr(card, name)
        plain[name] = {"precision": _plain(alarms.precision), "recall": _plain(alarms.recall)}
    for name in ("bypassed", "skipped", "unjudged"):
        passage: Passage = getattr(card, name)
        plain[name] = {"pushes": passage.pushes, "failed": _plain(passage.failed)}
    plain["blocks"] = _plain(card.blocks)
    plain["bins"] = [
        {"low": b.low, "high": b.high, "said": round(b.said, 6), "failed": _plain(b.failed)}
        for b in card.bins
    ]
    return json.dumps(plain, indent=2, sort_keys=True).replace("##", "\\u0023\\u0023") + "\n"


def share_text(share: Share) -> str:
    """Return a share with its interval: 61 % (39 to 80 %)."""
    if share.value is None:
        return "none"
    low, high = share.interval
    return f"{percent_text(share.value)} ({round(100 * low)} to {round(100 * high)} %)"


def _plain(share: Share) -> dict[str, Any]:
    low, high = share.interval
    value = None if share.value is None else round(share.value, 6)
    return {"hits": share.hits, "of": share.of, "value": value, "low": round(low, 6), "high": round(high, 6)}


def _line(name: str, text: str) -> str:
    return f"{name:<12}{text}"


def _alarms(alarms: Alarms) -> str:
    hits, raised, failures = alarms.precision.hits, alarms.precision.of, alarms.recall.of
    if not raised:
        return f"none; {count_text(failures, 'build')} failed"
    right = f"{hits} of {raised} came true, {share_text(alarms.precision)}"
    return right + (f"; {hits} of {failures} failures met, {share_text(alarms.recall)}" if failures else "")


def _passages(card: Scorecard, reasons: Mapping[str, int]) -> list[str]:
    lines = []
    if card.kept_back or card.bypassed.pushes:
        text = f"{count_text(card.kept_back, 'commit')} kept back for good"
        if card.bypassed.pushes:
            text += f"; {card.bypassed.pushes} pushed all the same, {card.bypassed.failed.hits} failed"
        lines.append(_line("blocks", text))
    if card.skipped.pushes:
        ended = card.skipped.failed
        text = f"{card.skipped.pushes} let through by Cigate-Skip; {ended.of} built, {ended.hits} failed"
        said = ", ".join(f"'{escape(reason)}'" for reason in list(reasons)[:MOST_REASONS])
        lines.append(_line("skipped", text + (f": {said}" if said else "")))
    if card.unjudged.pushes:
        text = f"{count_text(card.unjudged.pushes, 'built commit')} that nobody judged from this clone"
        lines.append(_line("not judged", f"{text}, {card.unjudged.failed.hits} failed"))
    return lines


def _calibration(card: Scorecard) -> list[str]:
    lines = []
    for b in card.bins:
        span = f"{round(100 * b.low)} to {round(100 * b.high)} %:"
        said = f"{count_text(b.failed.of, 'build')}, on average {percent_text(b.said)}"
        lines.append(f"{span:<13}{said}; failed {share_text(b.failed)}")
    usual = percent_text(card.failed / card.built)
    brier = f"Brier score {card.brier:.3f}; saying {usual} each time: {card.brier_usual:.3f}"
    return [_line("said", lines[0]), *(INDENT + line for line in [*lines[1:], brier])]
