"""Builds that were read become records: those of commits joined to git, those of totals as they are.

Pure: the commits, and the heads that are known from before, are given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from statistics import median_low
from typing import Final

from cigate.change import BuildRecord, Change, Commit
from cigate.reruns import id_with_job
from cigate.tables.rows import Build
from cigate.totals import change_of_totals
from cigate.walk import Walker

USUAL_S: Final = 600


def usual_duration(builds: Iterable[Build]) -> int:
    """Return the median duration of the builds that say theirs: what the others are taken to last."""
    known = [b.finished_at - b.started_at for b in builds if b.finished_at is not None]
    return median_low(known) if known else USUAL_S


def join_commits(
    builds: Sequence[Build],
    commits: Mapping[str, Commit],
    known: Iterable[tuple[int, str]] = (),
) -> Iterator[BuildRecord]:
    """Yield the records of the builds whose commit is in `commits`, in the order of their pushes.

    `known` are (pushed_at, head) of builds that were recorded before. What their heads reach is no
    news to a later build, so that importing in parts gives what importing at once would give.
    """
    usual = usual_duration(builds)
    walker = Walker(commits)
    heads: list[tuple[int, str, Build | None]] = [(at, head, None) for at, head in known]
    heads += [(build.pushed_at, build.sha, build) for build in builds]
    for at, head, build in sorted(heads, key=lambda entry: entry[0]):
        if head not in commits:
            continue
        if build is None:
            walker.change(head, branch="", pushed_at=at)
            continue
        change = walker.change(
            head, branch=build.branch, pushed_at=at, target=build.target, event=build.event
        )
        yield _record(build, change, record_id(build), usual)


def record_id(build: Build) -> str:
    """Return the id of the record of a build of a commit: the same whenever it is imported."""
    name = build.build_id or _digest(build.sha, build.branch, build.event, build.started_at)
    return id_with_job(f"{build.provider}/{name}/{build.attempt}/{build.workflow}", build.job)


def totals_records(builds: Sequence[Build], author_key: bytes) -> Iterator[BuildRecord]:
    """Yield the records of builds of totals, in the order of the table.

    Rows that say the same of the same moment are told apart by their order.
    """
    usual = usual_duration(builds)
    met: Counter[object] = Counter()
    for b in builds:
        assert b.totals is not None
        t = b.totals
        alike = (t, b.pushed_at, b.branch)
        change = change_of_totals(
            t.author,
            t.files_changed,
            t.lines_added,
            t.lines_deleted,
            t.dominant_file_type,
            b.pushed_at,
            author_key,
            repeat=met[alike],
            branch=b.branch,
        )
        met[alike] += 1
        name = b.build_id or change.head
        yield _record(b, change, f"{b.provider}/{name}/{b.attempt}/{b.workflow}", usual)


def _record(build: Build, change: Change, id: str, usual_s: int) -> BuildRecord:
    finished = build.started_at + usual_s if build.finished_at is None else build.finished_at
    return BuildRecord(
        id=id,
        change=change,
        outcome=build.outcome,
        started_at=build.started_at,
        finished_at=finished,
        provider=build.provider,
        workflow=build.workflow,
        attempt=build.attempt,
        url=build.url,
    )


def _digest(*facts: str | int) -> str:
    canonical = "\0".join(map(str, facts)).encode("utf-8", "surrogateescape")
    return blake2b(canonical, digest_size=16).hexdigest()
