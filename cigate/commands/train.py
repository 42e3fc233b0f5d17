"""`cigate train`: learns from the recorded builds, says what that is worth, and exports a bundle.

The only module that reaches for cigate_train, and only when it runs: the extra may not be installed.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec

from cigate import places, sharing
from cigate.commands.aims import add_aim_arguments, read_costs
from cigate.commands.pooling import add_engine_arguments, is_pooled, train_pooled
from cigate.commands.rivals import read_pooled, read_starter
from cigate.errors import GitError, MissingExtra, UsageError
from cigate.progress import track

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cigate.change import BuildRecord
    from cigate.config import Config
    from cigate.git import Repository
    from cigate.model import Bundle
    from cigate.shelf import Shelf
    from cigate.stores import Store
    from cigate_train.costs import Costs
    from cigate_train.training import Course

HELP = "learn from past builds, print how good that is, and export a model"
EXAMPLE = "cigate train --export-onnx"
NEEDED = ("onnx", "pandas", "skl2onnx", "sklearn")
HERE = ""
MAX_BAD_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate train` understands."""
    parser.add_argument(
        "--export-onnx",
        nargs="?",
        const=HERE,
        metavar="DIR",
        help="write the model there (default: where this repository's pushes look for it)",
    )
    parser.add_argument("--repo", metavar="PATH", help="the repository whose builds they are (default: .)")
    parser.add_argument("--store", metavar="URL", help="where records are (default: in the git directory)")
    parser.add_argument(
        "--data",
        metavar="FILE|PREFIX",
        help="instead of the store: a CSV of totals, or where `cigate mine` put many repositories",
    )
    add_engine_arguments(parser)
    parser.add_argument(
        "--rival",
        metavar="DIR",
        help="the pooled model, such as the organisation's, to be held against this repository's own in place"
        " of the starter (default: one that was pulled)",
    )
    parser.add_argument("--until", metavar="TIME", help="take only builds that finished before (ISO, UTC)")
    parser.add_argument("--workflow", metavar="NAME", help="take only this workflow's builds")
    add_aim_arguments(parser)
    parser.add_argument(
        "--seed", type=parse_seed, default=0, metavar="N", help="seed of all chance (default: 0)"
    )


def parse_seed(text: str) -> int:
    """Return the number that `--seed` gives; argparse says what is wrong with it."""
    if not text.isascii() or not text.isdigit() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 4294967295")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Train, print the report and, where asked to, export."""
    if any(find_spec(name) is None for name in NEEDED):
        raise MissingExtra("cigate train", "train")
    if is_pooled(args):
        return train_pooled(args, parse_until(args.until))
    from cigate_train.report import render_report

    costs = read_costs(args)
    repo = _find_repo(args)
    config = _read_config(args, repo)
    folder = _export_folder(args, repo)
    here = places.model_dir(repo) if repo else None
    pooled = read_pooled(args.rival, *((here, sharing.aside_dir(here)) if here else ()))
    records = _read_records(args, repo, config.workflow)
    course, snapshot, as_of = learn(records, args.seed, args.budget, costs, pooled)
    print(render_report(course), end="")
    if folder is None:
        print("next    cigate train --export-onnx writes the model")
    else:
        _export(course, snapshot, as_of, folder, config)
    return 0


def learn(
    records: Shelf, seed: int, budget: float, costs: Costs | None, pooled: Bundle | None = None
) -> tuple[Course, bytes, int]:
    """Return a training on `records`, the snapshot of the history after them, and up to when it reaches.

    Warnings follow the `budget`, or with `costs` what they save and waste. It is held against the `pooled`
    model, or else against the starter.

    Raises:
        TooLittleHistory: there is too little to learn from.
    """
    from cigate.features import FEATURES
    from cigate.history import History
    from cigate.replay import replay
    from cigate_train.dataset import collect_dataset
    from cigate_train.training import train

    history = History()
    rows = track(replay(records, history=history), "replaying builds", len(records))
    dataset = collect_dataset(rows, [feature.name for feature in FEATURES])
    snapshot = history.snapshot()
    course = train(dataset, len(snapshot), seed, read_starter(), budget, costs, pooled)
    return course, snapshot, history.as_of


def _find_repo(args: argparse.Namespace) -> Repository | None:
    """Return the repository, or None where there is none and everything needed was given."""
    from cigate.git import Repository

    try:
        return Repository.open(args.repo or ".")
    except GitError:
        if args.repo or args.export_onnx == HERE or not (args.data or args.store):
            raise
        return None


