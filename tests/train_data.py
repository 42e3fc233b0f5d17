"""Made-up build records with a pattern to learn: a risky folder, a careless author, red streaks."""

from __future__ import annotations

import random

from cigate.change import BuildRecord, Change, Commit, FileChange

START = 1_600_000_000
RISKY, SAFE = "engine/core.c", "docs/guide.md"
CARELESS, CAREFUL = "c" * 16, "a" * 16


def make_records(
    count: int = 300,
    seed: int = 0,
    *,
    provider: str = "travis",
    branches: tuple[str, ...] = ("main", "feature/x", "feature/y", ""),
    gap_s: int = 3600,
    duration_s: int = 900,
) -> list[BuildRecord]:
    """Return `count` builds in the order in which they finished; "" stands for a fresh branch each."""
    draw = random.Random(seed)
    red: dict[str, bool] = {}
    records = []
    for number in range(count):
        branch = draw.choice(branches) or f"topic/{number}"
        risky = draw.random() < 0.4
        author = draw.choice((CARELESS, CAREFUL, CAREFUL))
        chance = 0.05 + 0.3 * risky + 0.2 * (author == CARELESS) + 0.3 * red.get(branch, False)
        red[branch] = draw.random() < chance
        pushed_at = START + number * gap_s
        finished_at = pushed_at + draw.randrange(duration_s // 2, duration_s * 2)
        change = _change(number, branch, author, RISKY if risky else SAFE, pushed_at)
        outcome = "failed" if red[branch] else "passed"
        records.append(
            BuildRecord(f"b{number}", change, outcome, pushed_at + 60, finished_at, provider, "ci")
        )
    return sorted(records, key=lambda record: (record.finished_at, record.id))


def _change(number: int, branch: str, author: str, path: str, at: int) -> Change:
    sha, base = f"{number + 1:040x}", f"{number:040x}" if number else ""
    files = (FileChange(path, 3 + number % 40, number % 7),)
    subject = f"Change {path} once more"
    commit = Commit(sha, (base,) if base else (), author, at - 120, at - 100, subject, files)
    return Change(sha, base, branch, author, at, (commit,))


def with_outcome(record: BuildRecord, outcome: str) -> BuildRecord:
    """Return `record` as if its build had ended with `outcome`."""
    return _changed(record, outcome=outcome)


def with_chance(record: BuildRecord, p_run: float) -> BuildRecord:
    """Return `record` as if a gate had let its build run with that probability."""
    return _changed(record, p_run=p_run)


def _changed(record: BuildRecord, **facts: object) -> BuildRecord:
    return BuildRecord(**{**{name: getattr(record, name) for name in BuildRecord.__slots__}, **facts})
