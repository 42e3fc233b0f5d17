"""CircleCI. A workflow that is run again has a new id; the workflow's name is not told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cigate.providers.run import Run, parse_id

NAME = "circleci"
MARK = "CIRCLECI"
DEEPER = "give the checkout step `method: full`"
EVENT = ""


def parse_run(env: Mapping[str, str], event: Mapping[str, Any], event_at: int) -> Run:  # noqa: ARG001
    """Return the run; a pull request is built as its own head, without a word of its target."""
    return Run(
        provider=NAME,
        run=".".join(filter(None, (env.get("CIRCLE_WORKFLOW_ID", ""), env.get("CIRCLE_BUILD_NUM", "")))),
        job=env.get("CIRCLE_JOB", ""),
        url=env.get("CIRCLE_BUILD_URL", ""),
        head=parse_id(env.get("CIRCLE_SHA1", "")),
        branch=env.get("CIRCLE_BRANCH", ""),
        event="pull_request" if env.get("CIRCLE_PULL_REQUEST") else "push",
        fork=bool(env.get("CIRCLE_PR_REPONAME")),
    )
