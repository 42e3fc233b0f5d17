"""`cigate mine`: the builds and features of many repositories, in this process or on a Dask cluster.

Starts nothing by itself that outlives it; what was mined before and is unchanged is not mined again.
"""

from __future__ import annotations

import argparse
import os
from importlib.util import find_spec

from cigate.commands.pooling import add_engine_arguments, positive
from cigate.errors import MissingExtra, StoreError

HELP = "mine the builds of many repositories, alone or on a Dask cluster"
EXAMPLE = "cigate mine --repos repositories.tsv --builds tables --out mined"
NEEDED = ("pandas", "pyarrow", "sklearn", "sqlalchemy")
CACHE_GB = 20
RANGE_HEADS = 4_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate mine` understands."""
    parser.add_argument(
        "--repos",
        required=True,
        metavar="FILE|GLOB",
        help="a file with NAME, tab, path or clone URL[, tab, builds] a line, or a pattern of folders",
    )
    parser.add_argument(
        "--builds",
        metavar="DIR",
        help="a folder with OWNER__NAME.csv[.gz], the builds of each (default: each repository's own store)",
    )
    parser.add_argument("--store", metavar="URL", help="also put the records there, by repository")
    parser.add_argument(
        "--out", default="mined", metavar="PREFIX", help="the folder or object store for the rows (mined)"
    )
    add_engine_arguments(parser)
    parser.add_argument("--cache", metavar="DIR", help="where clones are kept (default: ~/.cache/cigate)")
    parser.add_argument(
        "--cache-size",
        type=positive,
        default=CACHE_GB,
        metavar="GB",
        help=f"the most that they may take ({CACHE_GB})",
    )
    parser.add_argument(
        "--range",
        type=positive,
        default=RANGE_HEADS,
        metavar="N",
        help=f"read a repository with more built commits in ranges of so many ({RANGE_HEADS:,})",
    )


def run(args: argparse.Namespace) -> int:
    """Mine, say what became of each repository, and end with 3 where one failed."""
    if any(find_spec(name) is None for name in NEEDED):
        raise MissingExtra("cigate mine", "scale")
    from cigate.stores import open_store
    from cigate_train.scale.board import render, watch
    from cigate_train.scale.engine import open_engine
    from cigate_train.scale.jobs import FAILED, Job
    from cigate_train.scale.prefix import open_prefix
    from cigate_train.scale.running import run_jobs, write_index
    from cigate_train.scale.sources import find_sources

    if args.store and "repository=" in args.store:
        raise StoreError("the store is for many repositories", "leave the option repository out of its URL")
    sources = find_sources(args.repos, args.builds)
    cache = os.path.abspath(os.path.expanduser(args.cache or "~/.cache/cigate"))
    store = _absolute(args.store or "")
    if store:
        open_store(store).count()  # a wrong URL is told once, and not by every repository
    prefix = open_prefix(args.out)
    out = args.out if "://" in args.out else os.path.abspath(args.out)
    key = _author_key(cache)
    size = args.cache_size * 10**9
    jobs = [Job(source, out, cache, size, args.range, store, key) for source in sources]
    with open_engine(args.scheduler, args.workers) as engine:
        print(f"mining  {len(jobs):,} repositories on {engine.shown}", flush=True)
        mined = list(watch(run_jobs(engine, jobs), len(jobs)))
    print(render(mined), end="")
    print(f"index   {write_index(prefix, mined):,} repositories in {args.out}")
    print(f"next    cigate train --data {args.out} --export-onnx DIR")
    return 3 if any(each.state == FAILED for each in mined) else 0


def _absolute(store: str) -> str:
    """Return the URL of a file with its full path: workers stand in other folders."""
    head, _, path = store.partition("sqlite:///")
    return f"sqlite:///{os.path.abspath(path)}" if path and not head else store


def _author_key(cache: str) -> bytes:
    """Return the key of authors' pseudonyms: the environment's, else one that stays with the cache."""
    from cigate import places

    class Cache:
        common_dir = cache

    return places.author_key(Cache(), os.environ, create=True)
