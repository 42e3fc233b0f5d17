"""`cigate uninstall`: removes the hook and puts back the one that stood there before."""

from __future__ import annotations

import argparse

HELP = "remove the pre-push hook and put back the one that was there before"
EXAMPLE = "cigate uninstall"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags to `parser`."""
    parser.add_argument("--repo", default=".", metavar="PATH", help="the repository (default: this one)")


def run(args: argparse.Namespace) -> int:
    """Remove the hook; return the exit code."""
    from cigate.git import Repository
    from cigate.install import find_place, uninstall
    from cigate.reporters.escape import escape

    print(escape(uninstall(find_place(Repository.open(args.repo)))))
    return 0
