"""Buildbot. It sets no variables by itself: these names are what a factory hands to its steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cigate.providers.run import Run, parse_id

NAME = "buildbot"
MARK = "BUILDBOT_BUILDERNAME"
DEEPER = "leave `shallow` out of the Git step"
EVENT = ""


def parse_run(env: Mapping[str, str], event: Mapping[str, Any], event_at: int) -> Run:  # noqa: ARG001
    """Return the run; build numbers count within a builder, and a rebuild is a new number."""
    builder, number = env.get("BUILDBOT_BUILDERNAME", ""), env.get("BUILDBOT_BUILDNUMBER", "")
    head = parse_id(env.get("BUILDBOT_GOT_REVISION", ""))
    return Run(
        provider=NAME,
        run=f"{builder}#{number}" if number else "",
        workflow=builder,
        url=env.get("BUILDBOT_BUILD_URL", ""),
        head=head or parse_id(env.get("BUILDBOT_REVISION", "")),
        branch=env.get("BUILDBOT_BRANCH", ""),
    )
