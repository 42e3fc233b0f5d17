"""`python -m benchmarks.starter`: mines, studies, and writes the starter bundle and the page about it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.starter.inputs import add_inputs
from benchmarks.starter.making import make_starter, study
from benchmarks.starter.mining import mine_all
from benchmarks.starter.page import render_page
from benchmarks.starter.pool import pool_projects
from benchmarks.starter.settings import SETTINGS, Settings
from cigate.errors import CigateError, TooLittleHistory
from cigate.model import render_manifest, write_bundle
from cigate.places import starter_dir
from cigate_train.fit import BUNDLE_BYTES

PAGE = Path(__file__).resolve().parent / "RESULTS.md"


def main(argv: list[str] | None = None, settings: Settings = SETTINGS) -> int:
    """Make the starter model; return the exit code."""
    args = _parse(argv)
    try:
        return _make(args, settings)
    except CigateError as error:
        print(f"{error}\n  {error.hint}", file=sys.stderr)
        return error.exit_code


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starter", description=__doc__)
    add_inputs(parser)
    add = parser.add_argument
    add("--out", default=starter_dir(), help="where the bundle goes (default: the wheel's place)")
    add("--page", default=str(PAGE), help="where the page about it goes")
    return parser.parse_args(argv)


def _make(args: argparse.Namespace, settings: Settings) -> int:
    pool = pool_projects(mine_all(args.repos, args.labels, args.work), settings.least_builds)
    if len(pool) < settings.folds:
        raise TooLittleHistory(
            f"{len(pool)} projects of {settings.least_builds} builds are too few for {settings.folds} folds",
            "give it more repositories that have labels",
        )
    print(
        f"pooled {len(pool)} projects, {len(pool.failed):,} builds, {pool.rows.shape[1]} features", flush=True
    )
    seeds = range(settings.seed, settings.seed + settings.seeds)
    found, *others = (study(pool, replace(settings, seed=seed)) for seed in seeds)
    made = make_starter(pool, settings, found)
    size = len(made.bundle.model) + len(render_manifest(made.bundle.manifest))
    if size > BUNDLE_BYTES:
        raise CigateError(
            f"the bundle has {size:,} bytes, more than {BUNDLE_BYTES:,}", "lower leaf_cap or trees"
        )
    write_bundle(args.out, made.bundle)
    Path(args.page).write_text(render_page(pool, settings, found, others), encoding="utf-8")
    medians = found.judges["forest"].medians()
    print(f"bundle {args.out}: {made.bundle.manifest.model_id}, {size:,} bytes")
    print("medians " + " ".join(f"{name}={value:.3f}" for name, value in medians.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
