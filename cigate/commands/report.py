"""`cigate report`: one HTML page that says what cigate is worth on this repository, and what breaks here.

Replays the past as `cigate backtest` does. Must not need a network, to be made or to be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec

from cigate import places
from cigate.commands.aims import add_budget_argument
from cigate.commands.backtest import STARTER, find_repo, open_judge, read_records, write_whole
from cigate.commands.train import NEEDED, parse_seed
from cigate.errors import MissingExtra

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.git import Repository
    from cigate.model import Bundle

HELP = "write one HTML page: failures, how far the model can be trusted, what breaks here, minutes saved"
EXAMPLE = "cigate report --output report.html"
OUTPUT = "cigate-report.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate report` understands."""
    add = parser.add_argument
    add("--output", default=OUTPUT, metavar="FILE", help=f"the page; - is stdout (default: {OUTPUT})")
    add("--repo", metavar="PATH", help="the repository whose builds they are (default: .)")
    add("--store", metavar="URL", help="where records are (default: in the git directory)")
    add("--workflow", metavar="NAME", help="take only this workflow's builds")
    add("--until", metavar="TIME", help="take only builds that finished before (ISO, UTC)")
    add(
        "--model",
        metavar="starter|DIR",
        help="judge the past by the model that came with cigate, or by the one in that folder (default: one"
        " that learns anew from the older half)",
    )
    add_budget_argument(parser)
    add("--seed", type=parse_seed, default=0, metavar="N", help="seed of all chance (default: 0)")


def run(args: argparse.Namespace) -> int:
    """Write the page and say where it is."""
    if any(find_spec(name) is None for name in NEEDED):
        raise MissingExtra("cigate report", "report")
    if find_spec("matplotlib") is None:
        raise MissingExtra("cigate report", "report")
    page = _page(args)
    if args.output == "-":
        sys.stdout.write(page)
        return 0
    write_whole(args.output, [page])
    print(f"written {args.output}: {len(page) // 1000:,} kB, nothing else is needed to read it")
    return 0


def _page(args: argparse.Namespace) -> str:
    from cigate.features import FEATURES
    from cigate_train.backtest import backtest
    from cigate_train.importance import importances
    from cigate_train.report_page import Report, render_page
    from cigate_train.report_paths import riskiest_paths

    args.lag, args.protocol = 0, "split"
    judge = open_judge(args)
    records = read_records(args)
    made = backtest(
        records, [feature.name for feature in FEATURES], judge, budget=args.budget, seed=args.seed
    )
    repo = find_repo(args)
    served = _served(args, repo)
    rows = made.timeline.fresh.rows[made.where]
    return render_page(
        Report(
            _name(repo),
            made,
            served.manifest,
            importances(served, rows, made.failed, args.seed),
            riskiest_paths(records),
            _scorecard(args, repo),
        )
    )


def _served(args: argparse.Namespace, repo: Repository | None) -> Bundle:
    """Return the model that judges pushes here, else the one that came with cigate."""
    from cigate.config import read_config
    from cigate.features import FEATURES
    from cigate.judge import find_model
    from cigate.model import check_features, read_bundle

    named = args.model if args.model != STARTER or os.path.isdir(STARTER) else places.starter_dir()
    where = named or (find_model(repo, read_config(repo.top, os.environ)) if repo else places.starter_dir())
    bundle = read_bundle(where)
    check_features(bundle.manifest, FEATURES)
    return bundle


def _scorecard(args: argparse.Namespace, repo: Repository | None) -> list[tuple[str, str]]:
    """Return what became of the judgements given here, as names and values; nothing where none was given."""
    from cigate.reporters.scores import entries_of
    from cigate.scoring import score_repository
    from cigate.stores import open_store

    if repo is None:
        return []
    store = open_store(args.store or places.store_url(repo))
    try:
        card, reasons = score_repository(repo, store, args.workflow or "", renew=False)
    finally:
        store.close()
    return entries_of(card, reasons)


def _name(repo: Repository | None) -> str:
    """Return what people call the repository: the last part of its folder."""
    if repo is None:
        return "this project"
    return os.path.basename(repo.path.rstrip("/").removesuffix("/.git")) or "this project"
