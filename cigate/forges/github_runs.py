"""What GitHub says of a run becomes the very build that `cigate import` and `cigate record` know.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cigate.providers.github import NAME, run_that_ended
from cigate.providers.run import parse_moment, text_at
from cigate.tables.rows import Build
from cigate.tables.values import MAX_DURATION_S, BadValue, parse_outcome

# A run that has waited for longer than this will not end any more.
MAX_OPEN_S: Final = MAX_DURATION_S
_REMOTE: Final = re.compile(
    r"(?:[a-z+]+://)?(?:[^@/]*@)?(?P<host>[\w.-]+)(?::(?!//)|(?::\d+)?/)(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?"
)


def is_open(told: Mapping[str, Any]) -> bool:
    """Return whether a run has not ended yet."""
    return told.get("status") != "completed"


def is_scheduled(told: Mapping[str, Any]) -> bool:
    """Return whether a clock started the run."""
    return text_at(told, "event") == "schedule"


def is_bots(told: Mapping[str, Any]) -> bool:
    """Return whether a program, not a person, caused the run."""
    return text_at(told, "actor", "type") == "Bot" or text_at(told, "actor", "login").endswith("[bot]")


def created_at(told: Mapping[str, Any]) -> int:
    """Return when a run was created, 0 where that is not said."""
    return parse_moment(text_at(told, "created_at"))


def parse_build(told: Mapping[str, Any], workflow: str) -> Build | None:
    """Return the build that an attempt of a run was, None where it lacks what a build must have."""
    run = run_that_ended(told)
    started_at = run.started_at or created_at(told)
    try:
        outcome = parse_outcome(text_at(told, "conclusion"))
    except BadValue:
        return None
    if not (run.head and run.run and started_at):
        return None
    lasted_s = parse_moment(text_at(told, "updated_at")) - started_at
    first = run.attempt == 1 and created_at(told)
    return Build(
        build_id=run.run,
        sha=run.head,
        totals=None,
        outcome=outcome,
        branch=run.branch,
        target=run.target,
        event=run.event,
        pushed_at=min(created_at(told), started_at) if first else started_at,
        started_at=started_at,
        finished_at=started_at + lasted_s if 0 <= lasted_s <= MAX_DURATION_S else None,
        provider=NAME,
        workflow=workflow or run.workflow,
        attempt=run.attempt,
        url=_url(run.url, run.attempt),
    )


def run_id(told: Mapping[str, Any], workflow: str, attempt: int = 0) -> str:
    """Return the id of the record of a run's attempt, the last one where `attempt` is 0."""
    run = run_that_ended(told)
    return f"{NAME}/{run.run}/{attempt or run.attempt}/{workflow or run.workflow}"


def parse_remote(url: str) -> tuple[str, str]:
    """Return host and OWNER/REPO of a remote's address, ("", "") where it is not of such a form."""
    found = _REMOTE.fullmatch(url.strip())
    return (found["host"].lower(), found["name"]) if found else ("", "")


def _url(url: str, attempt: int) -> str:
    return url if not url or "/attempts/" in url else f"{url}/attempts/{attempt}"
