"""`cigate flush`: delivers the records that wait for a store, each once."""

from __future__ import annotations

import argparse
import os
import sys

from cigate.reporters.escape import escape
from cigate.runflags import add_deadline_argument, add_store_arguments

HELP = "deliver the records that wait because their store could not be reached"
EXAMPLE = "cigate flush"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate flush` understands."""
    add_store_arguments(parser)
    add_deadline_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Deliver, and say how many were; a store that takes nothing is an error here."""
    from cigate import places
    from cigate.config import read_config
    from cigate.deadline import Deadline
    from cigate.git import Repository
    from cigate.recording import open_target, store_url
    from cigate.snapshots import refresh_history

    deadline = Deadline(args.deadline)
    repo = Repository.open(args.repo)
    store, spool = open_target(args, repo, os.environ, args.deadline)
    if not spool.waiting():
        print(f"nothing waits for {escape(store.shown)}")
        return 0
    delivery = deadline.run(f"the store {store.shown}", lambda: spool.deliver(store))
    print(f"delivered  {delivery.taken:,} to {escape(store.shown)}, {delivery.new:,} of them new there")
    for path in delivery.damaged:
        print(f"cigate: {escape(path)} is damaged and was left where it is", file=sys.stderr)
    if store_url(args, repo, os.environ) == places.store_url(repo):
        refresh_history(repo, store, read_config(repo.top, os.environ).workflow)
    store.close()
    return 0
