"""`cigate prune`: deletes the builds of a store that are older than anybody needs, in portions."""

from __future__ import annotations

import argparse
import os
import re
from functools import partial
from time import time

from cigate.errors import StoreError
from cigate.reporters.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cigate.stores import Store

HELP = "delete the builds of a store that ended long ago"
EXAMPLE = "cigate prune --older-than 3y --dry-run"
DAYS = {"d": 1, "w": 7, "y": 365}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate prune` understands."""
    parser.add_argument(
        "--older-than",
        required=True,
        type=parse_age,
        metavar="AGE",
        help="how long ago a build must have ended: 90d, 26w or 3y",
    )
    parser.add_argument(
        "--store", metavar="URL", help="where records are (default: $CIGATE_STORE, else here)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say how many builds that would be")


def parse_age(text: str) -> int:
    """Return the seconds that `--older-than` gives; argparse says what is wrong with it."""
    given = re.fullmatch(r"([1-9][0-9]{0,4})([dwy])", text)
    if given is None:
        raise argparse.ArgumentTypeError("must be a number of days, weeks or years, such as 90d, 26w or 3y")
    return int(given[1]) * DAYS[given[2]] * 86_400


def run(args: argparse.Namespace) -> int:
    """Delete, and say how much went; with --dry-run only say it."""
    from cigate.progress import track
    from cigate.stores import open_store

    store = open_store(args.store or _default_url())
    before = int(time()) - args.older_than
    shown = escape(store.shown)
    try:
        count, prune, what = _ways(store)
        if args.dry_run:
            old = f"{count(before):,} builds of {shown} ended long enough ago"
            print(f"{old}; without --dry-run they are deleted")
            return 0
        gone = list(track(prune(before), f"deleting builds and {what}"))
    finally:
        store.close()
    builds, others = sum(b for b, _ in gone), sum(n for _, n in gone)
    print(f"pruned  {builds:,} builds and {others:,} {what} of {shown}")
    if builds:
        print("next    cigate train, so that no model remembers them; the store reuses the room by itself")
    return 0


def _ways(store: Store) -> tuple[Callable[[int], int], Callable[[int], Iterator[tuple[int, int]]], str]:
    """Return what counts old builds, what deletes them, and what goes with them."""
    from cigate.stores import Prunable, Tabular

    if isinstance(store, Prunable):
        return store.count_old, store.prune, "objects"
    if isinstance(store, Tabular):
        from cigate.stores import upkeep
        from cigate.stores.sql import SqlStore

        if isinstance(store, SqlStore):
            return partial(upkeep.count_old, store), partial(upkeep.prune, store), "changes"
    raise StoreError(f"{store.shown} cannot be pruned", "remove what is old there with its own tools")


def _default_url() -> str:
    from cigate import places
    from cigate.git import Repository
    from cigate.runflags import STORE_VARIABLE

    return os.environ.get(STORE_VARIABLE, "").strip() or places.store_url(Repository.open("."))
