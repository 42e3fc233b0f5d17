"""Lets work that may never come back be given up: a database that was stopped ignores every limit of its own.

Must not be used for work that would be wrong if it ended later after all.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import monotonic
from typing import Final, TypeVar

from cigate.errors import StoreError

_T = TypeVar("_T")


class Deadline:
    """A moment of the monotonic clock until which everything together may last."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s: Final = limit_s
        self._until = monotonic() + limit_s

    @property
    def left_s(self) -> float:
        """Return how many seconds are left, 0 at least."""
        return max(0.0, self._until - monotonic())

    def run(self, what: str, work: Callable[[], _T]) -> _T:
        """Return what `work` returns; `what` names who is waited for.

        After the deadline it is left alone in its thread, which ends with the process.

        Raises:
            StoreError: it has not ended in time. And whatever `work` raises.
        """
        returned: list[_T] = []
        raised: list[BaseException] = []

        def guarded() -> None:
            try:
                returned.append(work())
            except BaseException as error:
                raised.append(error)

        thread = Thread(target=guarded, daemon=True)
        thread.start()
        thread.join(self.left_s)
        if returned:
            return returned[0]
        if raised:
            raise raised[0]
        raise StoreError(
            f"{what} has not answered within {self.limit_s:g} s", "check that it is up, or give --deadline"
        )
