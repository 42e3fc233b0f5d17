"""One deadline for all that a server is asked, whichever library asks and however slowly it answers.

Timeouts of sockets start anew with each byte: a server that sends one a second would hold them for
ever. So the work is done in a thread that is left behind when its time is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from cigate.errors import ArtifactError

Result = TypeVar("Result")


def within(timeout_s: float, what: str, work: Callable[[], Result]) -> Result:
    """Return what `work` returns, or raise what it raises, if it ends in `timeout_s` seconds.

    What is left behind may go on until the program ends: `work` must change nothing of this machine's
    that is in use.

    Raises:
        ArtifactError: where it does not.
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # raised again below, where somebody hears it
            errors.append(error)

    thread = threading.Thread(target=run, name="cigate-artifacts", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if errors:
        raise errors[0]
    if not results:
        raise ArtifactError(
            f"{what} took longer than {timeout_s:g} s and was given up",
            "is the server slow, or out of reach? --timeout SECONDS gives it more time",
        )
    return results[0]
