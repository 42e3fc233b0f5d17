"""`cigate compact`: keeps a store in order: small objects are joined, tables are made or led up.

For whoever owns the store: recording and training need fewer rights than this.
"""

from __future__ import annotations

import argparse
import os

from cigate.reporters.escape import escape
from cigate.runflags import STORE_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.stores import Tabular

HELP = "keep a store in order: join small objects, or make and upgrade a database's tables"
EXAMPLE = "cigate compact --store s3://bucket/builds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate compact` understands."""
    parser.add_argument(
        "--store", metavar="URL", help=f"where records are (default: the variable {STORE_VARIABLE})"
    )


def run(args: argparse.Namespace) -> int:
    """Do what the kind of store needs, and say what that was."""
    from cigate.errors import UsageError
    from cigate.stores import Compactable, Tabular, open_store

    url = args.store or os.environ.get(STORE_VARIABLE, "").strip()
    if not url:
        raise UsageError("no store of builds is named", f"give --store URL, or set {STORE_VARIABLE}")
    store = open_store(url)
    try:
        if isinstance(store, Compactable):
            went, came = store.compact()
            print(f"compacted  {went:,} objects into {came:,} in {escape(store.shown)}")
        if isinstance(store, Tabular):
            print(f"tables     of version {store.upgrade_tables()} in {escape(store.shown)}")
            _fill(store)
    finally:
        store.close()
    return 0


def _fill(store: Tabular) -> None:
    """Give older tables what new ones have: moments beside the builds, and indexes."""
    from cigate.progress import track
    from cigate.stores.sql import SqlStore
    from cigate.stores.upkeep import fill_pushed_at

    if isinstance(store, SqlStore):
        filled = sum(track(fill_pushed_at(store), "filling in portions of builds"))
        if filled:
            print(f"filled in  when {filled:,} builds of before were pushed: a training reads them faster")
        if store.renew_indexes():
            print("indexes    made anew: the newest heads of a repository are found faster")
