"""Cells are read in the spellings that people use; what makes no sense is refused with a reason."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.change import OUTCOMES
from cigate.tables.values import (
    MAX_DURATION_S,
    MAX_SHOWN,
    BadValue,
    parse_attempt,
    parse_count,
    parse_duration,
    parse_flag,
    parse_outcome,
    parse_sha,
    parse_time,
    shorten,
)

PARSERS: tuple[Callable[[str], object], ...] = (
    parse_outcome, parse_time, parse_duration, parse_count, parse_attempt, parse_flag, parse_sha,
)  # fmt: skip
NOON = 1_767_268_800  # 2026-01-01T12:00:00Z


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("passed", "passed success Success SUCCESSFUL pass ok green 0 true"),
        ("failed", "failed failure FAILURE fail broken timed_out timed-out red UNSTABLE 1 false"),
        ("errored", "errored error startup_failure"),
        ("canceled", "canceled cancelled ABORTED"),
        ("skipped", "skipped neutral action_required stale NOT_BUILT"),
    ],
)
def test_outcomes(outcome: str, words: str) -> None:
    """Travis, GitHub, GitLab, Jenkins and exit codes are all understood."""
    assert outcome in OUTCOMES
    assert {parse_outcome(f" {word} ") for word in words.split()} == {outcome}


@pytest.mark.parametrize("text", ["", "completed", "in_progress", "2", "null", "passed?"])
def test_other_outcomes_are_refused(text: str) -> None:
    """A build that has not ended has no outcome, and nothing is guessed."""
    with pytest.raises(BadValue, match="no outcome"):
        parse_outcome(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01 12:00:00",
        "2026-01-01 12:00:00 UTC",
        "2026-01-01T13:00:00+01:00",
        "2026-01-01T12:00:00.999Z",
        "20260101T120000Z",
        f" {NOON} ",
        f"{NOON}.9",
        f"{NOON}000",
        f"{NOON}.0",
    ],
)
def test_times(text: str) -> None:
    """ISO times (UTC where no zone is given) and epoch seconds or milliseconds, in whole seconds."""
    assert parse_time(text) == NOON


@given(st.datetimes(datetime(1971, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)))
def test_every_iso_time_comes_back(moment: datetime) -> None:
    """Python's own ISO form of any moment is read to the second, rounded down."""
    assert parse_time(moment.isoformat()) == int(moment.timestamp() // 1)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "0", "-5", "nan", "inf", "1e30", "1969-12-31T23:59:59Z", "12:00"]
)
def test_other_times_are_refused(text: str) -> None:
    """Neither words nor times before there was CI."""
    with pytest.raises(BadValue, match="time"):
        parse_time(text)


def test_durations() -> None:
    """Whole seconds; unknown where the cell is empty or longer than any build may run."""
    assert [parse_duration(text) for text in ("0", "73", " 73.9 ")] == [0, 73, 73]
    assert [parse_duration(text) for text in ("", " ", str(MAX_DURATION_S + 1), "34673474")] == [None] * 4
    assert parse_duration(str(MAX_DURATION_S)) == MAX_DURATION_S


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "1:30", "5 min"])
def test_other_durations_are_refused(text: str) -> None:
    """A negative duration would let an outcome be known before its push."""
    with pytest.raises(BadValue):
        parse_duration(text)


def test_counts_and_attempts() -> None:
    """Spreadsheets write 3.0 for 3; no attempt given is the first."""
    assert [parse_count(text) for text in ("0", "18", "3.0", "1e3")] == [0, 18, 3, 1000]
    assert [parse_attempt(text) for text in ("", "1", "7")] == [1, 1, 7]


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_count, "-1"),
        (parse_count, ""),
        (parse_count, "1.5"),
        (parse_count, "1e300"),
        (parse_count, "nan"),
        (parse_count, "many"),
        (parse_attempt, "0"),
        (parse_attempt, "x"),
        (parse_flag, "maybe"),
        (parse_sha, ""),
        (parse_sha, "abc1234"),
        (parse_sha, "g" * 40),
        (parse_sha, "a" * 41),
    ],
)
def test_other_numbers_flags_and_ids_are_refused(parse: Callable[[str], object], text: str) -> None:
    """Nothing is cut, rounded or completed."""
    with pytest.raises(BadValue):
        parse(text)


def test_flags_and_commit_ids() -> None:
    """Case does not matter; an empty flag is no; both lengths of an id are known."""
    assert [parse_flag(text) for text in ("true", "T", "YES", "1")] == [True] * 4
    assert [parse_flag(text) for text in ("", "false", "No", "0")] == [False] * 4
    assert parse_sha(" " + "AB" * 20) == "ab" * 20
    assert parse_sha("ab" * 32) == "ab" * 32


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_but_bad_values_is_raised(text: str) -> None:
    """Any cell at all is either read or refused, and can be shown."""
    for parse in PARSERS:
        with suppress(BadValue):
            parse(text)
    assert shorten(text).isprintable()


def test_shown_cells_are_short() -> None:
    """A cell of a megabyte does not fill the screen."""
    assert shorten("x" * 10**6) == "x" * (MAX_SHOWN - 1) + "…"
    assert shorten("\x1b[2J") == "\\x1b[2J"