def _read_config(args: argparse.Namespace, repo: Repository | None) -> Config:
    from cigate.config import read_config

    return read_config(repo.top if repo else None, os.environ, {"workflow": args.workflow})


def _export_folder(args: argparse.Namespace, repo: Repository | None) -> str | None:
    if args.export_onnx == HERE and repo:
        return places.model_dir(repo)
    return os.path.abspath(args.export_onnx) if args.export_onnx else None


def _read_records(args: argparse.Namespace, repo: Repository | None, workflow: str) -> Shelf:
    from cigate.shelf import Shelf

    until = parse_until(args.until)
    if args.data:
        off = _read_config(args, repo).no_authors
        key = places.author_key(repo, os.environ, off=off) if repo else places.given_key(os.environ, off)
        records = _read_totals(args.data, key, workflow)
        return Shelf(record for record in records if until is None or record.finished_at < until)
    from cigate.stores import open_store

    store = open_store(args.store or (places.store_url(repo) if repo else ""))
    try:
        records = read_store(store, workflow, until)
        if repo and records and not args.store and until is None:
            from cigate.snapshots import refresh_history

            refresh_history(repo, store, workflow)
        return records
    finally:
        store.close()


def parse_until(text: str | None) -> int | None:
    """Return the Unix time that `--until` gives, None where it is not given.

    Raises:
        UsageError: it is no time.
    """
    from cigate.tables.values import BadValue, parse_time

    if text is None:
        return None
    try:
        return parse_time(text)
    except BadValue as error:
        raise UsageError(f"--until {text!r} {error}", "for example --until 2026-11-01T12:00:00") from None


def read_store(store: Store, workflow: str, until: int | None) -> Shelf:
    """Return the builds of `workflow` ("": of all) that finished before `until`, saying what is mixed.

    Raises:
        UsageError: the store knows other workflows, but not this one.
    """
    from cigate.stores.shelving import shelve

    counts = store.count()
    names = [name for name, _ in counts.workflows]
    if workflow and counts.builds and workflow not in names:
        raise UsageError(
            f"{store.shown} holds no build of the workflow {workflow!r}",
            "it holds " + ", ".join(repr(name) for name in names[:5]),
        )
    if not workflow and len(names) > 1:
        print(f"builds of {len(names)} workflows are learned as one; --workflow NAME takes one of them")
    total = None if workflow or until else counts.builds
    return shelve(store, workflow, until, lambda builds: track(builds, "reading builds", total))


def _read_totals(file: str, author_key: bytes, workflow: str) -> Iterable[BuildRecord]:
    from cigate.tables import parse_table, read_lines, totals_records

    try:
        with open(file, "rb") as source:
            table = parse_table(track(read_lines(source, file), f"reading {file}"), file, {})
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    if table.columns.has_commits:
        raise UsageError(
            f"the builds of {file} name commits: they must be joined to git first",
            f"cigate import csv {file}, then cigate train without --data",
        )
    for row in table.bad[:MAX_BAD_SHOWN]:
        print(row, file=sys.stderr)
    if len(table.bad) > MAX_BAD_SHOWN:
        print(f"... and {len(table.bad) - MAX_BAD_SHOWN:,} more rows are left out", file=sys.stderr)
    builds = [build for build in table.builds if workflow in ("", build.workflow)]
    return totals_records(builds, author_key)


def _export(course: Course, snapshot: bytes, as_of: int, folder: str, config: Config) -> None:
    from cigate.model import render_manifest, write_bundle
    from cigate_train.export import export

    made = export(course, snapshot, as_of)
    pulled = sharing.set_aside(folder)
    write_bundle(folder, made.bundle)
    sizes = {
        "model": len(made.bundle.model),
        "history": len(snapshot),
        "manifest": len(render_manifest(made.bundle.manifest)),
    }
    print(
        f"checked ONNX against {made.reference} on {made.rows:,} builds,"
        f" through {' and '.join(made.backends)}:"
        f"\n        they differ by {made.difference:.1g} at most, and no verdict does"
    )
    print(f"bundle  {folder}")
    parts = ", ".join(f"{name} {_kilobytes(size)}" for name, size in sizes.items())
    print(f"        model {made.bundle.manifest.model_id}; {_kilobytes(sum(sizes.values()))}: {parts}")
    if pulled:
        print(f"kept    the model that was pulled, {pulled}, in {sharing.aside_dir(folder)};")
        print("        the next cigate pull puts what was published into the place of this one")
    if config.model and os.path.abspath(config.model) != folder:
        print(f"        pushes are judged by {config.model}, as configured, and not by this one")
    print("next    cigate install")


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f} kB"
