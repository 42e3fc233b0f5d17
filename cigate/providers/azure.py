"""Azure Pipelines. A pull request is built as a merge commit; its head has a variable of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cigate.providers.run import Run, branch_name, parse_attempt, parse_id, parse_moment

NAME = "azure"
MARK = "TF_BUILD"
DEEPER = "give the checkout step `fetchDepth: 0`"
EVENT = ""


def parse_run(env: Mapping[str, str], event: Mapping[str, Any], event_at: int) -> Run:  # noqa: ARG001
    """Return the run; the address is put together as the web page's own."""
    server, project = env.get("SYSTEM_COLLECTIONURI", ""), env.get("SYSTEM_TEAMPROJECT", "")
    run = env.get("BUILD_BUILDID", "")
    pull = env.get("BUILD_REASON") == "PullRequest"
    source = env.get("SYSTEM_PULLREQUEST_SOURCEBRANCH") or env.get("BUILD_SOURCEBRANCH", "")
    head = parse_id(env.get("SYSTEM_PULLREQUEST_SOURCECOMMITID", ""))
    return Run(
        provider=NAME,
        run=run,
        attempt=parse_attempt(env.get("SYSTEM_JOBATTEMPT", "")),
        workflow=env.get("BUILD_DEFINITIONNAME", ""),
        job=env.get("SYSTEM_JOBNAME", ""),
        url=f"{server}{project}/_build/results?buildId={run}" if server and run else "",
        head=head or parse_id(env.get("BUILD_SOURCEVERSION", "")),
        branch=branch_name(source) if source.startswith("refs/heads/") else "",
        target=branch_name(env.get("SYSTEM_PULLREQUEST_TARGETBRANCH", "")),
        event="pull_request" if pull else "push",
        started_at=parse_moment(env.get("SYSTEM_PIPELINESTARTTIME", "")),
        fork=env.get("SYSTEM_PULLREQUEST_ISFORK", "").lower() == "true",
    )
