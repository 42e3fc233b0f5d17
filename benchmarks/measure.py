"""Runs commands in turn and times them: wall and CPU seconds of each, children included.

The sides of a comparison take turns in every round, so that a busy machine slows all of them alike, and
what is reported is the median of the rounds' ratios. Must not know what the commands mean.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import monotonic

# Both sides of every comparison: onnxruntime's reports to its maker cost time of their own.
QUIET = {"ORT_DISABLE_TELEMETRY": "1"}


@dataclass(frozen=True)
class Side:
    """One command of a comparison; `says` must stand in its output, so that no failure is timed.

    What it prints goes to /dev/null with `discard`.
    """

    argv: Sequence[str]
    cwd: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    says: str = ""
    discard: bool = False


@dataclass(frozen=True)
class Times:
    """Seconds of each round."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Ratio:
    """The median and the quartiles of the rounds' ratios."""

    median: float
    low: float
    high: float
    rounds: int


def run_once(side: Side) -> tuple[float, float]:
    """Run the command; return its wall and CPU seconds.

    Raises:
        RuntimeError: where it fails, or does not say what it should.
    """
    environment = {**os.environ, **QUIET, **side.env}
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as said:
        stdin.write(side.stdin)
        stdin.seek(0)
        started = monotonic()
        process = subprocess.Popen(
            side.argv,
            cwd=side.cwd,
            env=environment,
            stdin=stdin,
            stdout=subprocess.DEVNULL if side.discard else said,
            stderr=said,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read().decode(errors="replace")
    if process.returncode or side.says not in output:
        raise RuntimeError(f"{side.argv[:3]} ended with {process.returncode}: {output[-2000:]}")
    return wall, used.ru_utime + used.ru_stime


def compare(sides: Mapping[str, Side], rounds: int, warm: bool = True) -> dict[str, Times]:
    """Run every side once in each round, in turning order; with `warm` after a round that does not count."""
    runs = {name: lambda side=side: run_once(side) for name, side in sides.items()}
    return take_turns(runs, rounds, warm)


def take_turns(
    runs: Mapping[str, Callable[[], tuple[float, float]]], rounds: int, warm: bool = True
) -> dict[str, Times]:
    """As `compare`, for anything that returns its wall and CPU seconds."""
    times = {name: Times() for name in runs}
    names = list(runs)
    for name in names if warm else ():
        runs[name]()
    for turn in range(rounds):
        at = turn % len(names)
        for name in names[at:] + names[:at]:
            wall, cpu = runs[name]()
            times[name].wall.append(wall)
            times[name].cpu.append(cpu)
    return times


def ratio(side: Sequence[float], reference: Sequence[float]) -> Ratio:
    """Return how the rounds of one side stand against those of another."""
    ratios = [ours / theirs for ours, theirs in zip(side, reference, strict=True)]
    low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else [ratios[0]] * 3
    return Ratio(median(ratios), low, high, len(ratios))


def milliseconds(times: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return round(1000 * median(times), 1)
