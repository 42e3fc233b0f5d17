"""All that a CI server remembers of a repository's builds, batch by batch, into the store.

The oldest comes first, since what a push brought depends on the pushes before it. Must not print.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cigate.change import Fact
from cigate.errors import ForgeError, UsageError
from cigate.forges.cursor import Cursor
from cigate.forges.github_runs import (
    MAX_OPEN_S,
    created_at,
    is_bots,
    is_open,
    is_scheduled,
    parse_build,
    run_id,
)
from cigate.forges.slices import read_slices
from cigate.importing import Joiner
from cigate.tables import Build, record_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.forges.github import GitHub

# A run that was created this shortly before it was asked for may not be listed yet.
UNLISTED_S: Final = 300
BATCH: Final = 200


class Wanted(Fact):
    """Which runs are asked for: those of `workflow` ("": of all), with bots' and scheduled ones or not."""

    __slots__ = ("no_bots", "no_scheduled", "workflow")

    def __init__(self, workflow: str, no_bots: bool, no_scheduled: bool) -> None:
        self.workflow: Final = workflow
        self.no_bots: Final = no_bots
        self.no_scheduled: Final = no_scheduled


class Tally:
    """What was done so far.

    `builds` were not known before, those of `outcomes` were joined and `new` of them stored; `known`
    were stored before; `left_out` counts runs by reason; `until` is how far all of it has come.
    """

    def __init__(self) -> None:
        self.runs = 0
        self.builds = 0
        self.known = 0
        self.new = 0
        self.until = 0
        self.cut = False
        self.outcomes: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()


def fill(server: GitHub, joiner: Joiner, cursor: Cursor, wanted: Wanted, since: int) -> Iterator[Tally]:
    """Store what was created since then (Unix seconds), and yield the tally, the same one, after each run.

    Raises:
        CigateError: it cannot go on; all batches before are stored, and `cursor` knows.
    """
    return _Filling(server, joiner, cursor, wanted).run(since)


class _Filling:
    def __init__(self, server: GitHub, joiner: Joiner, cursor: Cursor, wanted: Wanted) -> None:
        self._server = server
        self._joiner = joiner
        self._cursor = cursor
        self._wanted = wanted
        self._names: Mapping[int, str] = {}
        self._only: frozenset[int] = frozenset()
        self._known = set(joiner.known)
        # A run whose jobs were recorded one by one is there already.
        self._known |= {id.rpartition("//")[0] for id in joiner.known if "//" in id}
        self._tally = Tally()
        self._open_since: int | None = None

    def run(self, since: int) -> Iterator[Tally]:
        created, now = self._server.open()
        self._choose(self._server.workflows())
        for part in read_slices(self._server.page, max(since, created, 1), max(since, now)):
            self._tally.cut = self._tally.cut or not part.whole
            runs = sorted(part.runs, key=lambda told: (created_at(told), str(told.get("id"))))
            for start in range(0, len(runs), BATCH):
                builds: list[Build] = []
                for told in runs[start : start + BATCH]:
                    builds += self._builds(told, now)
                    self._tally.runs += 1
                    self._tally.until = created_at(told)
                    yield self._tally
                self._store(builds)
                self._remember(min(self._tally.until, now - UNLISTED_S))
            self._remember(min(part.until + 1, now - UNLISTED_S))
            yield self._tally

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

    def _store(self, builds: Sequence[Build]) -> None:
        tally = self._tally
        tally.builds += len(builds)
        if builds:
            joined = self._joiner.join(builds)
            tally.outcomes.update(build.outcome for build in joined)
            tally.new += self._joiner.add(joined) if joined else 0
            self._known.update(record_id(build) for build in joined)

    def _remember(self, at: int) -> None:
        """Remember that all before `at` is done, but for what had not ended.

        Where nothing at all belongs to this repository, it may be the wrong one: nothing is done.
        """
        if self._tally.builds and not (self._tally.known or self._tally.outcomes):
            return
        try:
            self._cursor.write(at if self._open_since is None else min(at, self._open_since))
        except OSError as error:
            raise ForgeError(
                f"how far this has come cannot be written: {error.strerror}", "check the git directory"
            ) from error

    def _builds(self, told: Mapping[str, Any], now: int) -> Sequence[Build]:
        """Return the builds that a run's attempts were and that are not known yet, the first one first."""
        if why := self._unwanted(told):
            self._tally.left_out[why] += 1
            return ()
        found: list[Build] = []
        last = told.get("run_attempt")
        for number in range(1, last if isinstance(last, int) else 1):
            found += self._build(told, number)
        if is_open(told):
            self._tally.left_out["still running"] += 1
            if created_at(told) > now - MAX_OPEN_S:
                self._open_since = min(self._open_since or now, created_at(told))
            return found
        return [*found, *self._build(told, 0)]

    def _unwanted(self, told: Mapping[str, Any]) -> str:
        if self._only and told.get("workflow_id") not in self._only:
            return "of other workflows"
        if self._wanted.no_scheduled and is_scheduled(told):
            return "scheduled"
        return "by bots" if self._wanted.no_bots and is_bots(told) else ""

    def _build(self, told: Mapping[str, Any], earlier: int) -> Sequence[Build]:
        """Return the build of an attempt: the last one's, or that of the `earlier` number."""
        name = self._names.get(told.get("workflow_id", 0), "")
        if run_id(told, name, earlier) in self._known:
            self._tally.known += 1
            return ()
        attempt = self._server.attempt(told.get("id", 0), earlier) if earlier else told
        build = parse_build(attempt, name) if attempt else None
        if build is None:
            self._tally.left_out["without an outcome"] += 1
            return ()
        return (build,)
