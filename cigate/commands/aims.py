"""What warnings aim at, as flags of `backtest`, `train` and `retrain`: a share of the pushes, or costs.

No command of its own.
"""

from __future__ import annotations

import argparse

from cigate.budget import SHARE
from cigate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate_train.costs import Costs


def add_aim_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how much may be warned about."""
    add = parser.add_argument
    add(
        "--budget",
        type=parse_share,
        default=SHARE,
        metavar="SHARE",
        help=f"how many of the pushes to green branches to warn about (default: {SHARE})",
    )
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


def parse_share(text: str) -> float:
    """Return a share of pushes, above 0 and below 1; argparse says what is wrong with it."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 < share < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no share between 0 and 1, such as 0.1")
    return share


def parse_minutes(text: str) -> float:
    """Return a number of minutes above 0; argparse says what is wrong with it."""
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0.0 < minutes < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes above 0, such as 12.5")
    return minutes


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
