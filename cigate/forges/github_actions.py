"""GitHub Actions as a Forge: its workflows, runs, attempts and jobs become builds.

Must not know where builds go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from cigate.errors import UsageError
from cigate.forges import BY_BOTS, NO_OUTCOME, SCHEDULED, Found, Stretch, Try, Wanted
from cigate.forges.github import GitHub
from cigate.forges.github_runs import (
    created_at,
    is_bots,
    is_open,
    is_scheduled,
    parse_build,
    parse_job,
    run_id,
)
from cigate.forges.slices import read_slices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.tables.rows import Build


class Actions:
    """What GitHub remembers of one repository's runs."""

    def __init__(self, server: GitHub, wanted: Wanted) -> None:
        self._server: Final = server
        self._wanted: Final = wanted
        self._names: Mapping[int, str] = {}
        self._only: frozenset[int] = frozenset()
        self.now = 0
        self.mark = ""

    def read(self, since: int, mark: str) -> Iterator[Stretch]:
        """Yield the runs that were created since then, in slices of time."""
        if mark:
            _, same, self.now = self._server.newest(mark)
            if same:
                self.mark = mark
                return
        created, self.now = self._server.open()
        self._choose(self._server.workflows())
        self.mark, _, _ = self._server.newest("")
        for part in read_slices(self._server.page, max(since, created, 1), max(since, self.now)):
            yield Stretch([self._found(told) for told in part.runs], part.until + 1, part.whole)

    def covers(self, id: str) -> str:
        """Return the id of the run of which one job was recorded."""
        return "" if self._wanted.job else id.rpartition("//")[0]

    def _choose(self, flows: Mapping[int, tuple[str, str]]) -> None:
        """Find the workflow that is wanted, by its name, its path or its file's name."""
        self._names = {number: name for number, (name, _) in flows.items()}
        if not (asked := self._wanted.workflow):
            return
        self._only = frozenset(
            number for number, (name, path) in flows.items() if asked in (name, path, path.split("/")[-1])
        )
        if not self._only:
            there = ", ".join(sorted({repr(name) for name in self._names.values()}))
            raise UsageError(f"there is no workflow {asked!r}", f"there are: {there or 'none'}")
        if len(self._only) == 1:
            self._server.only(*self._only)

    def _found(self, told: Mapping[str, Any]) -> Found:
        return Found(created_at(told), is_open(told), self._unwanted(told), lambda: self._tries(told))

    def _unwanted(self, told: Mapping[str, Any]) -> str:
        if self._only and told.get("workflow_id") not in self._only:
            return "of other workflows"
        if self._wanted.no_scheduled and is_scheduled(told):
            return SCHEDULED
        return BY_BOTS if self._wanted.no_bots and is_bots(told) else ""

    def _tries(self, told: Mapping[str, Any]) -> Sequence[Try]:
        """Return the attempts that have ended."""
        name = self._names.get(told.get("workflow_id", 0), "")
        count = told.get("run_attempt")
        last = count if isinstance(count, int) and count > 0 else 1
        numbers = range(1, last + (not is_open(told)))
        return [
            Try(run_id(told, name, n, self._wanted.job), partial(self._build, told, name, n, n == last))
            for n in numbers
        ]

    def _build(self, told: Mapping[str, Any], name: str, number: int, is_last: bool) -> Build | str:
        if self._wanted.job:
            jobs = self._server.jobs(told.get("id", 0), number)
            return parse_job(told, name, number, jobs, self._wanted.job) or NO_OUTCOME
        attempt = told if is_last else self._server.attempt(told.get("id", 0), number)
        return (parse_build(attempt, name) if attempt else None) or NO_OUTCOME
