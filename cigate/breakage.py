"""What to say when cigate itself breaks: where, but not what it held, and no traceback unasked."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEBUG = "CIGATE_DEBUG"


def describe(error: Exception, env: Mapping[str, str]) -> tuple[str, str]:
    """Return a message and a hint; print the traceback only where CIGATE_DEBUG asks for it."""
    if env.get(DEBUG):
        sys.excepthook(type(error), error, error.__traceback__)
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f" at {os.path.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place else ""
    return f"cigate broke ({type(error).__name__}{where})", f"{DEBUG}=1 shows more; please report it"
