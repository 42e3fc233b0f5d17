"""The error tree: drawn as it is, with exit codes as documented and a next step to take."""

from __future__ import annotations

import re

import pytest

from cigate import errors
from cigate.errors import CigateError, MissingExtra

CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, CigateError)]


def _drawn() -> dict[str, tuple[str, int]]:
    """Return name -> (parent, exit code) as the docstring draws them."""
    found: dict[str, tuple[str, int]] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        drawn = re.match(r"([ |`-]*)([A-Z]\w+) +(\d)", line)
        if drawn is None:
            continue
        depth = len(drawn[1])
        above = [(d, name) for d, name in above if d < depth]
        found[drawn[2]] = (above[-1][1] if above else "Exception", int(drawn[3]))
        above.append((depth, drawn[2]))
    return found


def test_docstring_draws_the_tree() -> None:
    """Every class stands in the drawing, below its parent, with its exit code."""
    real = {c.__name__: (c.__mro__[1].__name__, c.exit_code) for c in CLASSES}
    assert _drawn() == real


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_every_error_is_caught_in_one_place(error: type[CigateError]) -> None:
    """Each is a CigateError, says what it is for, and ends a command with 2 or 3."""
    assert issubclass(error, CigateError)
    assert error.__doc__
    assert error.exit_code in (2, 3)


def test_message_and_hint_are_kept_apart() -> None:
    """What happened is one line, what to do next another."""
    error = CigateError("it rains", "take an umbrella")
    assert (str(error), error.hint) == ("it rains", "take an umbrella")
    assert CigateError("it rains").hint == ""


def test_missing_extra_says_the_pip_line() -> None:
    """The hint can be pasted into a shell."""
    error = MissingExtra("training", "train")
    assert "extra 'train'" in str(error)
    assert error.hint == "pip install 'cigate[train]'"
