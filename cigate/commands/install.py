"""`cigate install`: makes every push from this repository judged."""

from __future__ import annotations

import argparse

HELP = "write the pre-push hook; a hook that is there already is kept and runs first"
EXAMPLE = "cigate install"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags to `parser`."""
    parser.add_argument("--repo", default=".", metavar="PATH", help="the repository (default: this one)")
    parser.add_argument(
        "--force",
        action="store_true",
        help="write the hook also into a folder outside the repository, which others may share",
    )


def run(args: argparse.Namespace) -> int:
    """Install the hook; return the exit code."""
    from cigate.git import Repository
    from cigate.install import find_place, install
    from cigate.reporters.escape import escape

    place = find_place(Repository.open(args.repo))
    print(escape(install(place, force=args.force)))
    if place.in_tree:
        print("that folder is part of the work tree: keep this hook out of commits, it is for this machine")
    return 0
