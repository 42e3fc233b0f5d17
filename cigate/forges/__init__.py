"""Servers that remember past builds, asked for them: one module for each kind, behind one Protocol.

Nothing here stores anything or knows git. Must not be loaded where nobody asks for the past: clients
are extras, and imported when they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from cigate.change import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.tables.rows import Build


NO_OUTCOME: Final = "without an outcome"
BY_BOTS: Final = "by bots"
SCHEDULED: Final = "scheduled"


class Wanted(Fact):
    """Which runs are asked for: those of `workflow` ("": of all), with bots' and scheduled ones or not.

    With a `job` its outcome is taken for the run's.
    """

    __slots__ = ("job", "no_bots", "no_scheduled", "workflow")

    def __init__(
        self, workflow: str = "", no_bots: bool = False, no_scheduled: bool = False, job: str = ""
    ) -> None:
        self.workflow: Final = workflow
        self.no_bots: Final = no_bots
        self.no_scheduled: Final = no_scheduled
        self.job: Final = job


class Try(Fact):
    """One build that a run may have been: its record's id, and how to read it, or why it is left out."""

    __slots__ = ("id", "read")

    def __init__(self, id: str, read: Callable[[], Build | str]) -> None:
        self.id: Final = id
        self.read: Final = read


class Found(Fact):
    """A run: when it was created, whether it goes on, why it is `unwanted` ("": it is not), its builds.

    `tries` may ask the server. The first build comes first.
    """

    __slots__ = ("created_at", "going_on", "tries", "unwanted")

    def __init__(
        self, created_at: int, going_on: bool, unwanted: str, tries: Callable[[], Sequence[Try]]
    ) -> None:
        self.created_at: Final = created_at
        self.going_on: Final = going_on
        self.unwanted: Final = unwanted
        self.tries: Final = tries


class Stretch(Fact):
    """Runs that come one after another; not `whole` where the server shows no more of them.

    After it nothing that was created before `until` is still to come; 0: that cannot be told yet.
    """

    __slots__ = ("runs", "until", "whole")

    def __init__(self, runs: Sequence[Found], until: int, whole: bool = True) -> None:
        self.runs: Final = runs
        self.until: Final = until
        self.whole: Final = whole


class Forge(Protocol):
    """A server's memory of one repository's builds.

    Its methods raise ForgeError where the server does not answer, or refuses.
    """

    @property
    def now(self) -> int:
        """What the server's clock said when reading began."""

    @property
    def mark(self) -> str:
        """What tells the server, next time, how much is known: all that `read` has yielded."""

    def read(self, since: int, mark: str) -> Iterator[Stretch]:
        """Yield the runs since then (Unix seconds), the oldest first; `mark` is the last one, "" for none."""

    def covers(self, id: str) -> str:
        """Return the id of the run that needs no record because one of `id` is there, "" for none."""
