"""`cigate prune`: deletes the builds of a store that are older than anybody needs, in portions."""

from __future__ import annotations

import argparse
import os
import re
from time import time

from cigate.errors import StoreError
from cigate.reporters.escape import escape

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
    from cigate.stores.sql import SqlStore
    from cigate.stores.upkeep import count_old, prune

    if not isinstance(store, SqlStore):
        raise StoreError(f"{store.shown} cannot be pruned", "let the object store expire its old objects")
    before = int(time()) - args.older_than
    old = count_old(store, before)
    shown = escape(store.shown)
    if args.dry_run:
        print(f"{old:,} builds of {shown} ended long enough ago; without --dry-run they are deleted")
        return 0
    gone = list(track(prune(store, before), "deleting portions of builds"))
    builds, changes = sum(b for b, _ in gone), sum(c for _, c in gone)
    print(f"pruned  {builds:,} builds and {changes:,} changes of {shown}")
    if builds:
        print("next    cigate train, so that no model remembers them; the database reuses the room by itself")
    store.close()
    return 0


def _default_url() -> str:
    from cigate import places
    from cigate.git import Repository
    from cigate.runflags import STORE_VARIABLE

    return os.environ.get(STORE_VARIABLE, "").strip() or places.store_url(Repository.open("."))
