"""The command of `cigate run`, or a hook manager's: started as it was given, sent every signal, waited for.

Beside git, the only process that cigate starts. Must not come between the command and its terminal.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

from cigate.change import Fact

PASSED_ON: Final = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
NOT_FOUND, NOT_STARTED = 127, 126


class Ended(Fact):
    """How a command ended: a shell's exit code, whether a signal came for it, and why it never started."""

    __slots__ = ("code", "signaled", "trouble")

    def __init__(self, code: int, signaled: bool = False, trouble: str = "") -> None:
        self.code: Final = code
        self.signaled: Final = signaled
        self.trouble: Final = trouble


def run_child(command: Sequence[str], folder: str | None = None) -> Ended:
    """Run `command`, in `folder` if one is given, and return how it ended; 128 + n stands for signal n."""
    try:
        with _passing_signals_on() as receivers:
            child = subprocess.Popen(list(command), cwd=folder)  # noqa: S603  # what the user typed
            receivers.start(child.pid)
            code = child.wait()
    except FileNotFoundError:
        return Ended(NOT_FOUND, trouble="there is no such command")
    except (OSError, ValueError) as error:
        return Ended(NOT_STARTED, trouble=getattr(error, "strerror", None) or "it cannot be started")
    return Ended(code if code >= 0 else 128 - code, receivers.met)


class _Receiver:
    """Sends on what arrives, also what arrived before there was a child to send it to."""

    def __init__(self) -> None:
        self.met = False
        self._pid = 0
        self._early: list[int] = []

    def start(self, pid: int) -> None:
        self._pid = pid
        for number in self._early:
            self._send(number)

    def take(self, number: int, _: FrameType | None) -> None:
        self.met = True
        if not self._pid:
            self._early.append(number)
        elif number not in (signal.SIGINT, signal.SIGQUIT) or not _is_in_front():
            # A terminal gives these two to the command itself: it must not get them twice.
            self._send(number)

    def _send(self, number: int) -> None:
        try:
            os.kill(self._pid, number)
        except ProcessLookupError:
            return


@contextmanager
def _passing_signals_on() -> Iterator[_Receiver]:
    receiver = _Receiver()
    heard = [number for number in PASSED_ON if signal.getsignal(number) is not signal.SIG_IGN]  # nohup
    before = {number: signal.signal(number, receiver.take) for number in heard}
    try:
        yield receiver
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_in_front() -> bool:
    """Tell whether a terminal's keys reach this process and its child alike."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
