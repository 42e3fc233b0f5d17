"""What `cigate mine` and `cigate train` share where many repositories are concerned: engine and prefix.

No command of its own. Loads Dask and pyarrow only when a pooled training runs.
"""

from __future__ import annotations

import argparse
import os
from importlib.util import find_spec

from cigate.errors import MissingExtra, UsageError

INDEX = "index.json"
TABLE_ENDS = (".csv", ".csv.gz", ".tsv", ".txt", ".gz")
PER_REPOSITORY = ("store", "repo", "workflow", "rival", "minutes_per_build", "minutes_per_false_alarm")


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the work on many repositories is done."""
    parser.add_argument(
        "--scheduler", metavar="tcp://...", help="for many repositories: the Dask scheduler to work on (none)"
    )
    parser.add_argument(
        "--workers", type=positive, default=1, metavar="N", help="without one: so many local processes (1)"
    )


def positive(text: str) -> int:
    """Return a whole number from 1 on; argparse says what is wrong with another."""
    if not text.isdecimal() or not 1 <= int(text) <= 10**9:
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return int(text)


def is_pooled(args: argparse.Namespace) -> bool:
    """Return whether `--data` names what `cigate mine` wrote, and no table of totals.

    Raises:
        UsageError: a scheduler is named for a training that needs none.
    """
    data = args.data or ""
    pooled = "://" in data or os.path.isfile(os.path.join(data, INDEX)) or os.path.isdir(data)
    if args.scheduler and not pooled:
        raise UsageError(
            "--scheduler is for a training on many repositories", "--data PREFIX names what cigate mine wrote"
        )
    return pooled


def train_pooled(args: argparse.Namespace, until: int | None) -> int:
    """Train one model for all mined repositories, say what it is worth and, where asked to, export it.

    It learns from builds that had finished before `until`, a Unix time; None: from all.
    """
    given = [name for name in PER_REPOSITORY if getattr(args, name) is not None]
    if given:
        raise UsageError(
            f"--{given[0].replace('_', '-')} does not go with mined rows",
            "choose what is learned when it is mined",
        )
    if args.export_onnx == "":
        raise UsageError("a pooled model is no repository's own", "--export-onnx DIR says where it goes")
    if find_spec("pyarrow") is None:
        raise MissingExtra("a training on many repositories", "scale")
    from cigate.model import write_bundle
    from cigate_train.scale.engine import open_engine
    from cigate_train.scale.pooled import PoolSettings
    from cigate_train.scale.training import train_pool

    data = args.data if "://" in args.data else os.path.abspath(args.data)
    settings = PoolSettings(seed=args.seed, budget=args.budget, until=until)
    with open_engine(args.scheduler, args.workers) as engine:
        print(f"training on {engine.shown}", flush=True)
        pool, found, made = train_pool(data, settings, engine)
    print(f"pooled  {len(pool.names):,} repositories, {sum(pool.had):,} builds")
    print(f"        {len(pool.all):,} rows, at most {pool.cap:,} of a repository; seed {args.seed}")
    figures = ", ".join(f"{name} {value:.3f}" for name, value in found.medians.items())
    print(f"worth   {figures} (medians over repositories that the forest never saw)")
    print(f"warns   from {found.warn:.1%} on")
    if args.export_onnx:
        folder = os.path.abspath(args.export_onnx)
        write_bundle(folder, made.bundle)
        print(f"checked ONNX against {made.reference} on {made.rows:,} builds: {made.difference:.1g} at most")
        print(f"bundle  {folder}: {made.bundle.manifest.model_id}, {len(made.bundle.model) / 1000:,.0f} kB")
        print(f"next    cigate publish --model {folder} --name ORGANISATION")
    else:
        print("next    cigate train --export-onnx DIR writes the model")
    return 0
