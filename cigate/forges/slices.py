"""All of a long list from a server that shows only the first thousand of any answer.

Pure: the asking is given. Must not forget a run that lies where two slices of time meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from cigate.change import Fact

MAX_SHOWN: Final = 1000


class Page(Fact):
    """One page of an answer: `total` is of the whole answer, as far as the server counts."""

    __slots__ = ("more", "runs", "total")

    def __init__(self, runs: tuple[Mapping[str, Any], ...], total: int, more: bool) -> None:
        self.runs: Final = runs
        self.total: Final = total
        self.more: Final = more


class Slice(Fact):
    """What was created in [since, until], Unix seconds; not `whole` where a second has too much."""

    __slots__ = ("runs", "since", "until", "whole")

    def __init__(self, since: int, until: int, runs: tuple[Mapping[str, Any], ...], whole: bool) -> None:
        self.since: Final = since
        self.until: Final = until
        self.runs: Final = runs
        self.whole: Final = whole


def read_slices(ask: Callable[[int, int, int], Page], since: int, until: int) -> Iterator[Slice]:
    """Yield all that was created in [since, until], in slices, the oldest first.

    `ask(since, until, page)` answers with the newest first; pages count from 1. A slice whose answer
    is cut off is halved until it is not.
    """
    waiting = [(since, until)]
    while waiting:
        start, end = waiting.pop()
        page = ask(start, end, 1)
        if page.total >= MAX_SHOWN and start < end:
            middle = (start + end) // 2
            waiting += [(middle + 1, end), (start, middle)]
            continue
        found = {run.get("id"): run for run in page.runs}
        number = 1
        while page.more:
            number += 1
            page = ask(start, end, number)
            found |= {run.get("id"): run for run in page.runs}
        yield Slice(start, end, tuple(reversed(found.values())), page.total < MAX_SHOWN)
