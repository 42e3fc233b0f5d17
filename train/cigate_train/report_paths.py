"""Which folders break builds: how often pushes that touch one fail, beside all other pushes. Pure.

Counts pushes, never people. A folder that was touched rarely proves nothing and is left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cigate.change import BuildRecord

DEPTH = 2
FEWEST = 10
MOST = 10
Z = 1.64  # one in twenty folders of a project without any pattern would look risky


@dataclass(frozen=True, slots=True)
class RiskyPath:
    """A folder (or file at the top): pushes that touch it, how many failed, and the rate of all others.

    `with_kind` is the kind of file that its failing pushes touch most there, `last_failed_at` and
    `last_head` tell the newest of them.
    """

    path: str
    builds: int
    failures: int
    elsewhere: float
    with_kind: str
    last_failed_at: int
    last_head: str

    @property
    def rate(self) -> float:
        """Return how often pushes that touch it fail."""
        return self.failures / self.builds


def riskiest_paths(records: Iterable[BuildRecord], most: int = MOST) -> list[RiskyPath]:
    """Return the folders whose failure rate is most surely above that of all other pushes, worst first."""
    labelled = [record for record in records if record.failed is not None]
    total, failures = len(labelled), sum(bool(record.failed) for record in labelled)
    builds: Counter[str] = Counter()
    failed: dict[str, list[BuildRecord]] = {}
    for record in labelled:
        for place in set(_places(record)):
            builds[place] += 1
            if record.failed:
                failed.setdefault(place, []).append(record)
    found = [
        _risky(place, builds[place], broken, total, failures)
        for place, broken in failed.items()
        if FEWEST <= builds[place] < total
    ]
    surely = [path for path in found if _at_least(path) > path.elsewhere]
    return sorted(surely, key=lambda path: (path.elsewhere - _at_least(path), path.path))[:most]


def _risky(place: str, builds: int, broken: list[BuildRecord], total: int, failures: int) -> RiskyPath:
    newest = max(broken, key=lambda record: (record.change.pushed_at, record.id))
    kinds = Counter(kind for record in broken for kind in sorted(_kinds(record, place)))
    kind = min(kinds, key=lambda name: (-kinds[name], name)) if kinds else ""
    elsewhere = (failures - len(broken)) / (total - builds)
    at, head = newest.change.pushed_at, newest.change.head
    return RiskyPath(place, builds, len(broken), elsewhere, kind, at, head)


def _at_least(path: RiskyPath) -> float:
    """Return the lower end of Wilson's interval of the failure rate."""
    n, p = path.builds, path.rate
    middle = p + Z * Z / (2 * n)
    spread = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return (middle - spread) / (1 + Z * Z / n)


def _places(record: BuildRecord) -> Iterator[str]:
    for commit in record.change.commits:
        for file in commit.files:
            yield _folder(file.path)


def _kinds(record: BuildRecord, place: str) -> set[str]:
    names = [f.path for commit in record.change.commits for f in commit.files if _folder(f.path) == place]
    ends = [name.rsplit("/", 1)[-1].rpartition(".") for name in names]
    return {f".{end}" for stem, _, end in ends if stem and end}


def _folder(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:-1][:DEPTH]) + "/" if len(parts) > 1 else path
