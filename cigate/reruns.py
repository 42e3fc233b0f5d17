"""Builds of one commit, told apart: which job, and which failure was none because the next try passed.

Pure. Flaky is no outcome: a record keeps what its build said, and this is read from the builds together.
"""

from __future__ import annotations

from collections.abc import Iterable

from cigate.change import BuildRecord


def id_with_job(id: str, job: str) -> str:
    """Return the id of the build of one job; without a job it is the id of the whole run."""
    return f"{id}//{job}" if job else id


def job_of(record: BuildRecord) -> str:
    """Return the job that `id_with_job` was given, "" for none."""
    return record.id.partition(f"/{record.attempt}/{record.workflow}//")[2]


def flaky_ids(records: Iterable[BuildRecord]) -> frozenset[str]:
    """Return the ids of the failed builds whose commit passed later, in the same workflow and job.

    A new attempt of the run, a rebuild under a new number and a nightly run of the same commit all
    show it. `records` may come in any order.
    """
    failed: dict[tuple[str, ...], list[str]] = {}
    flaky: list[str] = []
    for record in sorted(records, key=lambda r: (r.finished_at, r.attempt, r.id)):
        same = (record.provider, record.workflow, job_of(record), record.change.head)
        if record.failed:
            failed.setdefault(same, []).append(record.id)
        elif record.failed is False:
            flaky += failed.pop(same, [])
    return frozenset(flaky)
