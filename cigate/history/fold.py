"""The fold over finished builds: all that is known of a project's outcomes at a moment.

Builds must be learned in the order in which they finished: an outcome is unknown until then. Pure:
no I/O, no clock; the same builds in the same order give the same bits.
"""

from __future__ import annotations

from array import array

from cigate.history import project as pr
from cigate.history.digest import Digest
from cigate.history.online import OnlineLogit
from cigate.history.project import Project, next_streak
from cigate.history.rates import DAY_S, count, count_all, keep_of, log_odds
from cigate.history.snapshot import read_sections, write_sections
from cigate.history.table import Table, to_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.change import BuildRecord

# A branch's cells. Pairs are (builds, failures); times are Unix seconds; 0 is "never".
B_BUILDS, B_STREAK, B_LAST_AT, B_PASS_AT, B_FAIL_AT, B_RED_SINCE, B_AUTHOR, B_DURATION = range(8)
B_RATE_3, B_RATE_20, B_GREEN, B_FLIPS, B_FIRST_AT, B_WIDTH = 8, 10, 12, 14, 16, 17
# An author's cells.
A_BUILDS, A_STREAK, A_LAST_AT, A_FAIL_AT, A_RATE, A_GREEN, A_WIDTH = 0, 1, 2, 3, 4, 6, 8
# A commit's cells: builds of it as the head or as a part of a push, and of pushes that stood on it.
C_BUILDS, C_FAILURES, C_LAST_AT, C_HEAD, C_WIDTH = range(5)
# A path's, a folder's, a top folder's and an extension's cells: all builds, builds of green branches.
P_RATE, P_GREEN, P_WIDTH = 0, 2, 4

KEEP_3, KEEP_20, KEEP_30 = keep_of(3), keep_of(20), keep_of(30)
MOST_COVERED = 16  # commits of one push whose builds are remembered
LONGEST_S = 7 * DAY_S  # a build that claims to have run longer has a wrong clock


class _Lesson:
    """One finished build, and the streak of its branch before it."""

    __slots__ = ("digest", "duration_s", "failed", "finished_at", "is_pull", "streak")

    def __init__(
        self, record: BuildRecord, digest: Digest, failed: bool, streak: float, finished_at: int
    ) -> None:
        self.digest = digest
        self.failed = float(failed)
        self.streak = streak
        self.finished_at = float(finished_at)
        self.duration_s = float(min(max(0, record.finished_at - record.started_at), LONGEST_S))
        self.is_pull = record.change.event == "pull_request"


