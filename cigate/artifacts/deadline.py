"""One deadline for all that a place of artifacts is asked, whichever library asks and however slowly.

Knows the words of the refusal; `cigate.deadline` does the waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cigate import deadline
from cigate.errors import ArtifactError

Result = TypeVar("Result")


def within(timeout_s: float, what: str, work: Callable[[], Result]) -> Result:
    """Return what `work` returns, or raise what it raises, if it ends in `timeout_s` seconds.

    What is left behind may go on until the program ends: `work` must change nothing of this machine's
    that is in use.

    Raises:
        ArtifactError: where it does not.
    """
    try:
        return deadline.within(timeout_s, work)
    except deadline.OutOfTime:
        raise ArtifactError(
            f"{what} took longer than {timeout_s:g} s and was given up",
            "is the server slow, or out of reach? --timeout SECONDS gives it more time",
        ) from None
