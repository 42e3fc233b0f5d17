"""Buildkite. It counts the retries of a job within a build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cigate.providers.run import Run, parse_attempt, parse_id

NAME = "buildkite"
MARK = "BUILDKITE"
DEEPER = "take --depth out of BUILDKITE_GIT_CLONE_FLAGS"
EVENT = ""


def parse_run(env: Mapping[str, str], event: Mapping[str, Any], event_at: int) -> Run:  # noqa: ARG001
    """Return the run; BUILDKITE_PULL_REQUEST is "false" outside of one."""
    pull = env.get("BUILDKITE_PULL_REQUEST", "false") not in ("", "false")
    retries = env.get("BUILDKITE_RETRY_COUNT", "")
    return Run(
        provider=NAME,
        run=env.get("BUILDKITE_BUILD_ID", ""),
        attempt=parse_attempt(str(int(retries) + 1) if retries.isdecimal() else ""),
        workflow=env.get("BUILDKITE_PIPELINE_SLUG", ""),
        job=env.get("BUILDKITE_STEP_KEY") or env.get("BUILDKITE_LABEL", ""),
        url=env.get("BUILDKITE_BUILD_URL", ""),
        head=parse_id(env.get("BUILDKITE_COMMIT", "")),
        branch=env.get("BUILDKITE_BRANCH", ""),
        target=env.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "") if pull else "",
        event="pull_request" if pull else "push",
        fork=pull and env.get("BUILDKITE_PULL_REQUEST_REPO", "") not in ("", env.get("BUILDKITE_REPO", "")),
    )
