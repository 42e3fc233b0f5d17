"""Progress is said on stderr, as fits whoever reads it, and never changes what is yielded."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cigate import progress
from cigate.progress import track
from tests.terminal import read_all

PROGRAM = """
from cigate.progress import track
print(sum(track(range(500), "reading [red]things[/red]", 500)))
"""


def test_items_pass_unchanged(capfd: pytest.CaptureFixture[str]) -> None:
    """Work that is over quickly says nothing at all."""
    assert list(track(iter("abc"), "reading letters")) == ["a", "b", "c"]
    assert capfd.readouterr() == ("", "")


def test_lines_now_and_then_elsewhere(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a log, long work says a plain line each few seconds, with the total where it is known."""
    clock = iter(range(0, 10_000, 2))
    monkeypatch.setattr(progress, "monotonic", lambda: next(clock))
    assert sum(track(range(6), "reading", 1_000_000)) == 15
    assert sum(track(range(6), "counting")) == 15
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "reading: 3 of 1,000,000",
        "reading: 6 of 1,000,000",
        "counting: 3",
        "counting: 6",
    ]


def test_work_is_not_done_ahead() -> None:
    """Items are asked for one by one, so that a stream stays a stream."""
    asked = []

    def source() -> Iterator[int]:
        for number in range(3):
            asked.append(number)
            yield number

    stream = track(source(), "reading")
    assert next(stream) == 0
    assert asked == [0]


def test_name_of_the_work_cannot_steer_a_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file may be called anything."""
    monkeypatch.setattr(progress, "EVERY_S", 0)
    list(track("a", "reading \x1b[2Jx"))
    assert capfd.readouterr().err == "reading \\x1b[2Jx: 1\n"


def on_a_terminal(**variables: str) -> bytes:
    """Run PROGRAM with stderr on a terminal and stdout on a pipe; return what the terminal got."""
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**env, "COLUMNS": "100", **variables},
        check=True,
    )
    os.close(theirs)
    said = read_all(ours)
    assert ran.stdout == b"124750\n"
    return said


def test_bar_on_a_terminal() -> None:
    """There is a bar in colour, the name of the work is shown as it is, and the bar goes away."""
    said = on_a_terminal(TERM="xterm-256color")
    assert b"500/500" in said
    assert b"[red]things" in said
    assert b"\x1b[3" in said or b"\x1b[9" in said
    assert said.rstrip().endswith(b"\x1b[2K")


def test_no_color_is_respected() -> None:
    """NO_COLOR leaves a bar without a colour."""
    said = on_a_terminal(TERM="xterm-256color", NO_COLOR="1")
    assert b"500/500" in said
    assert b"\x1b[3" not in said
    assert b"\x1b[9" not in said


def test_terminal_without_a_cursor_gets_lines() -> None:
    """Where nothing can be moved or deleted, nothing is drawn."""
    assert on_a_terminal(TERM="dumb") == b""
