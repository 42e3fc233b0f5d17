"""The one line for a push that was not judged, and the colours of all lines.

Apart from `text`, because it is needed where nothing else was loaded.
"""

from __future__ import annotations

from cigate.reporters.escape import escape

BOLD, DIM, RED, YELLOW, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[0m"


def not_judged(message: str, hint: str, end: str, color: bool = False) -> str:
    """Return the line that says why nothing was judged, what to do, and what happens all the same."""
    said = escape(message) + (f"; {escape(hint)}" if hint else "")
    return f"{paint('cigate', BOLD, color)}  not judged: {said}.  {end}\n"


def paint(text: str, code: str, color: bool) -> str:
    """Return `text` in the colour of an escape sequence, plain where `color` is off."""
    return f"{code}{text}{PLAIN}" if color else text
