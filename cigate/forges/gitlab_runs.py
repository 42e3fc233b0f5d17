"""What GitLab says of a pipeline and its jobs becomes the very build that `cigate record` knows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from cigate.providers.gitlab import NAME
from cigate.providers.run import branch_name, parse_id, parse_moment, text_at
from cigate.reruns import id_with_job
from cigate.tables.rows import Build
from cigate.tables.values import MAX_DURATION_S

ENDED: Final = {"success": "passed", "failed": "failed", "canceled": "canceled", "skipped": "skipped"}
# What a job failed of where it was not the commits: the runner, the server, what it depends on.
_OWN_FAULT: Final = frozenset({"", "script_failure", "job_execution_timeout", "unknown_failure"})
_MERGE: Final = re.compile(r"refs/merge-requests/(?P<iid>\d+)/(?P<kind>head|merge|train)")
_BOT: Final = re.compile(r"(?:project|group)_\d+_bot\w*|.*-bot|.*\[bot\]|ghost")


class Place:
    """What a pipeline was for: the head that was pushed, its branch, and where it wants to go."""

    def __init__(self, head: str, branch: str, target: str = "") -> None:
        self.head: Final = head
        self.branch: Final = branch
        self.target: Final = target


def merge_request(told: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the merge request's number of a pipeline ("": none), and whether GitLab made its commit."""
    found = _MERGE.fullmatch(text_at(told, "ref"))
    return (found["iid"], found["kind"] != "head") if found else ("", False)


def is_open(told: Mapping[str, Any]) -> bool:
    """Return whether a pipeline has not ended yet, as one that waits for somebody has not."""
    return text_at(told, "status") not in ENDED


def is_scheduled(told: Mapping[str, Any]) -> bool:
    """Return whether a clock started the pipeline."""
    return text_at(told, "source") == "schedule"


def is_bots(told: Mapping[str, Any]) -> bool:
    """Return whether a program, not a person, started a pipeline that was asked for by itself."""
    user = told.get("user")
    said = isinstance(user, Mapping) and user.get("bot") is True
    return said or _BOT.fullmatch(text_at(told, "user", "username")) is not None


def created_at(told: Mapping[str, Any]) -> int:
    """Return when a pipeline was created, 0 where that is not said."""
    return parse_moment(text_at(told, "created_at"))


def pipeline_id(told: Mapping[str, Any]) -> str:
    """Return the id of the record of a pipeline as a whole."""
    return f"{NAME}/{told.get('id', '')}/1/{text_at(told, 'name')}"


def job_id(told: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    """Return the id of the record of one job of a pipeline."""
    run = f"{told.get('id', '')}.{job.get('id', '')}"
    return id_with_job(f"{NAME}/{run}/1/{text_at(told, 'name')}", text_at(job, "name"))


def parse_pipeline(told: Mapping[str, Any], place: Place) -> Build | None:
    """Return the build that a pipeline was, None where it lacks what a build must have."""
    outcome = ENDED.get(text_at(told, "status"), "")
    if outcome == "failed" and text_at(told, "yaml_errors"):
        outcome = "errored"
    return _build(told, told, place, outcome, str(told.get("id", "")), "")


def parse_job(told: Mapping[str, Any], job: Mapping[str, Any], place: Place) -> Build | None:
    """Return the build that a job of a pipeline was, None where it lacks what a build must have."""
    outcome = ENDED.get(text_at(job, "status"), "")
    if outcome == "failed" and text_at(job, "failure_reason") not in _OWN_FAULT:
        outcome = "errored"
    return _build(
        told, job, place, outcome, f"{told.get('id', '')}.{job.get('id', '')}", text_at(job, "name")
    )


def _build(
    told: Mapping[str, Any], part: Mapping[str, Any], place: Place, outcome: str, run: str, job: str
) -> Build | None:
    """Return the build whose times and address are those of `part`."""
    pushed_at = created_at(told)
    started_at = parse_moment(text_at(part, "started_at")) or created_at(part)
    if not (outcome and place.head and pushed_at and started_at):
        return None
    lasted_s = parse_moment(text_at(part, "finished_at")) - started_at
    return Build(
        build_id=run,
        sha=place.head,
        totals=None,
        outcome=outcome,
        branch=place.branch,
        target=place.target,
        event="pull_request" if merge_request(told)[0] else text_at(told, "source") or "push",
        pushed_at=min(pushed_at, started_at),
        started_at=started_at,
        finished_at=started_at + lasted_s if 0 <= lasted_s <= MAX_DURATION_S else None,
        provider=NAME,
        workflow=text_at(told, "name"),
        attempt=1,
        url=text_at(part, "web_url"),
        job=job,
    )


def branch_of(told: Mapping[str, Any]) -> str:
    """Return the branch of a pipeline that is for no merge request, "" for a tag's."""
    return "" if told.get("tag") is True else branch_name(text_at(told, "ref"))


def head_of(told: Mapping[str, Any]) -> str:
    """Return the commit that a pipeline built."""
    return parse_id(text_at(told, "sha"))
