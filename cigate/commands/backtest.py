"""`cigate backtest`: what a model would have said of every past push, and what that would have been worth.

Reads the store, writes nothing but its report and `--json`. Reaches for cigate_train only when it runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import redirect_stdout
from importlib.util import find_spec

from cigate import places
from cigate.commands.aims import add_aim_arguments, read_costs
from cigate.commands.train import NEEDED, parse_seed, parse_until, read_store
from cigate.errors import GitError, MissingExtra, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cigate.git import Repository
    from cigate.shelf import Shelf
    from cigate_train.backtest import Backtest
    from cigate_train.judges import Judge

HELP = "replay past builds in time order and say what a model's judgements would have been worth"
EXAMPLE = "cigate backtest --model starter --protocol split --lag 24h --json predictions.jsonl"
STARTER = "starter"
STDOUT = "-"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
MOST_LAG_S = 365 * 86_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate backtest` understands."""
    add = parser.add_argument
    add("--repo", metavar="PATH", help="the repository whose builds they are (default: .)")
    add("--store", metavar="URL", help="where records are (default: in the git directory)")
    add("--workflow", metavar="NAME", help="take only this workflow's builds")
    add("--until", metavar="TIME", help="take only builds that finished before (ISO, UTC)")
    add(
        "--lag",
        type=parse_lag,
        default=0,
        metavar="DURATION",
        help="judge with history that old, as on a laptop: 24h, 90m, 2d (default: 0s)",
    )
    add(
        "--protocol",
        choices=("split", "folds"),
        default="split",
        help="judge the newer half by what the older taught, or five times a tenth of the builds by all"
        " before it (default: split)",
    )
    add(
        "--model",
        metavar="starter|DIR",
        help="judge by the model that came with cigate, or by the one in that folder (default: one that"
        " learns anew from each past)",
    )
    add_aim_arguments(parser)
    add("--seed", type=parse_seed, default=0, metavar="N", help="seed of all chance (default: 0)")
    add("--json", metavar="FILE", help="write one JSON object a judged build; - is stdout, then alone there")


def parse_lag(text: str) -> int:
    """Return the seconds of a duration such as 24h; argparse says what is wrong with it."""
    number, unit = (text[:-1], text[-1:]) if text[-1:] in UNITS else (text, "")
    if not (number.isascii() and number.isdigit()) or (not unit and int(number)):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 24h, 90m, 45s or 2d")
    seconds = int(number) * UNITS.get(unit, 1)
    if seconds > MOST_LAG_S:
        raise argparse.ArgumentTypeError(f"{text!r} is more than a year")
    return seconds


def run(args: argparse.Namespace) -> int:
    """Judge the past, print what that was worth and, where asked to, write every prediction."""
    if any(find_spec(name) is None for name in NEEDED):
        raise MissingExtra("cigate backtest", "train")
    from cigate_train.backtest_lines import render_lines
    from cigate_train.backtest_report import render_backtest

    with redirect_stdout(sys.stderr if args.json == STDOUT else sys.stdout):
        made = _backtest(args)
        print(render_backtest(made), end="")
    if args.json == STDOUT:
        sys.stdout.writelines(render_lines(made))
    elif args.json:
        write_whole(args.json, render_lines(made))
        print(f"written {args.json}: {made.where.size:,} predictions")
    return 0


def _backtest(args: argparse.Namespace) -> Backtest:
    from cigate.features import FEATURES
    from cigate_train.backtest import backtest

    costs = read_costs(args)
    judge = open_judge(args)  # before the replay, which takes longer
    return backtest(
        read_records(args),
        [feature.name for feature in FEATURES],
        judge,
        protocol=args.protocol,
        lag_s=args.lag,
        budget=args.budget,
        seed=args.seed,
        costs=costs,
    )


def open_judge(args: argparse.Namespace) -> Judge:
    """Return who judges.

    Raises:
        NoModel, DamagedBundle, UnknownFeature, ModelError: the named model may not be used.
    """
    from cigate.features import FEATURES
    from cigate.model import check_features, read_bundle
    from cigate_train.judges import BundleJudge, OwnJudge

    if args.model is None:
        return OwnJudge(args.seed)
    is_starter = args.model == STARTER and not os.path.isdir(STARTER)
    bundle = read_bundle(places.starter_dir() if is_starter else args.model)
    check_features(bundle.manifest, FEATURES)
    return BundleJudge(STARTER if is_starter else bundle.manifest.model_id, bundle)


def read_records(args: argparse.Namespace) -> Shelf:
    """Return the builds to replay, closed to the store they came from."""
    from cigate.config import read_config
    from cigate.stores import open_store

    repo = find_repo(args)
    config = read_config(repo.top if repo else None, os.environ, {"workflow": args.workflow})
    until = parse_until(args.until)
    store = open_store(args.store or (places.store_url(repo) if repo else ""))
    try:
        return read_store(store, config.workflow, until)
    finally:
        store.close()


def find_repo(args: argparse.Namespace) -> Repository | None:
    """Return the repository, or None where there is none and a store was named."""
    from cigate.git import Repository

    try:
        return Repository.open(args.repo or ".")
    except GitError:
        if args.repo or not args.store:
            raise
        return None


def write_whole(file: str, lines: Iterable[str]) -> None:
    """Put `lines` into `file` as a whole or not at all."""
    temporary = f"{file}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        with open(temporary, "x", encoding="utf-8", newline="") as out:
            out.writelines(lines)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", "name another place") from error
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)
