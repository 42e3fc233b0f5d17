"""What mining took, repository by repository: `python -m benchmarks.times PREFIX`, a table in Markdown.

Reads what `cigate mine` said of each repository in whichever run mined it. Must not mine anything.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable

from cigate_train.scale.jobs import Mined
from cigate_train.scale.mining import result_name
from cigate_train.scale.prefix import open_prefix
from cigate_train.scale.running import read_index


def main(argv: list[str] | None = None) -> int:
    """Print the table of a prefix; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.times", description=__doc__)
    parser.add_argument("prefix", help="the folder or object store that cigate mine wrote to")
    print(table(read(parser.parse_args(argv).prefix)), end="")
    return 0


def read(data: str) -> list[Mined]:
    """Return what was mined of each repository of the index."""
    prefix = open_prefix(data)
    names = (str(project["name"]) for project in read_index(prefix, data))
    said = (prefix.read(result_name(name)) for name in names)
    return [Mined(**json.loads(content or b"")["mined"]) for content in said]


def table(mined: Iterable[Mined]) -> str:
    """Return all of them, the one that took longest first, under their sum."""
    rows = sorted(mined, key=lambda each: -each.cpu_s)
    heading = ("repository", "builds", "failed", "ranges", "kB", "CPU-s", "ms a build")
    figures = [(m.builds, m.failures, m.ranges, m.size, m.cpu_s) for m in rows]
    total = cells(f"all {len(rows)}", *map(sum, zip(*figures, strict=True)))
    each = [cells(m.name, *numbers) for m, numbers in zip(rows, figures, strict=True)]
    lines = [heading, ("---",) * len(heading), total, *each]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cells(name: str, builds: int, failures: int, ranges: int, size: int, cpu_s: float) -> tuple[str, ...]:
    """Return a row of the table; `size` is in bytes."""
    numbers = (f"{builds:,}", f"{failures:,}", f"{ranges}", f"{size / 1000:,.0f}", f"{cpu_s:,.1f}")
    return (name, *numbers, f"{1000 * cpu_s / builds:.1f}")


if __name__ == "__main__":
    sys.exit(main())
