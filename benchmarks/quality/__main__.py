"""`python -m benchmarks.quality`: judges the field on given projects; writes the table and two plots."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.quality.field import judge_field, render_table
from benchmarks.quality.plots import draw
from benchmarks.starter.inputs import add_inputs
from benchmarks.starter.mining import find_sources, read_records
from cigate.change import BuildRecord
from cigate.errors import CigateError, TooLittleHistory
from cigate.features import FEATURES
from cigate.model import check_features, read_bundle
from cigate.places import starter_dir
from cigate.progress import track


def main(argv: list[str] | None = None) -> int:
    """Judge the field; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    add_inputs(parser)
    add = parser.add_argument
    add("--model", default=starter_dir(), help="the folder of the model that judges (default: the starter)")
    add("--out", required=True, help="the folder that table.md, auc.svg and recall.svg go to")
    add("--seed", type=int, default=0, help="seed of what learns (default: 0)")
    args = parser.parse_args(argv)
    try:
        return _judge(args)
    except CigateError as error:
        print(f"{error}\n  {error.hint}", file=sys.stderr)
        return error.exit_code


def _judge(args: argparse.Namespace) -> int:
    bundle = read_bundle(args.model)
    check_features(bundle.manifest, FEATURES)
    _warn_of_known(bundle.manifest.card, args)
    field = judge_field(_records(args), bundle, args.seed)
    if not field.builds:
        raise TooLittleHistory("no project has enough builds to judge", "give it more repositories")
    os.makedirs(args.out, exist_ok=True)
    Path(args.out, "table.md").write_text(render_table(field, bundle.manifest.model_id), encoding="utf-8")
    print("written", *(str(Path(args.out, name)) for name in ("table.md", *draw(field, args.out))))
    return 0


def _warn_of_known(card: dict[str, object], args: argparse.Namespace) -> None:
    data = card.get("data")
    known = data.get("of_project") if isinstance(data, dict) else None
    given = {source.project for source in find_sources(os.path.expanduser(args.repos), args.labels)}
    if isinstance(known, dict) and (learned := sorted(given & known.keys())):
        names = ", ".join(learned[:5])
        print(
            f"the model learned from {len(learned)} of these projects, such as {names}: it knows them",
            file=sys.stderr,
        )


def _records(args: argparse.Namespace) -> Iterator[tuple[str, list[BuildRecord]]]:
    sources = find_sources(os.path.expanduser(args.repos), args.labels)
    for source in track(sources, "judging projects", len(sources)):
        try:
            yield source.project, read_records(source, args.work)
        except CigateError as error:
            print(f"left out: {source.project}: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
