"""What is handed to a worker and what comes back: small facts, and the commits of a range."""

from __future__ import annotations

from dataclasses import dataclass, field

from cigate.change import Commit

from .sources import Source

MINED, KEPT, FAILED = "mined", "kept", "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One repository to mine, and where results go; what is secret is not shown.

    A repository with more than `range_heads` built commits is read in ranges of so many.
    """

    source: Source = field(repr=False)  # a clone URL may hold a token
    out: str
    cache: str
    cache_bytes: int
    range_heads: int
    store: str = field(default="", repr=False)
    author_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Mined:
    """What became of one repository. `rows` are labelled builds, `size` the bytes of their file.

    `cpu_s` is what mining it took, git included: in an earlier run where it is kept. `peak` are the most
    bytes that the process which mined it had ever held until then.
    """

    name: str
    state: str
    builds: int = 0
    rows: int = 0
    failures: int = 0
    size: int = 0
    cpu_s: float = 0.0
    ranges: int = 1
    peak: int = 0
    sha256: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """A repository that is to be read in ranges of `step` of its heads."""

    heads: int
    step: int

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """Return the first head and the end of each range."""
        return [(first, min(first + self.step, self.heads)) for first in range(0, self.heads, self.step)]


@dataclass(frozen=True, slots=True)
class Part:
    """The commits of one range."""

    commits: list[Commit] = field(repr=False)
    cpu_s: float
