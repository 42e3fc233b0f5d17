"""The track record: the latest judgements here whose builds have ended, as a file that a warning can read.

On the path of a push that is warned about, and of no other. Written where the history is renewed. Its
absence means that nothing is known; it must not stop anything.
"""

from __future__ import annotations

import os

from cigate.change import Fact
from cigate.judgement import Past
from cigate.places import track_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from cigate.grading import Grade
    from cigate.places import HasCommonDir

HEADER = b"cigate-track 1\n"
MOST = 200  # judgements kept
MOST_BYTES = 16_384
LAST = 20  # warnings that are spoken of
FEWEST = 5  # fewer say nothing


class Judged(Fact):
    """One judgement whose outcome is known: `failed` is how its build ended."""

    __slots__ = ("action", "at", "complete", "failed", "p_fail", "red")
    at: Final[int]
    action: Final[str]
    p_fail: Final[float]
    red: Final[bool]
    complete: Final[bool]
    failed: Final[bool]

    def __init__(self, at: int, action: str, p_fail: float, red: bool, complete: bool, failed: bool) -> None:
        self.at = at
        self.action = action
        self.p_fail = p_fail
        self.red = red
        self.complete = complete
        self.failed = failed


def read_track(repo: HasCommonDir) -> list[Judged]:
    """Return what is known, oldest first; nothing where it cannot be read."""
    try:
        with open(track_path(repo), "rb") as file:
            return parse_track(file.read(MOST_BYTES))
    except OSError:
        return []


def parse_track(data: bytes) -> list[Judged]:
    """Return the judgements of a track's bytes; nothing where it is of another form."""
    if not data.startswith(HEADER):
        return []
    found = []
    for line in data[len(HEADER) :].split(b"\n")[:-1]:
        try:
            at, action, p_fail, red, complete, failed = line.decode().split("\t")
            found.append(Judged(int(at), action, float(p_fail), red == "1", complete == "1", failed == "1"))
        except ValueError:
            return []
    return found


def render_track(judged: Sequence[Judged]) -> bytes:
    """Return the newest MOST of `judged`, which are oldest first, as `parse_track` reads them."""
    lines = [
        f"{j.at}\t{j.action}\t{j.p_fail:.6f}\t{j.red:d}\t{j.complete:d}\t{j.failed:d}\n"
        for j in judged[-MOST:]
    ]
    return HEADER + "".join(lines).encode()


def past_of(judged: Iterable[Judged], red: bool = False) -> Past | None:
    """Return how the last warnings about green branches (or `red` ones) did, None for too few."""
    warned = [j.failed for j in judged if j.red == red and j.action in ("warn", "block")][-LAST:]
    return Past(len(warned), sum(warned)) if len(warned) >= FEWEST else None


def judged_of(grades: Iterable[Grade]) -> list[Judged]:
    """Return the judgements among `grades` whose outcome is known."""
    return [
        Judged(g.entry.at, g.entry.action, g.entry.p_fail, g.entry.red, g.entry.complete, g.outcome.failed)
        for g in grades
        if g.outcome
    ]


def write_track(repo: HasCommonDir, judged: Sequence[Judged]) -> None:
    """Put the track record in place in one step; none is left where nothing is known.

    Raises:
        OSError: it cannot be written.
    """
    path = track_path(repo)
    if not judged:
        if os.path.exists(path):
            os.unlink(path)
        return
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        with open(temporary, "xb") as file:
            file.write(render_track(judged))
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
