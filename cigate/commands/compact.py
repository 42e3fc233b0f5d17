"""`cigate compact`: joins the many small objects of a store in an object store to few large ones."""

from __future__ import annotations

import argparse
import os

from cigate.reporters.escape import escape
from cigate.runflags import STORE_VARIABLE

HELP = "join the many small objects of a store in an object store to few large ones"
EXAMPLE = "cigate compact --store s3://bucket/builds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate compact` understands."""
    parser.add_argument(
        "--store", metavar="URL", help=f"where records are (default: the variable {STORE_VARIABLE})"
    )


def run(args: argparse.Namespace) -> int:
    """Compact, and say what that did; a database needs none of it."""
    from cigate.errors import UsageError
    from cigate.stores import Compactable, open_store

    url = args.store or os.environ.get(STORE_VARIABLE, "").strip()
    if not url:
        raise UsageError("no store of builds is named", f"give --store URL, or set {STORE_VARIABLE}")
    store = open_store(url)
    try:
        if not isinstance(store, Compactable):
            print(f"nothing to do: {escape(store.shown)} is a database")
            return 0
        went, came = store.compact()
        print(f"compacted  {went:,} objects into {came:,} in {escape(store.shown)}")
    finally:
        store.close()
    return 0
