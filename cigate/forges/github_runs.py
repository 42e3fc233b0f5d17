"""What GitHub says of a run becomes the very build that `cigate import` and `cigate record` know.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from cigate.forges.remotes import split_remote
from cigate.providers.github import NAME, run_that_ended
from cigate.providers.run import parse_moment, text_at
from cigate.reruns import id_with_job
from cigate.tables.rows import Build
from cigate.tables.values import MAX_DURATION_S, BadValue, parse_outcome

_WORST: Final = ("startup_failure", "failure", "timed_out", "cancelled", "action_required", "success")


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


def parse_job(
    told: Mapping[str, Any], workflow: str, attempt: int, jobs: Sequence[Mapping[str, Any]], name: str
) -> Build | None:
    """Return the build that one job of an attempt was; of a matrix all of its jobs, as bad as the worst.

    None where there is no such job, or where it has no outcome.
    """
    own = [
        job for job in jobs if text_at(job, "name") == name or text_at(job, "name").startswith(f"{name} (")
    ]
    ends = [text_at(job, "conclusion") for job in own]
    if not own or not all(ends):
        return None
    facts = {
        "run_attempt": attempt,
        "conclusion": min(ends, key=lambda end: _WORST.index(end) if end in _WORST else len(_WORST)),
        "run_started_at": min(text_at(job, "started_at") for job in own),
        "updated_at": max(text_at(job, "completed_at") for job in own),
    }
    build = parse_build({**told, **facts}, workflow)
    if build is None:
        return None
    return replace(build, job=name, url=text_at(own[0], "html_url") if len(own) == 1 else build.url)


def run_id(told: Mapping[str, Any], workflow: str, attempt: int = 0, job: str = "") -> str:
    """Return the id of the record of a run's attempt, the last one where `attempt` is 0."""
    run = run_that_ended(told)
    return id_with_job(f"{NAME}/{run.run}/{attempt or run.attempt}/{workflow or run.workflow}", job)


def parse_remote(url: str) -> tuple[str, str]:
    """Return host and OWNER/REPO of a remote's address, ("", "") where it is not of such a form."""
    host, name = split_remote(url)
    return (host, name) if name.count("/") == 1 else ("", "")


def _url(url: str, attempt: int) -> str:
    return url if not url or "/attempts/" in url else f"{url}/attempts/{attempt}"