class History:
    """What is known of a project's builds; grows by `learn`, is read by the features."""

    __slots__ = ("authors", "branches", "commits", "green_words", "paths", "project", "words")

    def __init__(self) -> None:
        self.project = Project()
        self.branches = Table(B_WIDTH, 512, "d", signed=(B_STREAK,))
        self.authors = Table(A_WIDTH, 512, "d", signed=(A_STREAK,))
        self.commits = Table(C_WIDTH, 4096, "d")
        self.paths = Table(P_WIDTH, 12_288, "f")
        self.words = OnlineLogit()
        self.green_words = OnlineLogit()

    @property
    def as_of(self) -> int:
        """Return when the last learned build finished, 0 where there is none."""
        return int(self.project.cells[pr.LAST_AT])

    @property
    def builds(self) -> int:
        """Return how many builds were learned."""
        return int(self.project.cells[pr.BUILDS])

    @property
    def failures(self) -> int:
        """Return how many of them failed."""
        return int(self.project.cells[pr.FAILURES])

    def learn(self, record: BuildRecord, digest: Digest | None = None) -> None:
        """Add one finished build; an outcome that is no label (canceled, skipped) adds nothing.

        Builds must come in the order (finished_at, id). One that claims to have finished before the
        build learned last (clocks differ between machines) counts as finished with that one.
        `digest` is that of the record's change, for callers that have it already.
        """
        failed = record.failed
        if failed is None:
            return
        digest = digest or Digest(record.change)
        branch = self.branches.touch(digest.branch_key)
        streak = self.branches.cells[branch + B_STREAK]
        lesson = _Lesson(record, digest, failed, streak, max(record.finished_at, self.as_of))
        self._learn_words(lesson)
        self._learn_project(lesson, self.branches.cells[branch + B_BUILDS] + 1.0)
        self._learn_branch(lesson, branch)
        self._learn_author(lesson)
        self._learn_commits(lesson)
        self._learn_paths(lesson)

    def _learn_words(self, lesson: _Lesson) -> None:
        slots = lesson.digest.slots
        self.words.learn(slots, log_odds(self.project.usual_rate()), lesson.failed)
        if lesson.streak < 0:
            usual = log_odds(self.project.usual_green_rate())
            self.green_words.learn(slots, usual, lesson.failed)

    def _learn_project(self, lesson: _Lesson, branch_builds: float) -> None:
        project, failed, streak = self.project, lesson.failed, lesson.streak
        cells = project.cells
        if streak < 0:
            for at, keep in pr.RATES_OF_GREEN:
                count(cells, at, keep, failed)
        if not lesson.is_pull and branch_builds > cells[pr.TRUNK_BUILDS]:
            cells[pr.TRUNK] = float(lesson.digest.branch_key)
            cells[pr.TRUNK_BUILDS] = branch_builds
        project.count_build(failed, lesson.finished_at, lesson.duration_s)
        project.churn.add(lesson.digest.added + lesson.digest.deleted)
        project.files.add(lesson.digest.files)

    def _learn_branch(self, lesson: _Lesson, offset: int) -> None:
        cells, failed, streak = self.branches.cells, lesson.failed, lesson.streak
        if streak:
            count(cells, offset + B_FLIPS, KEEP_20, float(failed == (streak < 0)))
        if streak < 0:
            count(cells, offset + B_GREEN, KEEP_20, failed)
        if failed and streak <= 0:
            cells[offset + B_RED_SINCE] = lesson.finished_at
        if streak > 0 and not failed:
            self.project.count_repair(streak)
        if not cells[offset + B_BUILDS]:
            cells[offset + B_FIRST_AT] = lesson.finished_at
        cells[offset + B_STREAK] = next_streak(streak, failed)
        count(cells, offset + B_RATE_3, KEEP_3, failed)
        count(cells, offset + B_RATE_20, KEEP_20, failed)
        cells[offset + B_BUILDS] += 1.0
        cells[offset + B_LAST_AT] = lesson.finished_at
        cells[offset + (B_FAIL_AT if failed else B_PASS_AT)] = lesson.finished_at
        cells[offset + B_AUTHOR] = float(lesson.digest.author_key)
        cells[offset + B_DURATION] = lesson.duration_s

    def _learn_author(self, lesson: _Lesson) -> None:
        if not lesson.digest.author_key:
            return
        offset = self.authors.touch(lesson.digest.author_key)
        cells, failed = self.authors.cells, lesson.failed
        cells[offset + A_BUILDS] += 1.0
        cells[offset + A_STREAK] = next_streak(cells[offset + A_STREAK], failed)
        cells[offset + A_LAST_AT] = lesson.finished_at
        if failed:
            cells[offset + A_FAIL_AT] = lesson.finished_at
        count(cells, offset + A_RATE, KEEP_20, failed)
        if lesson.streak < 0:
            count(cells, offset + A_GREEN, KEEP_30, failed)

    def _learn_commits(self, lesson: _Lesson) -> None:
        table, digest = self.commits, lesson.digest
        self._learn_rerun(lesson)
        covered = dict.fromkeys(digest.commit_keys[:MOST_COVERED])
        if digest.head_key:
            covered[digest.head_key] = None
        offsets = table.touch_all(covered)
        cells = table.cells
        for offset in offsets:
            cells[offset + C_BUILDS] += 1.0
            cells[offset + C_FAILURES] += lesson.failed
            cells[offset + C_LAST_AT] = lesson.finished_at
        if digest.head_key:
            cells[table.touch(digest.head_key) + C_HEAD] += 1.0

    def _learn_rerun(self, lesson: _Lesson) -> None:
        """Note whether a head that was built before ended as most of its builds did."""
        offset = self.commits.find(lesson.digest.head_key) if lesson.digest.head_key else -1
        if offset < 0:
            return
        builds, failures, _, as_head = self.commits.cells[offset : offset + C_WIDTH]
        if as_head:
            failed_mostly = 2.0 * failures > builds
            differs = float(lesson.failed != failed_mostly)
            count(self.project.cells, pr.RERUNS, pr.KEEP_OF_RERUNS, differs)

    def _learn_paths(self, lesson: _Lesson) -> None:
        rows = self.paths.touch_all(lesson.digest.path_keys)
        cells, failed = self.paths.cells, lesson.failed
        count_all(cells, rows, P_RATE, KEEP_20, failed)
        if lesson.streak < 0:
            count_all(cells, rows, P_GREEN, KEEP_30, failed)

    def snapshot(self) -> bytes:
        """Return the whole state as bytes; the same state gives the same bytes."""
        return write_sections([*(table.dump() for table in self._tables()), *map(to_bytes, self._flat())])

    @classmethod
    def restore(cls, data: bytes) -> History:
        """Return the history that a `snapshot` holds: it answers, and learns on, to the same bits.

        Raises:
            HistoryError: where `data` is no snapshot, is damaged, or is of another version.
        """
        history = cls()
        history._load(data)
        for table in history._tables():
            table.build_index()
        return history

    @classmethod
    def open(cls, data: bytes) -> History:
        """Return the history that a `snapshot` holds, to be read only: a push pays for what it looks up.

        Raises:
            HistoryError: as `restore`, but whether rows are shared between keys is not looked at.
        """
        history = cls()
        history._load(data)
        return history

    def _load(self, data: bytes) -> None:
        tables, flat = self._tables(), self._flat()
        sections = read_sections(data, len(tables) + len(flat))
        for table, section in zip(tables, sections[: len(tables)], strict=True):
            table.load(section)
        cells, churn, files, *words = sections[len(tables) :]
        self.project.load(cells, churn, files)
        self.words.load(*words[:2])
        self.green_words.load(*words[2:])

    def _tables(self) -> tuple[Table, ...]:
        return (self.branches, self.authors, self.commits, self.paths)

    def _flat(self) -> tuple[array[float], ...]:
        project, words, green = self.project, self.words, self.green_words
        return (
            array("d", project.cells),
            project.churn.ring,
            project.files.ring,
            words.weights,
            words.squares,
            green.weights,
            green.squares,
        )
