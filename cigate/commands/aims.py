"""What warnings aim at, as flags of `backtest`, `train` and `retrain`: a share of the pushes, or costs.

No command of its own.
"""

from __future__ import annotations

import argparse

from cigate.amounts import parse_minutes, parse_share
from cigate.budget import SHARE
from cigate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate_train.costs import Costs


def add_budget_argument(parser: argparse.ArgumentParser) -> None:
    """Declare which share of the pushes may be warned about."""
    parser.add_argument(
        "--budget",
        type=parse_share,
        default=SHARE,
        metavar="SHARE",
        help=f"how many of the pushes to green branches to warn about (default: {SHARE})",
    )


def add_aim_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare that share, and costs to put in its place."""
    add_budget_argument(parser)
    add = parser.add_argument
    add(
        "--minutes-per-build",
        type=parse_minutes,
        metavar="M",
        help="minutes that a failure caught before it is pushed saves; with --minutes-per-false-alarm it"
        " decides about warnings, in place of --budget",
    )
    add(
        "--minutes-per-false-alarm",
        type=parse_minutes,
        metavar="M",
        help="minutes that a warning about a good push costs",
    )


def read_costs(args: argparse.Namespace) -> Costs | None:
    """Return what a build and a false alarm cost, None where warnings have a budget.

    Raises:
        UsageError: only one of the two is given.
    """
    given = (args.minutes_per_build, args.minutes_per_false_alarm)
    if given == (None, None):
        return None
    if None in given:
        raise UsageError(
            "--minutes-per-build and --minutes-per-false-alarm belong together",
            "give both, or neither and a --budget",
        )
    from cigate_train.costs import Costs

    return Costs(*given)
