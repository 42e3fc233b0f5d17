"""What a worker does with one repository: read, join, replay, and keep the results.

A task may run twice, or die half way: whatever it writes is written again in the same place. Raises
nothing: what is wrong with one repository is told beside the others' results.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from resource import RUSAGE_SELF, getrusage
from typing import TypeVar

from cigate import places
from cigate.change import BuildRecord
from cigate.errors import CigateError
from cigate.git import Repository
from cigate.replay import replay
from cigate.stores import open_store
from cigate.tables import Build
from cigate_train.dataset import collect_dataset

from . import joining
from .jobs import FAILED, KEPT, MINED, Job, Mined, Part, Split
from .mirrors import local_copy
from .parts import NAMES, encode
from .prefix import open_prefix

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A repository with its builds, or with the records that it has already, and what stands for both."""

    repo: Repository
    builds: list[Build]
    records: list[BuildRecord]
    key: str


class _Effort:
    """What a repository costs: the ranges that were read, processor time from now on and `before`, memory."""

    def __init__(self, ranges: int = 1, before: float = 0.0) -> None:
        self.ranges = ranges
        self._start = _cpu_s() - before

    @property
    def cpu_s(self) -> float:
        """Return the seconds so far, to the hundredth that the clock has."""
        return round(_cpu_s() - self._start, 2)

    @property
    def peak(self) -> int:
        """Return the most bytes that this process ever held, its gits not among them."""
        return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def mine(job: Job) -> Mined | Split:
    """Mine a repository; one that is big is only looked at, and comes back as a Split."""
    return _guarded(job, lambda: _mine(job))


def read_range(job: Job, first: int, last: int) -> Part | Mined:
    """Return the commits of one range of heads."""

    def work() -> Part:
        effort = _Effort()
        with _opened(job) as opened:
            heads = joining.heads_of(opened.builds)
            commits = joining.read_range(opened.repo, heads, first, last)
        return Part(commits, effort.cpu_s)

    return _guarded(job, work)


def finish(job: Job, *parts: Part | Mined) -> Mined:
    """Mine a repository of which the ranges were read."""
    read = [part for part in parts if isinstance(part, Part)]
    lost = [part for part in parts if isinstance(part, Mined)]
    effort = _Effort(len(parts), sum(part.cpu_s for part in read))

    def work() -> Mined:
        with _opened(job) as opened:
            commits = (commit for part in read for commit in part.commits)
            return _keep(job, opened.key, joining.join(opened.builds, commits), effort)

    return lost[0] if lost else _guarded(job, work)


def result_name(name: str) -> str:
    """Return the name of the file that says what was mined of a repository."""
    return f"{name.replace('/', '__')}/mined.json"


def rows_name(name: str) -> str:
    """Return the name of the file with a repository's rows."""
    return f"{name.replace('/', '__')}/rows.parquet"


def _mine(job: Job) -> Mined | Split:
    effort = _Effort()
    with _opened(job) as opened:
        kept = _kept(job, opened.key)
        if kept is not None:
            return kept
        if not opened.builds:
            return _keep(job, opened.key, opened.records, effort)
        heads = joining.heads_of(opened.builds)
        if len(heads) > job.range_heads:
            return Split(len(heads), job.range_heads)
        commits = joining.read_range(opened.repo, heads, 0, len(heads))
        return _keep(job, opened.key, joining.join(opened.builds, commits), effort)


@contextmanager
def _opened(job: Job) -> Iterator[_Opened]:
    source = job.source
    with local_copy(source, job.cache, job.cache_bytes) as path:
        repo = joining.open_repository(path, job.author_key)
        refs = repo.run(["for-each-ref", "--format=%(objectname)"])
        builds: list[Build] = []
        records: list[BuildRecord] = []
        if source.builds and "://" not in source.builds:
            builds = joining.read_table(source.builds)
            facts = joining.digest_of_file(source.builds)
        else:
            records = joining.read_store(source.builds or places.store_url(repo))
            facts = joining.digest_of_records(records)
        yield _Opened(repo, builds, records, joining.key_of(source.name, refs, facts, repo.author_key))


def _kept(job: Job, key: str) -> Mined | None:
    """Return what an earlier run kept of the same repository, records and features."""
    said = open_prefix(job.out).read(result_name(job.source.name))
    try:
        found = json.loads(said or b"{}")
        if found.get("key") != key or found.get("store") != _store_shown(job):
            return None
        return replace(Mined(**found["mined"]), state=KEPT)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _keep(job: Job, key: str, records: list[BuildRecord], effort: _Effort) -> Mined:
    """Put the records into the store and the rows into their file; what says so comes last."""
    name = job.source.name
    if not records:
        raise CigateError("it has no builds: name their table, or import them there first")
    dataset = collect_dataset(replay(records), NAMES)
    if job.store:
        store = open_store(_store_url(job))
        try:
            store.append(records)
        finally:
            store.close()
    content = encode(name, dataset)
    prefix = open_prefix(job.out)
    prefix.write(rows_name(name), content)
    mined = Mined(
        name,
        MINED,
        len(records),
        len(dataset),
        dataset.failures,
        len(content),
        effort.cpu_s,
        effort.ranges,
        effort.peak,
        sha256(content).hexdigest(),
    )
    said = {"key": key, "store": _store_shown(job), "mined": asdict(mined)}
    prefix.write(result_name(name), json.dumps(said, sort_keys=True).encode())
    return mined


def _store_url(job: Job) -> str:
    return f"{job.store}{'&' if '?' in job.store else '?'}repository={job.source.name}"


def _store_shown(job: Job) -> str:
    return open_store(job.store).shown if job.store else ""


def _guarded(job: Job, work: Callable[[], _T]) -> _T | Mined:
    try:
        return work()
    except CigateError as error:
        return Mined(job.source.name, FAILED, why=_without_url(job, str(error)))
    except Exception as error:  # a mistake of ours stops one repository, not all of them
        return Mined(job.source.name, FAILED, why=f"a mistake in cigate: {type(error).__name__}")


def _cpu_s() -> float:
    """Return the processor time that this process and the gits it started have taken."""
    return sum(os.times()[:4])


def _without_url(job: Job, said: str) -> str:
    """Return git's words without the URL, which may hold a token, in any spelling of it."""
    return re.sub(r"'[^']*'", "it", said).replace(job.source.repo, "it") if job.source.is_url else said
