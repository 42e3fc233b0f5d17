"""What the cells of a table mean: times, durations, counts, outcomes, in the spellings people use.

Pure. Each `parse_` raises BadValue with the reason; it never guesses at a value that makes no sense.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

from cigate.reporters.escape import escape

MAX_SHOWN: Final = 40
# GitHub ends a run after 35 days; what claims to be longer is the time of a later edit.
MAX_DURATION_S: Final = 35 * 86400
MILLISECONDS_FROM: Final = 10**11
LAST_SECOND: Final = 253_402_300_799  # of the year 9999

_SPELLINGS: Final = {
    "passed": "passed success successful succeeded pass ok green 0 true fixed",
    "failed": "failed failure fail red 1 false broken timed_out timedout unstable",
    "errored": "errored error startup_failure infrastructure_failure",
    "canceled": "canceled cancelled aborted",
    "skipped": "skipped neutral action_required stale not_built",
}
_OUTCOMES: Final = {word: outcome for outcome, words in _SPELLINGS.items() for word in words.split()}
_FLAGS: Final = {"": False, "0": False, "false": False, "f": False, "no": False, "n": False}
_FLAGS.update({"1": True, "true": True, "t": True, "yes": True, "y": True})


class BadValue(ValueError):
    """A cell that cannot be read; its text is the reason alone, the cell is shown by the caller."""


def shorten(text: str) -> str:
    """Return `text` cut to what a message has room for, harmless to a terminal or a log."""
    return escape(text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…")


def parse_outcome(text: str) -> str:
    """Return one of change.OUTCOMES."""
    outcome = _OUTCOMES.get(text.strip().lower().replace(" ", "_").replace("-", "_"))
    if outcome is None:
        raise BadValue("is no outcome of a build")
    return outcome


def parse_flag(text: str) -> bool:
    """Return the truth of yes/no, true/false, 1/0; nothing is no."""
    flag = _FLAGS.get(text.strip().lower())
    if flag is None:
        raise BadValue("is neither true nor false")
    return flag


def parse_time(text: str) -> int:
    """Return Unix seconds for an ISO date and time (UTC where no zone is given) or epoch (milli)seconds."""
    stripped = text.strip()
    try:
        number = float(stripped)
        seconds = number / 1000 if abs(number) >= MILLISECONDS_FROM else number
    except ValueError:
        seconds = _iso_seconds(stripped)
    if not 0 < seconds <= LAST_SECOND:
        raise BadValue("is not a time that a build can have")
    return math.floor(seconds)


def _iso_seconds(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        raise BadValue("is neither an ISO time nor epoch seconds") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def parse_duration(text: str) -> int | None:
    """Return whole seconds; None where the cell is empty or the duration is not a build's own."""
    if not text.strip():
        return None
    try:
        seconds = float(text)
    except ValueError:
        raise BadValue("is not a number of seconds") from None
    if not 0 <= seconds < math.inf:
        raise BadValue("is not a duration")
    return math.floor(seconds) if seconds <= MAX_DURATION_S else None


def parse_count(text: str) -> int:
    """Return a whole number of files or lines, at least 0; 3.0 is 3."""
    try:
        number = float(text)
    except ValueError:
        raise BadValue("is not a number") from None
    if not 0 <= number < 2**53 or number != math.floor(number):
        raise BadValue("is not a whole number of files or lines")
    return int(number)


def parse_attempt(text: str) -> int:
    """Return which run of the same build it was, 1 for the first; nothing is 1."""
    attempt = parse_count(text) if text.strip() else 1
    if not 1 <= attempt < 2**31:
        raise BadValue("is not the number of an attempt")
    return attempt


def parse_sha(text: str) -> str:
    """Return a full commit id in small letters."""
    sha = text.strip().lower()
    if len(sha) not in (40, 64) or not set(sha) <= set("0123456789abcdef"):
        raise BadValue("is not a full commit id (40 or 64 hexadecimal digits)")
    return sha
