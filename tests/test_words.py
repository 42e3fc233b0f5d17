"""Numbers as people say them."""

from __future__ import annotations

import pytest

from cigate.words import count_text, duration_text, percent_text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "1 min"),
        (59 * 60, "59 min"),
        (3 * 3600, "3 h"),
        (47 * 3600, "47 h"),
        (3 * 86_400, "3 days"),
        (1e9, "11574 days"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration_text(seconds) == said


def test_one_thing_has_no_s() -> None:
    assert [count_text(number, "build") for number in (0, 1, 1234)] == ["0 builds", "1 build", "1,234 builds"]


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0, "0 %"),
        (0.001, "< 1 %"),
        (0.07, "7 %"),
        (0.994, "99 %"),
        (0.999, "> 99 %"),
        (1.0, "100 %"),
    ],
)
def test_shares_are_never_rounded_to_certainty(p: float, said: str) -> None:
    assert percent_text(p) == said
