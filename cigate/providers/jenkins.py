"""Jenkins with its git plugin. Numbers count within a job, and a rebuild is a new number.

Where Jenkins merges a pull request itself it does not say which commit was pushed: --head does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cigate.providers.run import Run, branch_name, parse_id, parse_moment

NAME = "jenkins"
MARK = "JENKINS_URL"
DEEPER = "switch off `Shallow clone` in the job's checkout"
EVENT = ""


def parse_run(env: Mapping[str, str], event: Mapping[str, Any], event_at: int) -> Run:  # noqa: ARG001
    """Return the run; in a multibranch job the branch is no part of the workflow's name."""
    job, number = env.get("JOB_NAME", ""), env.get("BUILD_NUMBER", "")
    folder = job.rpartition("/")[0] if env.get("BRANCH_NAME") else ""
    change = env.get("CHANGE_ID", "")
    branch = env.get("CHANGE_BRANCH") or env.get("BRANCH_NAME") or branch_name(env.get("GIT_BRANCH", ""))
    return Run(
        provider=NAME,
        run=f"{job}#{number}" if number else "",
        workflow=folder or job,
        job=env.get("STAGE_NAME", ""),
        url=env.get("BUILD_URL", ""),
        head=parse_id(env.get("GIT_COMMIT", "")),
        base=parse_id(env.get("GIT_PREVIOUS_COMMIT", "")),
        branch=branch,
        target=env.get("CHANGE_TARGET", ""),
        event="pull_request" if change else "push",
        started_at=parse_moment(env.get("BUILD_TIMESTAMP", "")),
        fork=bool(env.get("CHANGE_FORK")),
    )
