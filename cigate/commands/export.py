"""`cigate export`: the builds that came into a store since the last time, as lines that can be imported."""

from __future__ import annotations

import argparse
import os

from cigate.errors import StoreError, UsageError
from cigate.reporters.escape import escape
from cigate.runflags import STORE_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.stores import Store
    from cigate.stores.sql import SqlStore

HELP = "write the builds that are new in a store as JSON lines, for a nightly job"
EXAMPLE = "cigate export --store sqlite:///builds.sqlite --out exported"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate export` understands."""
    parser.add_argument(
        "--store", metavar="URL", help=f"where records are (default: the variable {STORE_VARIABLE})"
    )
    parser.add_argument(
        "--out",
        required=True,
        metavar="FILE|PREFIX",
        help="a file that ends in .jsonl or .jsonl.gz, or a folder or object store, which remembers the last",
    )
    parser.add_argument(
        "--since",
        type=parse_number,
        metavar="N",
        help="write the builds above this number (default: where the prefix stopped; for a file 0, all)",
    )


def parse_number(text: str) -> int:
    """Return the number of a build; argparse says what is wrong with it."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise argparse.ArgumentTypeError("must be the number that an export ended with, or 0")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Write what is new, and say with which number the next export begins."""
    from cigate.stores import open_store

    url = args.store or os.environ.get(STORE_VARIABLE, "").strip()
    if not url:
        raise UsageError("no store of builds is named", f"give --store URL, or set {STORE_VARIABLE}")
    store = _numbered(open_store(url))
    from cigate.progress import track
    from cigate_train.scale.exporting import ENDINGS, export_file, export_prefix
    from cigate_train.scale.prefix import open_prefix

    out = escape(args.out)
    try:
        if args.out.endswith(ENDINGS):
            count, last = export_file(store, args.out, args.since or 0)
            print(f"exported  {count:,} builds into {out}")
            print(f"next      --since {last}")
            return 0
        parts = export_prefix(store, open_prefix(args.out), args.since)
        done = list(track(parts, "exporting portions of builds"))
        files = sum(1 for name, _, _ in done if name)
        print(f"exported  {sum(n for _, n, _ in done):,} builds into {files:,} new files below {out}")
    finally:
        store.close()
    return 0


def _numbered(store: Store) -> SqlStore:
    """Return the store, whose builds have numbers; one of another kind needs no database's library."""
    from cigate.stores import Tabular

    if isinstance(store, Tabular):
        from cigate.stores.sql import SqlStore

        if isinstance(store, SqlStore):
            return store
    raise StoreError(
        f"{store.shown} does not number its builds", "its objects are JSON lines already: copy what is new"
    )
