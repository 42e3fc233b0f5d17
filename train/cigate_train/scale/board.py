"""How far the mining of many repositories has come: a live table on a terminal, plain lines elsewhere.

On stderr; the summary that belongs to results is `render`, for stdout.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from cigate.reporters.escape import escape

from .jobs import FAILED, KEPT, MINED, Mined

if TYPE_CHECKING:
    from rich.table import Table

EVERY_S = 5.0
SHOWN = 8
SLOWEST = 10


def watch(mined: Iterable[Mined], total: int) -> Iterator[Mined]:
    """Yield what `mined` yields, and show it meanwhile."""
    if sys.stderr.isatty():
        with suppress(ModuleNotFoundError):
            return _live(mined, total)
    return _lines(mined, total)


def _lines(mined: Iterable[Mined], total: int) -> Iterator[Mined]:
    next_at = monotonic() + EVERY_S
    for done, each in enumerate(mined, 1):
        if each.state == FAILED:
            print(f"failed: {escape(each.name)}: {escape(each.why)}", file=sys.stderr, flush=True)
        elif monotonic() >= next_at:
            print(f"mining: {done:,} of {total:,} repositories", file=sys.stderr, flush=True)
            next_at = monotonic() + EVERY_S
        yield each


def _live(mined: Iterable[Mined], total: int) -> Iterator[Mined]:
    from rich.console import Console
    from rich.live import Live

    last: deque[Mined] = deque(maxlen=SHOWN)
    counts = {MINED: 0, KEPT: 0, FAILED: 0}
    with Live(console=Console(stderr=True), transient=True, refresh_per_second=4) as live:
        for each in mined:
            counts[each.state] += 1
            last.append(each)
            live.update(_table(last, counts, total))
            yield each


def _table(last: Iterable[Mined], counts: dict[str, int], total: int) -> Table:
    from rich.markup import escape as unmarked
    from rich.table import Table

    told = ", ".join(f"{number:,} {state}" for state, number in counts.items())
    table = Table(title=f"{sum(counts.values()):,} of {total:,} repositories: {told}")
    for column in ("repository", "", "builds", "failed", "CPU s"):
        table.add_column(column, justify="left" if column in ("repository", "") else "right")
    for each in last:
        cells = (f"{each.builds:,}", f"{each.failures:,}", f"{each.cpu_s:.1f}")
        table.add_row(unmarked(escape(each.name)), each.state, *cells)
    return table


def render(mined: Iterable[Mined]) -> str:
    """Return the summary: totals, the slowest repositories, and every one that failed and why."""
    all_of = sorted(mined, key=lambda each: each.name)
    failed = [each for each in all_of if each.state == FAILED]
    new = [each for each in all_of if each.state == MINED]
    kept = len(all_of) - len(failed) - len(new)
    lines = [
        f"mined   {len(new):,} repositories: {sum(m.builds for m in new):,} builds,"
        f" {sum(m.rows for m in new):,} rows, {sum(m.size for m in new) / 1e6:,.1f} MB;"
        f" {sum(m.cpu_s for m in new):,.1f} CPU-s",
        f"kept    {kept:,} as they were; failed {len(failed):,}",
    ]
    if new:
        lines.append(f"memory  {max(m.peak for m in new) / 1e6:,.0f} MB at most in one process")
    slowest = sorted((m for m in all_of if m.state != FAILED), key=lambda each: -each.cpu_s)[:SLOWEST]
    if slowest:
        lines.append(f"{'slowest':40} {'builds':>8} {'failed':>8} {'ranges':>6} {'MB':>6} {'CPU-s':>7}")
    for each in slowest:
        figures = f"{each.builds:8,} {each.failures:8,} {each.ranges:6} {each.size / 1e6:6.2f}"
        lines.append(f"  {escape(each.name):38} {figures} {each.cpu_s:7.1f}")
    lines += [f"failed  {escape(each.name)}: {escape(each.why)}" for each in failed]
    return "\n".join(lines) + "\n"
