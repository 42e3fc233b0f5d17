"""Lets work that may never come back be given up: a database that was stopped ignores every limit of its own.

Timeouts of sockets start anew with each byte, so the work is done in a thread that is left behind when
its time is over. Must not be used for work that would be wrong if it ended later after all.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import monotonic
from typing import Final, TypeVar

from cigate.errors import StoreError

_T = TypeVar("_T")


class OutOfTime(Exception):
    """Work has not ended in time; callers say whose it was and what to do."""


def within(limit_s: float, work: Callable[[], _T]) -> _T:
    """Return what `work` returns if it ends within `limit_s` seconds.

    After that it is left alone in its thread, which ends with the process.

    Raises:
        OutOfTime: it has not ended in time. And whatever `work` raises.
    """
    returned: list[_T] = []
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            returned.append(work())
        except BaseException as error:  # raised again below, where somebody hears it
            raised.append(error)

    thread = Thread(target=guarded, daemon=True)
    thread.start()
    thread.join(limit_s)
    if raised:
        raise raised[0]
    if not returned:
        raise OutOfTime
    return returned[0]


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

        Raises:
            StoreError: it has not ended in time. And whatever `work` raises.
        """
        try:
            return within(self.left_s, work)
        except OutOfTime:
            raise StoreError(
                f"{what} has not answered within {self.limit_s:g} s",
                "check that it is up, or give --deadline",
            ) from None
