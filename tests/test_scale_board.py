"""What a mining of many repositories shows on a terminal while it runs, and what is left of it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

from tests.many import NAMES, make_repositories
from tests.terminal import read_all

COLUMNS, LINES = 100, 40
CONTROL = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")


def on_a_terminal(*command: str) -> tuple[int, str]:
    """Run a command that has nothing but a terminal; return its exit code and what the terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")}
    env = {**plain, "TERM": "xterm-256color", "CIGATE_AUTHOR_KEY": "of the test"}
    running = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    said = read_all(ours)
    return running.wait(), said.decode()


def screen_after(said: str) -> list[str]:
    """Return the lines that stand on a terminal after all that it got."""
    lines, row, column = [""], 0, 0
    for parameters, letter, back, feed, text in CONTROL.findall(said):
        if letter == "A":
            row -= int(parameters or 1)
            assert row >= 0, "the cursor left what was drawn"
        elif letter == "K":
            assert parameters == "2"
            lines[row] = ""
        elif letter:
            assert letter in "mhl", f"the terminal is asked for {letter}"
        elif back:
            column = 0
        elif feed:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif text:
            lines[row] = lines[row].ljust(column)[:column] + text + lines[row][column + len(text) :]
            column += len(text)
    return lines


def test_the_live_table_makes_way_for_the_summary(tmp_path: Path) -> None:
    """While it runs, a table shows states and figures; in the end only the summary is there, once."""
    made = make_repositories(tmp_path, builds=20)
    (made / "builds" / f"{NAMES[2].replace('/', '__')}.csv").write_text("no,table\n1,2\n")
    options = (f"--repos={made}/repos/*", f"--builds={made}/builds", f"--cache={made}/cache")
    code, said = on_a_terminal(sys.executable, "-m", "cigate", "mine", *options, f"--out={tmp_path}/out")
    assert code == 3
    drawn = re.sub(r"\x1b\[[\d;]*m", "", said)
    title = f"{len(NAMES)} of {len(NAMES)} repositories: {len(NAMES) - 1} mined, 0 kept, 1 failed"
    assert title in drawn
    table = drawn[drawn.index(title) :].split("mined   ")[0]
    assert [line for line in table.splitlines() if NAMES[2] in line and "failed" in line]
    assert [line for line in table.splitlines() if NAMES[5] in line and "mined" in line and " 40 " in line]
    left = screen_after(said)
    assert not [line for line in left if title in line or any(0x2500 <= ord(char) < 0x2580 for char in line)]
    said_of = {
        word: [line for line in left if line.startswith(word)] for word in ("mining", "mined", "index")
    }
    assert [len(lines) for lines in said_of.values()] == [1, 1, 1], left
    assert [line for line in left if line.startswith(f"failed  {NAMES[2]}: ")]
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l"), "the cursor stays hidden"
