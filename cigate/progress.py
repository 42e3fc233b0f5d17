"""Says on stderr how far long work has come: a bar on a terminal, a line now and then elsewhere.

Work that is over quickly says nothing. Must not print to stdout, which belongs to results.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

from cigate.reporters.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rich.progress import Progress

EVERY_S = 5.0
BAR_EVERY = 100
_T = TypeVar("_T")


def track(iterable: Iterable[_T], what: str, total: int | None = None) -> Iterator[_T]:
    """Yield what `iterable` yields, and say meanwhile how many that was.

    `what` names the work ("reading commits"), `total` how many are to come where that is known.
    """
    what = escape(what)
    bar = _bar() if sys.stderr.isatty() else None
    if bar is None:
        return _with_lines(iterable, what, total)
    return _with_bar(bar, iterable, what, total)


def _with_lines(iterable: Iterable[_T], what: str, total: int | None) -> Iterator[_T]:
    of = "" if total is None else f" of {total:,}"
    next_at = monotonic() + EVERY_S
    for done, item in enumerate(iterable, 1):
        yield item
        if monotonic() >= next_at:
            print(f"{what}: {done:,}{of}", file=sys.stderr, flush=True)
            next_at = monotonic() + EVERY_S


def _with_bar(bar: Progress, iterable: Iterable[_T], what: str, total: int | None) -> Iterator[_T]:
    with bar:
        task = bar.add_task(what, total=total)
        done = 0
        for item in iterable:
            yield item
            done += 1
            if done % BAR_EVERY == 0:
                bar.update(task, completed=done)
        bar.update(task, completed=done, total=done)


def _bar() -> Progress | None:
    """Return a bar that vanishes when it is done, None where there is no rich or no cursor to move."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    except ModuleNotFoundError:
        return None
    console = Console(stderr=True)
    if console.is_dumb_terminal:
        return None
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
