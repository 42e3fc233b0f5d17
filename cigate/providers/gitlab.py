"""GitLab CI. It counts no attempts: a job that is tried again has a new id in the same pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cigate.providers.run import Run, parse_id, parse_moment

NAME = "gitlab"
MARK = "GITLAB_CI"
DEEPER = 'set the variable GIT_DEPTH: "0" for this job'
EVENT = ""


def parse_run(env: Mapping[str, str], event: Mapping[str, Any], event_at: int) -> Run:  # noqa: ARG001
    """Return the run; a pipeline of merged results names the pushed head in a variable of its own."""
    merges = env.get("CI_MERGE_REQUEST_IID", "") != ""
    base = "CI_MERGE_REQUEST_DIFF_BASE_SHA" if merges else "CI_COMMIT_BEFORE_SHA"
    source = env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "")
    here = env.get("CI_MERGE_REQUEST_PROJECT_PATH", "")
    return Run(
        provider=NAME,
        run=_run(env),
        workflow=env.get("CI_PIPELINE_NAME", ""),
        job=env.get("CI_JOB_NAME", ""),
        url=env.get("CI_JOB_URL", ""),
        head=parse_id(env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""))
        or parse_id(env.get("CI_COMMIT_SHA", "")),
        base=parse_id(env.get(base, "")),
        branch=source if merges else env.get("CI_COMMIT_BRANCH", ""),
        target=env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""),
        event="pull_request" if merges else env.get("CI_PIPELINE_SOURCE", "") or "push",
        started_at=parse_moment(env.get("CI_JOB_STARTED_AT", "")),
        fork=merges and env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", here) != here,
    )


def _run(env: Mapping[str, str]) -> str:
    parts = (env.get("CI_PIPELINE_ID", ""), env.get("CI_JOB_ID", ""))
    return ".".join(part for part in parts if part)
