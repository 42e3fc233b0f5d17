"""All that is known of a change at the moment of its push, looked up once for all features.

Reads the history, never writes it. Each view answers for one subject: a branch, an author, a commit,
the touched paths, the project.
"""

from __future__ import annotations

from math import fsum

from cigate.features.feature import UNKNOWN
from cigate.history import fold as fo
from cigate.history import project as pr
from cigate.history.digest import Digest
from cigate.history.rates import DAY_S, rate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.change import Change
    from cigate.history import History

RECENT_BRANCHES = 32
RECENT_S = 14 * DAY_S


class BranchView:
    """A branch's builds; `builds` is 0 and the rates are the project's where it has none yet."""

    __slots__ = (
        "author_key",
        "builds",
        "duration",
        "fail_at",
        "first_at",
        "flips",
        "green_rate",
        "last_at",
        "pass_at",
        "rate_3",
        "rate_20",
        "red_since",
        "streak",
    )

    def __init__(self, history: History, key: int, usual: float, usual_green: float) -> None:
        cells, o = history.branches.cells, history.branches.find(key)
        if o < 0:
            self.builds = self.streak = self.last_at = self.pass_at = self.fail_at = 0.0
            self.red_since = self.author_key = self.duration = self.first_at = 0.0
            self.rate_3 = self.rate_20 = usual
            self.green_rate = usual_green
            self.flips = UNKNOWN
            return
        self.builds, self.streak, self.last_at, self.pass_at, self.fail_at, *rest = cells[o : o + fo.B_WIDTH]
        self.red_since, self.author_key, self.duration, *pairs, self.first_at = rest
        self.rate_3 = rate(pairs, 0, usual, 0.5)
        self.rate_20 = rate(pairs, 2, usual)
        self.green_rate = rate(pairs, 4, usual_green, 4.0)
        self.flips = rate(pairs, 6, 0.2)

    @property
    def last_failed(self) -> float:
        """Return 1.0 or 0.0 for the last finished build, UNKNOWN where there is none."""
        return float(self.streak > 0) if self.builds else UNKNOWN


class AuthorView:
    """An author's builds; the rates are the project's where there are none yet."""

    __slots__ = ("builds", "fail_at", "green_rate", "last_at", "rate", "streak")

    def __init__(self, history: History, key: int, usual: float, usual_green: float) -> None:
        cells, o = history.authors.cells, history.authors.find(key) if key else -1
        if o < 0:
            self.builds = self.streak = self.last_at = self.fail_at = 0.0
            self.rate, self.green_rate = usual, usual_green
            return
        self.builds, self.streak, self.last_at, self.fail_at = cells[o : o + 4]
        self.rate = rate(cells, o + fo.A_RATE, usual, 4.0)
        self.green_rate = rate(cells, o + fo.A_GREEN, usual_green, 6.0)


class CommitView:
    """The builds that held one commit; the share of failures is UNKNOWN without any."""

    __slots__ = ("builds", "fail_share", "head_builds", "last_at")

    def __init__(self, history: History, key: int) -> None:
        cells, o = history.commits.cells, history.commits.find(key) if key else -1
        if o < 0:
            self.builds = self.last_at = self.head_builds = 0.0
            self.fail_share = UNKNOWN
            return
        self.builds, failures, self.last_at, self.head_builds = cells[o : o + 4]
        self.fail_share = failures / self.builds if self.builds >= 1.0 else UNKNOWN


class RateSpread:
    """How the failure rates of several keys stand against the usual rate: highest, mean, share known."""

    __slots__ = ("green_max", "green_mean", "known", "max", "mean", "most_builds")

    def __init__(self, history: History, keys: list[int], usual: float, usual_green: float) -> None:
        cells, found = history.paths.cells, history.paths.find_all(keys)
        self.known = len(found) / len(keys) if keys else UNKNOWN
        if not found:
            self.max = self.mean = self.green_max = self.green_mean = self.most_builds = 0.0
            return
        failed, broke, most = [], [], 0.0
        prior, green_prior = 4.0 * usual, 6.0 * usual_green
        for row in found:
            builds = cells[row]
            if builds > most:
                most = builds
            failed.append((cells[row + 1] + prior) / (builds + 4.0))
            broke.append((cells[row + 3] + green_prior) / (cells[row + 2] + 6.0))
        self.max = max(failed) - usual
        self.mean = fsum(failed) / len(failed) - usual  # the plain sum rounds otherwise from Python 3.12 on
        self.green_max = max(broke) - usual_green
        self.green_mean = fsum(broke) / len(broke) - usual_green
        self.most_builds = most


class ProjectView:
    """The project's rates and streaks, and how many of its recent branches are red."""

    __slots__ = ("active", "cells", "green", "red_share", "usual")

    def __init__(self, history: History, at: int) -> None:
        self.cells = history.project.cells
        self.usual = history.project.usual_rate()
        self.green = history.project.usual_green_rate()
        cells, since = history.branches.cells, float(at - RECENT_S)
        active = red = 0
        for offset in history.branches.recent(RECENT_BRANCHES):
            if cells[offset + fo.B_LAST_AT] > since:
                active += 1
                red += cells[offset + fo.B_STREAK] > 0.0
        self.active = float(active)
        self.red_share = red / active if active else UNKNOWN

    def rate(self, at: int, prior: float, weight: float = 2.0) -> float:
        """Return the rate of the pair that starts at cell `at`."""
        return rate(self.cells, at, prior, weight)


class Moment:
    """One push and what was known when it happened; `at` is Unix seconds."""

    __slots__ = (
        "at",
        "author",
        "base",
        "branch",
        "change",
        "digest",
        "excess",
        "extensions",
        "folders",
        "green_excess",
        "head",
        "history",
        "paths",
        "project",
        "target",
        "tops",
        "trunk",
    )

    def __init__(
        self,
        change: Change,
        history: History,
        at: int,
        digest: Digest | None = None,
        project: ProjectView | None = None,
    ) -> None:
        self.change = change
        self.history = history
        self.at = at
        self.digest = digest = digest or Digest(change)
        self.project = project or ProjectView(history, at)
        usual, green = self.project.usual, self.project.green
        trunk_key = int(history.project.cells[pr.TRUNK])
        self.branch = BranchView(history, digest.branch_key, usual, green)
        self.trunk = self.branch
        if trunk_key != digest.branch_key:
            self.trunk = BranchView(history, trunk_key, usual, green)
        self.target = self.trunk
        if digest.target_key:
            self.target = BranchView(history, digest.target_key, usual, green)
        self.author = AuthorView(history, digest.author_key, usual, green)
        self.base = CommitView(history, digest.base_key)
        self.head = CommitView(history, digest.head_key)
        self.paths = RateSpread(history, digest.file_keys, usual, green)
        self.folders = RateSpread(history, digest.folder_keys, usual, green)
        self.tops = RateSpread(history, digest.top_keys, usual, green)
        self.extensions = RateSpread(history, digest.extension_keys, usual, green)
        self.excess = history.words.excess(digest.slots)
        self.green_excess = history.green_words.excess(digest.slots)
