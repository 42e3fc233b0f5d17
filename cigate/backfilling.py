"""All that a CI server remembers of a repository's builds, batch by batch, into the store.

The oldest comes first, since what a push brought depends on the pushes before it. Must not print.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cigate.errors import ForgeError
from cigate.forges import Forge, Found
from cigate.forges.cursor import Cursor
from cigate.importing import Joiner
from cigate.tables import Build, record_id
from cigate.tables.values import MAX_DURATION_S

# A run that has waited for longer than this will not end any more.
MAX_OPEN_S: Final = MAX_DURATION_S
# A run that was created this shortly before it was asked for may not be listed yet.
UNLISTED_S: Final = 300
BATCH: Final = 200


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


def fill(forge: Forge, joiner: Joiner, cursor: Cursor, since: int, mark: str = "") -> Iterator[Tally]:
    """Store what was created since then (Unix seconds), and yield the tally, the same one, after each run.

    `mark` is what the cursor remembers of the server.

    Raises:
        CigateError: it cannot go on; all batches before are stored, and `cursor` knows.
    """
    return _Filling(forge, joiner, cursor).run(since, mark)


class _Filling:
    def __init__(self, forge: Forge, joiner: Joiner, cursor: Cursor) -> None:
        self._forge = forge
        self._joiner = joiner
        self._cursor = cursor
        self._known = set(joiner.known)
        # A run whose jobs were recorded one by one is there already.
        self._known |= {run for id in joiner.known if (run := forge.covers(id))}
        self._tally = Tally()
        self._open_since: int | None = None

    def run(self, since: int, mark: str) -> Iterator[Tally]:
        for part in self._forge.read(since, mark):
            self._tally.cut = self._tally.cut or not part.whole
            runs = sorted(part.runs, key=lambda run: run.created_at)
            for start in range(0, len(runs), BATCH):
                builds: list[Build] = []
                for run in runs[start : start + BATCH]:
                    builds += self._builds(run)
                    self._tally.runs += 1
                    self._tally.until = run.created_at
                    yield self._tally
                self._store(builds)
                if part.until:
                    self._remember(self._tally.until)
            if part.until:
                self._remember(part.until)
            yield self._tally
        if not self._lost and self._open_since is None:
            self._keep(lambda: self._cursor.write_mark(self._forge.mark))
        yield self._tally

    @property
    def _lost(self) -> bool:
        """Tell whether nothing at all belongs to this repository: it may be the wrong one."""
        return bool(self._tally.builds) and not (self._tally.known or self._tally.outcomes)

    def _store(self, builds: Sequence[Build]) -> None:
        tally = self._tally
        tally.builds += len(builds)
        if builds:
            joined = self._joiner.join(builds)
            tally.outcomes.update(build.outcome for build in joined)
            tally.new += self._joiner.add(joined) if joined else 0
            self._known.update(record_id(build) for build in joined)

    def _remember(self, at: int) -> None:
        """Remember that all before `at` is done, but for what had not ended or may not be listed yet."""
        at = min(at, self._forge.now - UNLISTED_S)
        if not self._lost:
            self._keep(lambda: self._cursor.write(min(at, self._open_since or at)))

    def _keep(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            raise ForgeError(
                f"how far this has come cannot be written: {error.strerror}", "check the git directory"
            ) from error

    def _builds(self, run: Found) -> Sequence[Build]:
        """Return the builds that a run's attempts were and that are not known yet, the first one first."""
        if run.unwanted:
            self._tally.left_out[run.unwanted] += 1
            return ()
        found: list[Build] = []
        for one in run.tries():
            if one.id in self._known:
                self._tally.known += 1
            elif isinstance(build := one.read(), Build):
                found.append(build)
            else:
                self._tally.left_out[build] += 1
        if run.going_on:
            self._tally.left_out["still running"] += 1
            if run.created_at > self._forge.now - MAX_OPEN_S:
                self._open_since = min(self._open_since or self._forge.now, run.created_at)
        return found
