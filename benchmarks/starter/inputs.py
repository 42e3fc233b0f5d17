"""The flags that name what the recipe and its studies read: repositories, builds, a folder of work."""

from __future__ import annotations

import argparse


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Declare --repos, --labels and --work."""
    add = parser.add_argument
    add(
        "--repos",
        required=True,
        help="a folder of repositories, or a table: OWNER/NAME, a tab, the git directory",
    )
    add("--labels", required=True, help="a folder with OWNER__NAME.csv.gz: the builds of each project")
    add("--work", required=True, help="where mined records are kept between runs (never commit it)")
