"""Where tasks run: in this process, or on Dask's workers. Whoever submits them need not know which.

Must not import Dask: that is for `dask_engine`, and only where more than this process is wanted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

from cigate.errors import MissingExtra


class Engine(Protocol):
    """Runs tasks; arguments may be what `submit` returned for other tasks."""

    @property
    def shown(self) -> str:
        """What runs the tasks, for a message."""

    def submit(self, work: Callable[..., Any], *args: Any, tag: str = "") -> object:
        """Let `work` be done some time; `done` yields the result under `tag` where one is given."""

    def done(self) -> Iterator[tuple[str, Any]]:
        """Yield (tag, result) of every tagged task as it ends, also of those submitted meanwhile.

        What a task could not survive, such as the death of three workers in a row, comes as an exception.

        Raises:
            EngineError: the scheduler is gone.
        """

    def forests(self, shared: Sequence[object], /) -> AbstractContextManager[str]:
        """Return a context in which joblib's tasks are done on this engine.

        What is `shared` among the arguments of tasks goes to each worker once. The context gives the name
        of the joblib backend on which a task may spread in turn.
        """


class InProcess:
    """No engine at all: tasks are done here, one after the other, when their results are asked for."""

    shown = "this process"

    def __init__(self) -> None:
        self._tagged: deque[tuple[str, _Later]] = deque()

    def submit(self, work: Callable[..., Any], *args: Any, tag: str = "") -> object:
        """Remember what is to be done."""
        later = _Later(work, args)
        if tag:
            self._tagged.append((tag, later))
        return later

    def done(self) -> Iterator[tuple[str, Any]]:
        """Do one task after the other."""
        while self._tagged:
            tag, later = self._tagged.popleft()
            yield tag, later.result()

    def forests(self, _: Sequence[object], /) -> AbstractContextManager[str]:
        """Let scikit-learn use the threads that it is given; nothing has to go anywhere."""
        return nullcontext("threading")


class _Later:
    def __init__(self, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._work = work
        self._args = args

    def result(self) -> Any:
        """Do it, after what it needs."""
        return self._work(*(arg.result() if isinstance(arg, _Later) else arg for arg in self._args))


@contextmanager
def open_engine(scheduler: str | None, workers: int) -> Iterator[Engine]:
    """Give the engine: Dask's scheduler at that address, else so many local processes, else this process.

    Raises:
        MissingExtra: Dask is not installed.
        EngineError: the scheduler does not answer, or its workers are not like this machine.
    """
    if scheduler is None and workers == 1:
        yield InProcess()
        return
    try:
        from .dask_engine import connect
    except ModuleNotFoundError:
        raise MissingExtra("work on more than one process", "scale") from None
    with connect(scheduler, workers) as engine:
        yield engine
