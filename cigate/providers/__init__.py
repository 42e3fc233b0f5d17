"""Where am I: which CI runs this step, and what it says of commit, branch, run and attempt.

One module for each CI, a pure function of its variables (and of its event's JSON, where it has one).
Must not ask the CI's server anything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Final, Protocol

from cigate.providers import azure, buildbot, buildkite, circleci, github, gitlab, jenkins
from cigate.providers.run import Run

__all__ = ["PROVIDERS", "Provider", "Run", "find_provider", "read_run"]


class Provider(Protocol):
    """A module of this package.

    `MARK` is the variable that is set in this CI alone, `EVENT` the one that names its event's file
    ("": it has none), `DEEPER` what to tell somebody whose clone is too shallow.
    """

    NAME: str
    MARK: str
    DEEPER: str
    EVENT: str

    def parse_run(self, env: Mapping[str, str], event: Mapping[str, Any], event_at: int) -> Run:
        """Return what is known of the run; `event_at` is when the event's file was written, else 0."""


PROVIDERS: Final[dict[str, Provider]] = {
    "github": github,
    "gitlab": gitlab,
    "jenkins": jenkins,
    "circleci": circleci,
    "buildkite": buildkite,
    "azure": azure,
    "buildbot": buildbot,
}


def find_provider(env: Mapping[str, str]) -> Provider | None:
    """Return the CI whose mark is set, None outside of those that are known."""
    return next((provider for provider in PROVIDERS.values() if env.get(provider.MARK)), None)


def read_run(env: Mapping[str, str]) -> Run | None:
    """Return what the CI says of this run, None where there is no CI that is known.

    An event's file that cannot be read counts as empty: the variables alone still say most.
    """
    provider = find_provider(env)
    if provider is None:
        return None
    event, event_at = _read_event(env.get(provider.EVENT, "") if provider.EVENT else "")
    return provider.parse_run(env, event, event_at)


def _read_event(path: str) -> tuple[Mapping[str, Any], int]:
    if not path:
        return {}, 0
    try:
        with open(path, "rb") as file:
            event = json.load(file)
            written_at = int(os.fstat(file.fileno()).st_mtime)
    except (OSError, ValueError, RecursionError):
        return {}, 0
    return (event if isinstance(event, dict) else {}), written_at
