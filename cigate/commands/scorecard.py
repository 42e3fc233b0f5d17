"""`cigate scorecard`: grades cigate on this repository, by the ledger and by the builds that have ended."""

from __future__ import annotations

import argparse
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.git import Repository

HELP = "grade cigate's own judgements here by what became of the builds"
EXAMPLE = "cigate scorecard --format json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate scorecard` understands."""
    add = parser.add_argument
    add("--repo", default=".", metavar="PATH", help="the repository (default: this one)")
    add("--store", metavar="URL", help="where builds are (default: as `cigate record` has it)")
    add("--workflow", metavar="NAME", help="take only this workflow's builds")
    add("--format", choices=("text", "json"), default="text", help="words or docs/track-record.md's JSON")


def run(args: argparse.Namespace) -> int:
    """Join, count and print; the track record that warnings speak of is renewed on the way."""
    from cigate.git import Repository
    from cigate.recording import store_url
    from cigate.reporters.scores import render_json, render_text
    from cigate.scoring import score_repository
    from cigate.stores import open_store

    repo = Repository.open(args.repo)
    store = open_store(store_url(args, repo, os.environ))
    try:
        card, reasons = score_repository(repo, store, _workflow(args, repo), renew=not args.workflow)
    finally:
        store.close()
    print(render_json(card, reasons) if args.format == "json" else render_text(card, reasons), end="")
    return 0


def _workflow(args: argparse.Namespace, repo: Repository) -> str:
    from cigate.config import read_config

    return read_config(repo.top, os.environ, {"workflow": args.workflow}).workflow
