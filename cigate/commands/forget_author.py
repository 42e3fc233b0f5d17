"""`cigate forget-author`: takes a person out of what is stored, by the address git knows."""

from __future__ import annotations

import argparse
import os

from cigate.reporters.escape import escape
from cigate.runflags import add_store_arguments

HELP = "take an author's pseudonym out of the store, the waiting records and the history"
EXAMPLE = "cigate forget-author ann@example.com"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate forget-author` understands."""
    parser.add_argument("email", nargs="+", metavar="EMAIL", help="an address that git knows the author by")
    add_store_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Forget, and say in how many places; the addresses themselves are not repeated."""
    from cigate import places
    from cigate.config import read_config
    from cigate.errors import UsageError
    from cigate.git import Repository
    from cigate.identity import pseudonym
    from cigate.recording import open_target, store_url
    from cigate.snapshots import refresh_history

    repo = Repository.open(args.repo)
    key = places.author_key(repo, os.environ)
    if not key:
        raise UsageError(
            "there is no author key here, so that nobody's pseudonym can be found",
            f"give the key under which the store was filled as {places.KEY_VARIABLE}",
        )
    # Without a deadline: this reads everything, however long that takes.
    store, spool = open_target(args, repo, os.environ, None)
    forgotten = waiting = 0
    for email in args.email:
        author = pseudonym(os.fsencode(email), key)
        if author:
            waiting += spool.forget_author(author)
            forgotten += store.forget_author(author)
    print(f"forgotten  in {forgotten:,} changes of {escape(store.shown)} and {waiting:,} waiting records")
    if not forgotten + waiting:
        print("           nobody of that address is known there, or it was filled under another key")
    if store_url(args, repo, os.environ) == places.store_url(repo) and forgotten:
        refresh_history(repo, store, read_config(repo.top, os.environ).workflow)
    print("next       cigate train, where a model was trained before")
    store.close()
    return 0
