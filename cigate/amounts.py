"""Numbers on a command line: what a text means, and what is said of one that makes no sense. Pure."""

from __future__ import annotations

from argparse import ArgumentTypeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _amount(fits: Callable[[float], bool], meant: str) -> Callable[[str], float]:
    """Return what reads a number that `fits`, and calls anything else no `meant`."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")  # fits nothing
        if not fits(value):
            raise ArgumentTypeError(f"{text!r} is no {meant}")
        return value

    return parse


parse_probability = _amount(lambda p: 0 <= p <= 1, "probability from 0 to 1")
parse_share = _amount(lambda share: 0 < share < 1, "share between 0 and 1, such as 0.1")
parse_minutes = _amount(lambda minutes: 0 < minutes < 1e6, "number of minutes above 0, such as 12.5")
parse_deadline = _amount(lambda seconds: 0 < seconds <= 600, "number of seconds above 0, at most 600")
