"""`python -m benchmarks [--full] [--only GROUP] [REPOSITORY ...]`: measures, prints, keeps.

Quick by default. With --full, growth to 100,000 commits and builds, 200,000 rows and 1,000,000 rows;
repositories are mined whole, and are only read.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from benchmarks import hook, learning, measure, mining, rows
from benchmarks.project import make_repository
from benchmarks.workplace import Learned

GROUPS = ("hook", "learning", "mining")


def main() -> int:
    """Measure, print each row as it comes, and write benchmarks/results.json and the documents' tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="sizes of the bars, not the quick ones")
    parser.add_argument("--only", action="append", choices=GROUPS, help="this group only; may be repeated")
    parser.add_argument("--rounds", type=int, default=15, help="of each hook row (15)")
    parser.add_argument("--mined", type=int, default=3, help="rounds of each mining row (3)")
    parser.add_argument("repositories", nargs="*", help="to be mined; one is made where none is given")
    args = parser.parse_args()
    os.environ.update(measure.QUIET)
    started = monotonic()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for row in _measure(args, Path(folder)):
            print(rows.render([row]).splitlines()[-1], flush=True)
            found.append(row)
            rows.update([row])
    for path, text in rows.documents(rows.read_rows()).items():
        path.write_text(text, "utf-8")
    print(f"\n{rows.render(found)}\n{monotonic() - started:.0f} s")
    return 0 if all(row.met for row in found) else 1


def _measure(args: argparse.Namespace, folder: Path) -> Iterator[rows.Row]:
    full = args.full
    only = args.only or GROUPS
    if {"hook", "learning"} & set(only):
        learned = Learned(10_000)
    if "hook" in only:
        yield from hook.measure(learned, folder, args.rounds, 100_000 if full else 10_000)
    if "learning" in only:
        yield from learning.measure(learned, folder / "state", learning.FULL if full else learning.QUICK)
    if "mining" in only:
        for number, repository in enumerate(args.repositories or [_made(folder / "made-up")]):
            yield from mining.measure(repository, folder / f"drilled{number}", args.mined)


def _made(folder: Path) -> str:
    return str(make_repository(folder, 3_000).path)


if __name__ == "__main__":
    raise SystemExit(main())
