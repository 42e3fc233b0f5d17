"""Asks a server again where it only wants time: rate limits, faults that pass, broken answers.

All waiting together has an end. Must not repeat what a server said, or any part of a request, in a message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from time import sleep, time
from typing import Final, TypeVar

from cigate.errors import ForgeError

TRIES: Final = 5
FIRST_PAUSE_S: Final = 0.5
SECONDARY_S: Final = 60.0
SAY_EVERY_S: Final = 60.0
GO_ON: Final = "what was fetched is stored; the same command goes on from there"
REMAINING: Final = ("x-ratelimit-remaining", "ratelimit-remaining")
RESET: Final = ("x-ratelimit-reset", "ratelimit-reset")
_T = TypeVar("_T")


class Refused(Exception):
    """The server answered that it will not: `headers` have small letters."""

    def __init__(self, status: int, headers: Mapping[str, str], message: str = "") -> None:
        super().__init__(status)
        self.status: Final = status
        self.headers: Final = headers
        self.message: Final = message


class Moved(Exception):
    """The server sends the request on to another address, which must not be given a token."""


class Patience:
    """Waits for a server, `max_wait_s` at most for all of its rate limits; `say` tells of it."""

    def __init__(self, max_wait_s: float, say: Callable[[str], None]) -> None:
        self._left_s = max_wait_s
        self._say = say

    def ask(self, call: Callable[[], _T]) -> _T:
        """Return what `call` returns in the end.

        Raises:
            ForgeError: it goes on failing, or the limit lasts longer than there is patience.
            Refused: an answer that asking again does not change.
        """
        faults = 0
        while True:
            try:
                return call()
            except Refused as error:
                limit_s = rate_limit_s(error.status, error.headers, error.message, time())
                if limit_s is not None:
                    self._wait(limit_s)
                    continue
                if error.status < 500:
                    raise
                why = f"answers with {error.status}"
            except (OSError, HTTPException):  # those of requests are OSErrors
                why = "cannot be reached"
            except ValueError:
                why = "gives an answer that is no JSON"
            except Moved:
                raise ForgeError(
                    "the server sends requests on to another address", "name that address with --api-url"
                ) from None
            faults += 1
            if faults == TRIES:
                raise ForgeError(f"the server {why}, {TRIES} times in a row", GO_ON)
            sleep(FIRST_PAUSE_S * 2 ** (faults - 1))

    def _wait(self, seconds: float) -> None:
        if seconds > self._left_s:
            raise ForgeError(
                f"the rate limit ends in {seconds:,.0f} s, longer than --max-wait lets cigate wait", GO_ON
            )
        self._left_s -= seconds
        while seconds > 0:
            self._say(f"waiting {seconds:,.0f} s for the rate limit to end")
            part = min(seconds, SAY_EVERY_S)
            sleep(part)
            seconds -= part


def rate_limit_s(status: int, headers: Mapping[str, str], message: str, now: float) -> float | None:
    """Return how long a refused request has to wait, None where it was not refused for its rate.

    `headers` have small letters. The server's own clock counts where it tells the time.
    """
    after = headers.get("retry-after", "")
    if status not in (403, 429) and not (status == 503 and after.isdecimal()):
        return None
    if after.isdecimal():
        return float(after)
    if _first(headers, REMAINING) == "0":
        reset = _first(headers, RESET)
        wait_s = float(reset) - server_time(headers, now) + 1 if reset.isdecimal() else SECONDARY_S
        return max(1.0, wait_s)
    return SECONDARY_S if status == 429 or "rate limit" in message.lower() else None


def server_time(headers: Mapping[str, str], now: float) -> float:
    """Return the Unix seconds of the server's clock; `now`, this machine's, where it does not tell."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return now


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((headers[name] for name in names if name in headers), "")
