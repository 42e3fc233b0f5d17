"""A made-up history of builds from a seed, for trying cigate where there is no history yet.

Failure depends on who pushes, how much, what kind of file, whether the branch is broken already,
and on chance. Standard library only. Everything written from it says that it is SYNTHETIC.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Final

START: Final = 1_704_096_000  # Monday 2024-01-01 08:00 UTC: fixed, so that a seed says it all
WEEK_S: Final = 7 * 86400
MAIN: Final = "main"
# name: how often they push, and what that adds to the log-odds of a failure
AUTHORS: Final = {
    "main_dev": (27, -0.9),
    "senior_dev": (22, -0.7),
    "dev_a": (18, 0.0),
    "dev_b": (15, 0.2),
    "new_dev": (18, 3.4),
}
FILE_TYPES: Final = {
    ".py": (44, 0.0),
    ".js": (14, 0.1),
    ".md": (10, -1.5),
    ".html": (8, -0.3),
    ".yml": (12, 1.8),
    ".toml": (6, 1.5),
    ".mk": (6, 1.4),
}
CALM: Final = -6.8  # log-odds of a failure for one Python file of ten lines by an average author
PER_DOUBLED_FILES: Final = 1.7
PER_DOUBLED_LINES: Final = 0.35
BROKEN: Final = -0.6  # log-odds, at least, while the branch is broken
NEWCOMER: Final = "new_dev"
NEWCOMER_SIZE: Final = 1.7  # newcomers push more at once
FLAKY: Final = 0.01
MERGE: Final = -2.8  # log-odds of a failure when a green feature is merged
MAX_FILES: Final = 60
MAX_OPEN: Final = 3
QUIET_BUILDS: Final = 12
TOPICS: Final = ("login", "search", "cache", "export", "layout", "retry", "upload", "report")


@dataclass(frozen=True, slots=True)
class Push:
    """One build of the made-up history; `merges` names the branch whose merge it is, else ""."""

    author: str
    files_changed: int
    lines_added: int
    lines_deleted: int
    dominant_file_type: str
    at: int
    passed: bool
    branch: str = MAIN
    merges: str = ""

    @property
    def status(self) -> str:
        """The outcome in the words of a CI server."""
        return "success" if self.passed else "failure"

    @property
    def timestamp(self) -> str:
        """The time of the push, ISO 8601 in UTC."""
        return datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class _Branch:
    owner: str
    left: int
    broken: bool


@dataclass(slots=True)
class _World:
    """What the process remembers: the clock, and which branches are open and broken."""

    random: Random
    now: int = START
    broken: bool = False
    features: dict[str, _Branch] = field(default_factory=dict)
    opened: int = 0


def generate(builds: int, seed: int, branches: bool = False) -> Iterator[Push]:
    """Yield `builds` pushes in order of time: the same ones for the same arguments.

    With `branches`, short feature branches are opened, pushed to and merged beside main. The last
    few builds are small and pass, so that what is judged after them meets a green branch.
    """
    world = _World(Random(seed))
    quiet = min(QUIET_BUILDS, builds // 4)
    for number in range(builds):
        _wait(world)
        if number >= builds - quiet:
            yield _quiet_push(world)
        elif branches:
            yield _branched_push(world)
        else:
            yield _main_push(world)


def end_before(pushes: Sequence[Push], until: int) -> list[Push]:
    """Return the pushes moved by whole weeks, so that the last one is in the week before `until`.

    Hours and weekdays stay as they are.
    """
    moved_by = (until - 1 - pushes[-1].at) // WEEK_S * WEEK_S
    return [replace(push, at=push.at + moved_by) for push in pushes]


def _wait(world: _World) -> None:
    """Let working time pass until the next push."""
    world.now += 900 + int(world.random.expovariate(1 / 6000))
    hour = world.now // 3600 % 24
    if hour >= 19 or hour < 8:
        days = (world.now + 5 * 3600) // 86400  # from 19:00 on, tomorrow
        world.now = days * 86400 + 8 * 3600 + world.random.randrange(3600)
    while (world.now // 86400 + 3) % 7 >= 5:
        world.now += 86400


def _quiet_push(world: _World) -> Push:
    author = world.random.choice(["main_dev", "senior_dev", "dev_a", "dev_b"])
    world.broken = False
    files = world.random.randint(1, 3)
    lines = files * world.random.randint(2, 9)
    return Push(author, files, lines, lines // 3, ".py", world.now, True)


def _main_push(world: _World) -> Push:
    push, world.broken = _push(world, _choose(world.random, AUTHORS), MAIN, world.broken)
    return push


def _branched_push(world: _World) -> Push:
    """Push to main, or to a feature branch, opening or merging one as the work goes on."""
    draw = world.random.random()
    if draw < 0.45:
        return _main_push(world)
    if not world.features or (draw < 0.6 and len(world.features) < MAX_OPEN):
        return _feature_push(world, _open_feature(world))
    name = world.random.choice(sorted(world.features))
    feature = world.features[name]
    if feature.left > 0 or feature.broken:
        return _feature_push(world, name)
    return _merge(world, name)


def _open_feature(world: _World) -> str:
    world.opened += 1
    name = f"feature/{world.random.choice(TOPICS)}-{world.opened}"
    owner = _choose(world.random, AUTHORS)
    world.features[name] = _Branch(owner, world.random.randint(1, 4), world.broken)
    return name


def _feature_push(world: _World, name: str) -> Push:
    feature = world.features[name]
    push, feature.broken = _push(world, feature.owner, name, feature.broken)
    feature.left -= 1
    return push


def _merge(world: _World, name: str) -> Push:
    """Merge a green feature; its totals are only known once there are files."""
    feature = world.features.pop(name)
    odds = MERGE + AUTHORS[feature.owner][1] / 3
    world.broken = _fails(world.random, odds, world.broken)
    return Push(feature.owner, 0, 0, 0, "", world.now, not world.broken, MAIN, name)


def _push(world: _World, author: str, branch: str, broken: bool) -> tuple[Push, bool]:
    """Return a push and whether the branch is broken after it."""
    random = world.random
    kind = _choose(random, FILE_TYPES)
    files = min(1 + int(random.lognormvariate(NEWCOMER_SIZE if author == NEWCOMER else 0.7, 1.0)), MAX_FILES)
    added = files + int(files * random.lognormvariate(1.3, 0.8))
    deleted = int(added * random.uniform(0.0, 0.7))
    odds = CALM + AUTHORS[author][1] + FILE_TYPES[kind][1]
    odds += PER_DOUBLED_FILES * math.log2(files)
    odds += PER_DOUBLED_LINES * max(math.log2((added + deleted) / 10), 0)
    fails = _fails(random, odds, broken)
    # A flaky failure is gone with the next build: it does not break the branch.
    flaky = not fails and random.random() < FLAKY
    return Push(author, files, added, deleted, kind, world.now, not (fails or flaky), branch), fails


def _fails(random: Random, odds: float, broken: bool) -> bool:
    return random.random() < 1 / (1 + math.exp(-(max(odds, BROKEN) if broken else odds)))


def _choose(random: Random, weighted: dict[str, tuple[int, float]]) -> str:
    return random.choices(list(weighted), [weight for weight, _ in weighted.values()])[0]
