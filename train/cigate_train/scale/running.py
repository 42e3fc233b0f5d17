"""Mines many repositories on an engine: hands tasks out, collects what became of them, keeps the index.

One task a repository; a big one comes back and is read in ranges. Only so many are waiting at a time.
Must not touch a repository itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from cigate.errors import ModelError

from .engine import Engine
from .jobs import FAILED, Job, Mined, Split
from .mining import finish, mine, read_range
from .prefix import Prefix

INDEX = "index.json"
WAITING = 500


def run_jobs(engine: Engine, jobs: Sequence[Job], waiting: int = WAITING) -> Iterator[Mined]:
    """Yield what became of each job, as it ends.

    Raises:
        EngineError: the scheduler is gone; what was yielded, and what else had ended, is kept.
    """
    by_name = {job.source.name: job for job in jobs}
    rest = iter(jobs)
    for _ in range(waiting):
        _submit_next(engine, rest)
    for name, result in engine.done():
        if isinstance(result, Split):
            _submit_ranges(engine, by_name[name], result)
            continue
        _submit_next(engine, rest)
        yield result if isinstance(result, Mined) else Mined(name, FAILED, why=_why(result))


def write_index(prefix: Prefix, mined: Iterable[Mined]) -> int:
    """Put the list of what was mined beside the results; return how many repositories that are."""
    good = sorted((each for each in mined if each.state != FAILED), key=lambda each: each.name)
    projects = [
        {"name": m.name, "builds": m.builds, "rows": m.rows, "failures": m.failures, "sha256": m.sha256}
        for m in good
    ]
    prefix.write(INDEX, json.dumps({"projects": projects}, indent=1, sort_keys=True).encode() + b"\n")
    return len(projects)


def read_index(prefix: Prefix, shown: str) -> list[dict[str, object]]:
    """Return the projects that were mined there, sorted by name.

    Raises:
        ModelError: nothing was, or the list is damaged.
    """
    content = prefix.read(INDEX)
    if content is None:
        raise ModelError(f"nothing was mined to {shown}", f"cigate mine --repos FILE --out {shown}")
    try:
        return list(json.loads(content)["projects"])
    except (ValueError, KeyError, TypeError):
        raise ModelError(
            f"{shown}/{INDEX} is damaged", "run cigate mine again: it writes a new one"
        ) from None


def _submit_next(engine: Engine, rest: Iterator[Job]) -> None:
    job = next(rest, None)
    if job is not None:
        engine.submit(mine, job, tag=job.source.name)


def _submit_ranges(engine: Engine, job: Job, split: Split) -> None:
    parts = [engine.submit(read_range, job, first, last) for first, last in split.ranges]
    engine.submit(finish, job, *parts, tag=job.source.name)


def _why(result: object) -> str:
    """Return what happened to a task that gave no answer, without the arguments that it had."""
    if type(result).__name__ == "KilledWorker":
        return "every worker that tried it died: too little memory for it?"
    return f"its worker failed: {type(result).__name__}"
