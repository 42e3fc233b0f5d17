"""Numbers on a command line: taken inside their bounds, named outside of them."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable

import pytest

from cigate.amounts import parse_deadline, parse_minutes, parse_probability, parse_share


@pytest.mark.parametrize(
    ("parse", "least", "most"),
    [
        (parse_probability, "0", "1"),
        (parse_share, "0.001", "0.999"),
        (parse_minutes, "0.1", "999999"),
        (parse_deadline, "0.1", "600"),
    ],
)
def test_the_bounds_are_taken(parse: Callable[[str], float], least: str, most: str) -> None:
    assert (parse(least), parse(most)) == (float(least), float(most))


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((parse, text) for parse in (parse_share, parse_minutes, parse_deadline) for text in ("0", "-1")),
        (parse_probability, "-0.1"),
        (parse_probability, "1.1"),
        (parse_share, "1"),
        (parse_minutes, "1e6"),
        (parse_deadline, "601"),
        *((parse, text) for parse in (parse_probability, parse_share) for text in ("nan", "", "much", "inf")),
    ],
)
def test_anything_else_is_named(parse: Callable[[str], float], text: str) -> None:
    """What was written stands in the message, so that a pipeline's log tells which of many numbers it was."""
    with pytest.raises(ArgumentTypeError, match=rf"^'{text}' is no "):
        parse(text)
