"""Tasks on Dask: a scheduler that is there already, or local processes that live as long as the command.

Results may differ with versions, so workers with others than this machine's are named and refused.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import dask
import joblib
from distributed import Client, Future, LocalCluster, as_completed

from cigate.errors import EngineError

from .versions import refuse_differences, versions

ANSWER_S = 10
WORKERS_S = 60
GONE = ("cancelled", "lost")
# By default Dask looks a hundred times a second at what each worker does, fifty times whether its event loop
# still turns, ten times at its memory, and twice at the machine: 4 % of a core for a process that waits, of
# which 0.4 % are left.
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "500ms",
}


class DaskEngine:
    """A client of a scheduler that has workers."""

    def __init__(self, client: Client, shown: str) -> None:
        self._client = client
        self._tags: dict[object, str] = {}
        self._ended = as_completed()
        self.shown = shown

    def submit(self, work: Callable[..., Any], *args: Any, tag: str = "") -> object:
        """Hand a task to the scheduler."""
        with self._scheduler_there():
            future = self._client.submit(work, *args, pure=False, priority=0 if tag else 1)
        if tag:
            self._tags[future.key] = tag
            self._ended.add(future)
        return future

    def done(self) -> Iterator[tuple[str, Any]]:
        """Yield results as they come in."""
        while self._tags:
            with self._scheduler_there():
                future = next(self._ended)
                result = self._result(future)
            tag = self._tags.pop(future.key)
            future.release()
            yield tag, result

    @contextmanager
    def forests(self, shared: Sequence[object], /) -> Iterator[str]:
        """Let joblib hand tasks to the workers, each of which does one on one thread."""
        with joblib.parallel_config("dask", client=self._client, scatter=list(shared)):
            yield "sequential"

    def _result(self, future: Future) -> Any:
        if future.status in GONE:
            raise EngineError("the scheduler lost a task")
        if future.status == "error":
            return future.exception()
        return future.result(timeout=WORKERS_S)

    @contextmanager
    def _scheduler_there(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError, StopIteration, EngineError) as error:
            raise EngineError(
                f"the scheduler ({self.shown}) is gone: {type(error).__name__}",
                "what was finished is kept: start the scheduler and the same command again",
            ) from None


@contextmanager
def connect(scheduler: str | None, workers: int) -> Iterator[DaskEngine]:
    """Give an engine of the scheduler at that address, or of so many processes of its own.

    Raises:
        EngineError: it does not answer, has no workers, or some with other versions.
    """
    _quieten()
    with _client(scheduler, workers) as client:
        shown = scheduler or f"{workers} local processes"
        try:
            client.wait_for_workers(1, timeout=WORKERS_S)
        except (OSError, RuntimeError):
            raise EngineError(
                f"the scheduler ({shown}) has no worker",
                f"dask worker {scheduler or 'ADDRESS'}, on as many machines as wanted",
            ) from None
        refuse_differences(_versions_of_workers(client))
        yield DaskEngine(client, shown)


@contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Client]:
    if scheduler is None:
        with (
            dask.config.set(QUIET),
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster, direct_to_workers=True) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=ANSWER_S)
    except (OSError, ValueError) as error:
        raise EngineError(
            f"no scheduler answers at {scheduler}: {type(error).__name__}",
            "start one with `dask scheduler`, or leave --scheduler out",
        ) from None
    try:
        yield client
    finally:
        with suppress(OSError, RuntimeError):
            client.close(timeout=ANSWER_S)


def _quieten() -> None:
    """Keep the libraries' own logs, tracebacks among them, off the terminal: we say what matters.

    Dask gives each of its loggers a level, so that theirs must be set one by one.
    """
    for name in ("asyncio", "tornado.application", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("asyncio", "distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _versions_of_workers(client: Client) -> dict[str, dict[str, str]]:
    """Return what each worker runs; one that has no cigate says so instead."""
    answers = client.run(versions, on_error="return")
    return {
        worker: answer if isinstance(answer, dict) else {"cigate": "none"}
        for worker, answer in answers.items()
    }
