"""The predictions of a backtest, one JSON object a line: what was said of each build, and what it did. Pure.

Holds no identity: a branch's name and a commit's id are the repository's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from cigate.change import BuildRecord

from .backtest import Backtest

FIRST_ATTEMPT = 1


def render_lines(made: Backtest) -> Iterator[str]:
    """Yield a line, with its end, for each judged build, in the order of their pushes."""
    rows = zip(made.where, made.scores, made.actions, made.green, made.fold, strict=True)
    for place, p_fail, action, green, fold in rows:
        record = made.timeline.records[int(place)]
        plain = {
            "build_id": build_id(record),
            "commit_sha": record.change.head,
            "branch": record.change.branch,
            "pushed_at": record.change.pushed_at,
            "started_at": record.started_at,
            "outcome": record.outcome,
            "p_fail": float(p_fail),
            "verdict": action,
            "green": bool(green),
            "fold": int(fold),
            "model": made.model,
        }
        yield json.dumps(plain) + "\n"


def build_id(record: BuildRecord) -> str:
    """Return the id that the CI gave the build; the record's own id also tells provider and workflow."""
    end = f"/{record.attempt}/{record.workflow}"
    start = f"{record.provider}/"
    if not (record.id.startswith(start) and record.id.endswith(end) and len(start + end) < len(record.id)):
        return record.id
    name = record.id[len(start) : -len(end)]
    return name if record.attempt == FIRST_ATTEMPT else f"{name}/{record.attempt}"
