"""GitHub Actions, and what speaks its variables (Gitea, Forgejo, act).

A pull request is built as a merge commit that nobody pushed: its head stands in the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cigate.providers.run import Run, branch_name, parse_attempt, parse_id, parse_moment, text_at

NAME = "github"
MARK = "GITHUB_ACTIONS"
DEEPER = "give actions/checkout `fetch-depth: 0`"
EVENT = "GITHUB_EVENT_PATH"


def parse_run(env: Mapping[str, str], event: Mapping[str, Any], event_at: int) -> Run:
    """Return the run; the runner writes the event when the job starts.

    A workflow that is started by the end of another speaks of that other run, as a whole.
    """
    if env.get("GITHUB_EVENT_NAME") == "workflow_run":
        return run_that_ended(event.get("workflow_run"))
    run = env.get("GITHUB_RUN_ID", "")
    server, name = env.get("GITHUB_SERVER_URL", "https://github.com"), env.get("GITHUB_REPOSITORY", "")
    attempt = parse_attempt(env.get("GITHUB_RUN_ATTEMPT", ""))
    queue = env.get("GITHUB_EVENT_NAME") == "merge_group"
    base = parse_id(
        text_at(event, *(("merge_group", "base_sha") if queue else ("pull_request", "base", "sha")))
    )
    head = parse_id(text_at(event, "pull_request", "head", "sha"))
    target = (
        branch_name(text_at(event, "merge_group", "base_ref")) if queue else env.get("GITHUB_BASE_REF", "")
    )
    return Run(
        provider=NAME,
        run=run,
        attempt=attempt,
        workflow=env.get("GITHUB_WORKFLOW", ""),
        job=env.get("GITHUB_JOB", ""),
        url=f"{server}/{name}/actions/runs/{run}/attempts/{attempt}" if name and run else "",
        head=head or parse_id(env.get("GITHUB_SHA", "")),
        base=base or parse_id(text_at(event, "before")),
        branch=env.get("GITHUB_HEAD_REF") or _branch(env),
        target=target,
        event=_event(env.get("GITHUB_EVENT_NAME", "")),
        started_at=event_at,
        fork=_is_fork(event),
    )


def run_that_ended(said: object) -> Run:
    """Return the run, as a whole, that GitHub's API and its event of an ended run describe alike."""
    told: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    pulls = told.get("pull_requests")
    pull = pulls[0] if isinstance(pulls, list) and pulls and isinstance(pulls[0], Mapping) else {}
    return Run(
        provider=NAME,
        run=str(told.get("id") or ""),
        attempt=parse_attempt(str(told.get("run_attempt", ""))),
        workflow=text_at(told, "name"),
        url=text_at(told, "html_url"),
        head=parse_id(told.get("head_sha")),
        base=parse_id(text_at(pull, "base", "sha")),
        branch=text_at(told, "head_branch"),
        target=text_at(pull, "base", "ref"),
        event=_event(text_at(told, "event")),
        started_at=parse_moment(text_at(told, "run_started_at")),
    )


def _is_fork(event: Mapping[str, Any]) -> bool:
    """Tell whether the head of a pull request lies in another repository, or in one that is gone."""
    ours = text_at(event, "pull_request", "base", "repo", "full_name")
    return bool(ours) and ours != text_at(event, "pull_request", "head", "repo", "full_name")


def _branch(env: Mapping[str, str]) -> str:
    ref = env.get("GITHUB_REF", "")
    return branch_name(ref) if ref.startswith("refs/heads/") else ""


def _event(name: str) -> str:
    return "pull_request" if name == "pull_request_target" else name or "push"
