"""Asks GitHub again where it only wants time: rate limits, faults that pass, broken answers.

All waiting together has an end. Must not repeat what a server said, or any part of a request, in a message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from time import sleep, time
from typing import Final, TypeVar

from cigate.errors import ForgeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from github import GithubException

TRIES: Final = 5
FIRST_PAUSE_S: Final = 0.5
SECONDARY_S: Final = 60.0
SAY_EVERY_S: Final = 60.0
GO_ON: Final = "what was fetched is stored; the same command goes on from there"
_T = TypeVar("_T")


class Patience:
    """Waits for a server, `max_wait_s` at most for all of its rate limits; `say` tells of it."""

    def __init__(self, max_wait_s: float, say: Callable[[str], None]) -> None:
        self._left_s = max_wait_s
        self._say = say

    def ask(self, call: Callable[[], _T]) -> _T:
        """Return what `call` returns in the end.

        Raises:
            ForgeError: it goes on failing, or the limit lasts longer than there is patience.
            GithubException: an answer that asking again does not change.
        """
        from github import GithubException
        from requests import RequestException

        faults = 0
        while True:
            try:
                return call()
            except GithubException as error:
                limit_s = rate_limit_s(error.status, error.headers or {}, _message(error), time())
                if limit_s is not None:
                    self._wait(limit_s)
                    continue
                if error.status < 500:
                    raise
                why = f"answers with {error.status}"
            except RequestException:
                why = "cannot be reached"
            except ValueError:
                why = "gives an answer that is no JSON"
            except (RuntimeError, AssertionError):
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
    if status not in (403, 429):
        return None
    if (after := headers.get("retry-after", "")).isdecimal():
        return float(after)
    if headers.get("x-ratelimit-remaining") == "0":
        reset = headers.get("x-ratelimit-reset", "")
        wait_s = float(reset) - server_time(headers, now) + 1 if reset.isdecimal() else SECONDARY_S
        return max(1.0, wait_s)
    return SECONDARY_S if status == 429 or "rate limit" in message.lower() else None


def server_time(headers: Mapping[str, str], now: float) -> float:
    """Return the Unix seconds of the server's clock; `now`, this machine's, where it does not tell."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return now


def _message(error: GithubException) -> str:
    said = error.data.get("message") if isinstance(error.data, dict) else None
    return said if isinstance(said, str) else ""
