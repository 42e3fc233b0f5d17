"""What breaks a machine, for real: full and read-only disks, kills, clocks, dead networks."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.judged import ROOT
from tests.repo import clean_environment

PYTHON = f"{ROOT}:{ROOT / 'train'}"


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which this checkout's cigate can be imported."""
    return clean_environment() | {"PYTHONPATH": PYTHON} | more


def may_unshare() -> bool:
    """Return whether a process here may mount and cut off things for itself."""
    command = ["unshare", "-m", "-n", "-r", "true"]
    return bool(shutil.which("unshare")) and not subprocess.run(command, capture_output=True).returncode


def needs_namespaces() -> None:
    """Skip where a test may not mount or cut off anything, not even for itself."""
    if not may_unshare():
        pytest.skip("unshare is missing, or this system forbids namespaces")


def on_disk(
    folder: Path, size: str, script: str, *arguments: str | Path, options: str = "rw"
) -> subprocess.CompletedProcess[str]:
    """Run Python code in `folder`, whose content has moved to a disk of that size of its own."""
    needs_namespaces()
    mount = (
        f'cp -a "$0" "$0.seed" && mount -t tmpfs -o size={size} none "$0" && cp -a "$0.seed/." "$0"'
        f' && mount -o remount,{options} "$0" && cd "$0" && exec "$@"'
    )
    return subprocess.run(
        [
            "unshare",
            "-m",
            "-r",
            "sh",
            "-c",
            mount,
            folder,
            sys.executable,
            "-c",
            script,
            *map(str, arguments),
        ],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def black_hole() -> Iterator[str]:
    """Give the address of a server that neither takes nor refuses a connection."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = []
        for _ in range(4):  # what fills the queue; whoever comes then gets no answer at all
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(server.getsockname())
            waiting.append(client)
        time.sleep(0.2)
        yield f"127.0.0.1:{server.getsockname()[1]}"
        for client in waiting:
            client.close()


# Hears Ctrl-C even where a shell's background job runs the tests.
READY = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from cigate.cli import main; print('ready', flush=True); sys.exit(main(sys.argv[1:]))"
)


def signalled(
    words: Sequence[str | Path], cwd: Path, number: int, after_s: float, env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Start a command, send it a signal a while after it has begun; return its code and its stderr."""
    process = subprocess.Popen(
        [sys.executable, "-c", READY, *map(str, words)],
        cwd=cwd,
        env=environment(**(env or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(after_s)
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    return process.returncode, said
