"""What a CI says of the run that a step belongs to, as one fact; and how its words are read.

Pure. Must not believe that a variable is set: every field may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cigate.change import Fact

MAX_ATTEMPT: Final = 2**31


class Run(Fact):
    """One run of one job. Text that is not known is "", a time 0.

    `head` is the commit that was pushed, never one that the CI made to test it; `base` is what the
    push or pull request started from; `target` is the branch that a pull request wants to enter; `fork`
    tells that the commits are a stranger's: a pull request from another repository.
    """

    __slots__ = (
        "attempt",
        "base",
        "branch",
        "event",
        "fork",
        "head",
        "job",
        "provider",
        "run",
        "started_at",
        "target",
        "url",
        "workflow",
    )

    def __init__(
        self,
        provider: str,
        run: str = "",
        attempt: int = 1,
        workflow: str = "",
        job: str = "",
        url: str = "",
        head: str = "",
        base: str = "",
        branch: str = "",
        target: str = "",
        event: str = "push",
        started_at: int = 0,
        fork: bool = False,
    ) -> None:
        self.provider: Final = provider
        self.run: Final = run
        self.attempt: Final = attempt
        self.workflow: Final = workflow
        self.job: Final = job
        self.url: Final = url
        self.head: Final = head
        self.base: Final = base
        self.branch: Final = branch
        self.target: Final = target
        self.event: Final = event
        self.started_at: Final = started_at
        self.fork: Final = fork


def parse_attempt(text: str) -> int:
    """Return the number of an attempt, 1 where `text` is none."""
    number = int(text) if text.isascii() and text.isdecimal() else 1
    return number if 1 <= number < MAX_ATTEMPT else 1


def parse_id(text: object) -> str:
    """Return a full commit id, "" for zeros and for everything else."""
    sha = text.strip().lower() if isinstance(text, str) else ""
    whole = len(sha) in (40, 64) and not sha.strip("0123456789abcdef")
    return sha if whole and sha.strip("0") else ""


def parse_moment(text: str) -> int:
    """Return the Unix seconds of an ISO time (UTC where it names no zone), 0 where it is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return 0
    return max(0, int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))


def branch_name(ref: str) -> str:
    """Return the name of a branch without the folder of branches."""
    return ref.removeprefix("refs/heads/").removeprefix("origin/")


def text_at(plain: Mapping[str, Any], *keys: str) -> str:
    """Return the text that `keys` lead to in nested JSON, "" where they do not."""
    value: Any = plain
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
