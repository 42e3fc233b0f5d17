"""What Jenkins says of a build becomes the very build that `cigate record` knows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from cigate.forges.remotes import split_remote
from cigate.providers.jenkins import NAME
from cigate.providers.run import branch_name, parse_id, text_at
from cigate.tables.rows import Build
from cigate.tables.values import MAX_DURATION_S, BadValue, parse_outcome

# All that is asked of a build; nothing of who started it but whether a clock did.
FIELDS: Final = (
    "number,result,timestamp,duration,building,url,"
    "actions[causes[_class],lastBuiltRevision[SHA1,branch[name]],remoteUrls]"
)
_PULL: Final = re.compile(r"(?:PR|MR)-\d+.*")
_TIMERS: Final = ("TimerTriggerCause", "ParameterizedTimerTriggerCause")
_BRANCHES: Final = ("WorkflowMultiBranchProject", "OrganizationFolder")


class Job:
    """One job: its full name, and in a multibranch project the branch that it is of."""

    def __init__(self, name: str, of_branch: bool) -> None:
        self.name: Final = name
        self.of_branch: Final = of_branch

    @property
    def workflow(self) -> str:
        """Return the name that stays the same for all branches."""
        return self.name.rpartition("/")[0] if self.of_branch else self.name

    @property
    def branch(self) -> str:
        """Return the branch of a job in a multibranch project, "" for others."""
        return unquote(self.name.rpartition("/")[2]) if self.of_branch else ""


def is_multibranch(told: Mapping[str, Any]) -> bool:
    """Return whether the jobs in a folder are the branches of one project."""
    return text_at(told, "_class").rpartition(".")[2] in _BRANCHES[:1]


def is_open(told: Mapping[str, Any]) -> bool:
    """Return whether a build has not ended yet."""
    return told.get("building") is True or not text_at(told, "result")


def is_scheduled(told: Mapping[str, Any]) -> bool:
    """Return whether a clock started the build, and nothing else."""
    causes = [
        text_at(cause, "_class").rpartition(".")[2] for action in _actions(told) for cause in _causes(action)
    ]
    kinds = {kind.rpartition("$")[2] for kind in causes}
    return bool(kinds) and kinds <= set(_TIMERS)


def created_at(told: Mapping[str, Any]) -> int:
    """Return when a build started, 0 where that is not said."""
    at = told.get("timestamp")
    return at // 1000 if isinstance(at, int) and at > 0 else 0


def build_id(told: Mapping[str, Any], job: Job) -> str:
    """Return the id of a build's record."""
    return f"{NAME}/{job.name}#{told.get('number', '')}/1/{job.workflow}"


def parse_build(told: Mapping[str, Any], job: Job, origin: str) -> Build | None:
    """Return the build, None where it lacks what a build must have.

    Where several repositories were checked out (libraries are too), it is of the one that `origin`,
    a remote's address, leads to; else of the last.
    """
    head, ref = _revision(told, origin)
    started_at = created_at(told)
    try:
        outcome = parse_outcome(text_at(told, "result"))
    except BadValue:
        return None
    if not (head and started_at):
        return None
    lasted = told.get("duration")
    lasted_s = lasted // 1000 if isinstance(lasted, int) else -1
    branch = job.branch or branch_name(ref.removeprefix("refs/remotes/"))
    return Build(
        build_id=f"{job.name}#{told.get('number', '')}",
        sha=head,
        totals=None,
        outcome=outcome,
        branch="" if branch == "detached" else branch,
        target="",
        event="pull_request" if job.of_branch and _PULL.fullmatch(branch) else "push",
        pushed_at=started_at,
        started_at=started_at,
        finished_at=started_at + lasted_s if 0 <= lasted_s <= MAX_DURATION_S else None,
        provider=NAME,
        workflow=job.workflow,
        attempt=1,
        url=text_at(told, "url"),
    )


def _revision(told: Mapping[str, Any], origin: str) -> tuple[str, str]:
    found: list[tuple[bool, str, str]] = []
    for action in _actions(told):
        head = parse_id(text_at(action, "lastBuiltRevision", "SHA1"))
        if head:
            remotes = action.get("remoteUrls")
            own = {split_remote(url)[1].lower() for url in remotes or () if isinstance(url, str)}
            wanted = split_remote(origin)[1].lower()
            found.append((bool(wanted) and wanted in own, head, _branch(action)))
    own_first = [entry for entry in found if entry[0]] or found
    return own_first[-1][1:] if own_first else ("", "")


def _branch(action: Mapping[str, Any]) -> str:
    revision = action.get("lastBuiltRevision")
    branches = revision.get("branch") if isinstance(revision, Mapping) else None
    first = branches[0] if isinstance(branches, list) and branches else {}
    return text_at(first, "name") if isinstance(first, Mapping) else ""


def _actions(told: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    actions = told.get("actions")
    return [a for a in actions if isinstance(a, Mapping)] if isinstance(actions, list) else ()


def _causes(action: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    causes = action.get("causes")
    return [c for c in causes if isinstance(c, Mapping)] if isinstance(causes, list) else ()
