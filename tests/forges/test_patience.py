"""How long a refused request has to wait, as GitHub's headers tell it."""

from __future__ import annotations

import pytest

from cigate.forges.patience import rate_limit_s

DATE = "Sun, 13 Sep 2020 12:26:40 GMT"  # 1_600_000_000


@pytest.mark.parametrize(
    ("status", "headers", "message", "wait_s"),
    [
        (403, {"retry-after": "7"}, "", 7),
        (429, {}, "", 60),
        (403, {}, "You have exceeded a secondary rate limit", 60),
        (403, {}, "Resource not accessible by integration", None),
        (404, {"retry-after": "7"}, "", None),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000030", "date": DATE}, "", 31),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000030"}, "", 26),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}, "", 1),
    ],
)
def test_wait_of_a_refused_request(
    status: int, headers: dict[str, str], message: str, wait_s: float | None
) -> None:
    """The server's own clock counts where it tells the time; what is no limit is not waited for."""
    assert rate_limit_s(status, headers, message, 1_600_000_005) == wait_s
