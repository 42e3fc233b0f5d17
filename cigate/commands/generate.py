"""`cigate generate`: a made-up build history, as a table and, if wanted, as a git repository.

Everything it writes, and its first line of output, says SYNTHETIC. Must not overwrite unasked.
"""

from __future__ import annotations

import argparse
import os

from cigate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate_train.synthetic import Push

HELP = "write a SYNTHETIC build history, to try cigate on"
EXAMPLE = "cigate generate --builds 1000 --seed 42 build_history.csv"
MAX_BUILDS = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate generate` understands."""
    parser.add_argument(
        "file", nargs="?", default="build_history.csv", metavar="FILE", help="the table to write (CSV)"
    )
    parser.add_argument("--builds", type=_count, default=1000, metavar="N", help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=42, metavar="S", help="same seed, same history (42)")
    parser.add_argument(
        "--repo", metavar="DIR", help="also write a git repository with these commits and their branches"
    )
    parser.add_argument(
        "--until",
        type=_time,
        metavar="TIME",
        help="let the last build be in the week before (ISO, UTC; default: the first is on 2024-01-01)",
    )
    parser.add_argument("--force", action="store_true", help="replace what an earlier run wrote")


def run(args: argparse.Namespace) -> int:
    """Write the history and say where it is."""
    _refuse_to_overwrite(args)
    pushes, text = _generate(args)
    _write(args.file, text)
    failed = sum(not push.passed for push in pushes)
    print(f"SYNTHETIC: {args.builds:,} builds, {failed:,} of them failed, that no CI ever ran: {args.file}")
    if args.repo is None:
        print(f"next       cigate train --data {args.file}")
    else:
        print(f"           the commits that they built are in the git repository {args.repo}")
        print(f"next       cigate import csv {args.file} --repo {args.repo}")
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_BUILDS:
        raise argparse.ArgumentTypeError(f"give a number from 1 to {MAX_BUILDS:,}")
    return int(text)


def _time(text: str) -> int:
    from cigate.tables.values import BadValue, parse_time

    try:
        return parse_time(text)
    except BadValue as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def _refuse_to_overwrite(args: argparse.Namespace) -> None:
    taken = [args.file] if os.path.lexists(args.file) else []
    if args.repo is not None and _is_taken(args.repo):
        taken.append(args.repo)
    if taken and not args.force:
        raise UsageError(
            f"{' and '.join(taken)} would be overwritten", "name another, or replace it with --force"
        )
    if os.path.isdir(args.file):
        raise UsageError(f"{args.file} is a folder", "name the file to write")


def _is_taken(folder: str) -> bool:
    """Tell whether there is anything at `folder`; an empty folder is free."""
    return os.path.lexists(folder) and not (os.path.isdir(folder) and not os.listdir(folder))


def _generate(args: argparse.Namespace) -> tuple[list[Push], str]:
    """Return the pushes and the text of their table; the repository is written on the way."""
    from cigate_train.synthetic import end_before, generate
    from cigate_train.synthetic_repo import clear, write_repository
    from cigate_train.synthetic_table import render_commits, render_totals

    pushes = list(generate(args.builds, args.seed, branches=args.repo is not None))
    if args.until is not None:
        pushes = end_before(pushes, args.until)
    if args.repo is None:
        return pushes, render_totals(pushes)
    if _is_taken(args.repo):
        clear(args.repo)
    built = write_repository(args.repo, pushes, args.seed, os.environ)
    return [push for push, _ in built], render_commits(built)


def _write(file: str, text: str) -> None:
    """Put `text` into `file` as a whole or not at all."""
    temporary = f"{file}.{os.getpid()}.tmp"
    try:
        with open(temporary, "x", encoding="utf-8", newline="") as out:
            out.write(text)
        os.replace(temporary, file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", "name another place") from error
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)
