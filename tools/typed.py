"""Runs commands the way a person types them, and shows both the command and what it says.

For tools/demo.py. On a terminal each command gets a terminal of its own, so that it colours its
output as it always does; elsewhere it gets a pipe.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import termios
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

WIDTH = 100


class Failed(Exception):
    """A command of the demonstration did not do what the demonstration says it does."""


class Typist:
    """Types commands in one folder with one environment; `said` is what the last one printed."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = {**env, "COLUMNS": str(WIDTH)}
        self.said = ""

    def say(self, text: str) -> None:
        """Print a paragraph of the narration."""
        print("\n" + textwrap.fill(text, WIDTH), flush=True)

    def type(
        self,
        *command: str,
        expect: tuple[int, ...] = (0,),
        env: Mapping[str, str] | None = None,
        shown: str = "",
    ) -> int:
        """Show and run `command`, and return its exit code.

        Raises:
            Failed: where the exit code is not one of `expect`.
        """
        print(f"\n$ {shown or shlex.join(command)}", flush=True)
        code = self._run(command, {**self.env, **(env or {})})
        if code not in expect:
            wanted = " or ".join(map(str, expect))
            raise Failed(f"`{shlex.join(command)}` ended with {code} instead of {wanted}")
        return code

    def quietly(self, *command: str, env: Mapping[str, str] | None = None) -> str:
        """Run a command that is not part of the story; its output is shown only if it fails."""
        ran = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        text = ran.stdout.decode("utf-8", "replace")
        if ran.returncode:
            raise Failed(f"`{shlex.join(command)}` ended with {ran.returncode}\n{text}")
        return text.strip()

    def _run(self, command: Sequence[str], env: Mapping[str, str]) -> int:
        reading, writing = _terminal() if sys.stdout.isatty() else os.pipe()
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
        ) as process:
            os.close(writing)
            chunks = []
            for chunk in _chunks(reading):
                chunks.append(chunk)
                sys.stdout.buffer.write(chunk)
                sys.stdout.flush()
        os.close(reading)
        self.said = b"".join(chunks).decode("utf-8", "replace")
        return process.returncode


def _terminal() -> tuple[int, int]:
    """Return both ends of a terminal that changes nothing: the outer one turns line ends into its own."""
    reading, writing = os.openpty()
    modes = termios.tcgetattr(writing)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(writing, termios.TCSANOW, modes)
    return reading, writing


def _chunks(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # a terminal whose other end is closed answers EIO where a pipe answers b""
            return
        if not chunk:
            return
        yield chunk
