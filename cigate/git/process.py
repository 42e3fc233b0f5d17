"""A started git: bytes go in, bytes come out, and it dies with its deadline.

The only place that starts a process: git, and for signatures ssh-keygen. posix_spawn and poll instead
of subprocess, because importing that costs more than git itself needs for a usual push.
Must not know what the bytes mean.
"""

from __future__ import annotations

import os
from select import POLLIN, POLLOUT, poll
from time import monotonic, sleep

from cigate.errors import GitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BLOCK = 1 << 20
SIGKILL, SIGPIPE = 9, 13
MAX_STDERR = 1 << 16
RUNNING: set[int] = set()  # for who must leave without ceremony: `kill_all`


class Process:
    """A running git. Read it with `communicate` or `chunks`, once; `close` ends it early."""

    __slots__ = ("_err", "_out", "_pending", "_pid", "_program", "_stdin", "returncode", "stderr")

    def __init__(
        self, args: Sequence[str], stdin: bytes, env: Mapping[str, str], program: str = "git"
    ) -> None:
        """Start `git ARGS`, or another program; as much of `stdin` as its pipe takes is on its way on return.

        Raises:
            GitError: where it is not installed or cannot be started.
        """
        self._program = program
        self.returncode: int | None = None
        self.stderr = b""
        self._pending = memoryview(stdin)
        pipes: list[tuple[int, int]] = []
        try:
            for _ in range(3):
                pipes.append(_pipe())
            theirs = (pipes[0][0], pipes[1][1], pipes[2][1])
            self._pid = _spawn(program, args, env, theirs)
        except (OSError, ValueError) as error:
            for end in (end for pipe in pipes for end in pipe):
                os.close(end)
            raise _cannot_start(program, error) from None
        RUNNING.add(self._pid)
        for end in theirs:
            os.close(end)
        self._stdin, self._out, self._err = pipes[0][1], pipes[1][0], pipes[2][0]
        _widen(self._out)
        os.set_blocking(self._stdin, False)
        self._feed()

    def communicate(self, deadline_s: float) -> tuple[int, bytes, bytes]:
        """Return (return code, stdout, stderr).

        Raises:
            GitError: where git has not ended after `deadline_s` seconds; it is killed then.
        """
        out = b"".join(self._read(monotonic() + deadline_s, None))
        assert self.returncode is not None
        return self.returncode, out, self.stderr

    def chunks(self, until: float | None = None, quiet_s: float | None = 600) -> Iterator[bytes]:
        """Yield stdout as it comes; `returncode` and `stderr` are set when it is exhausted.

        `until` is a moment of the monotonic clock; `quiet_s` bounds the silence between chunks.

        Raises:
            GitError: where either passes (git is killed), or where git ends with an error.
        """
        yield from self._read(until, quiet_s)
        if self.returncode:
            raise failure(self.returncode, self.stderr)

    def close(self) -> None:
        """Kill git if it still runs and let go of its pipes."""
        if self.returncode is None:
            os.kill(self._pid, SIGKILL)
            self._reap(None)
        self._close_pipes()

    def _read(self, until: float | None, quiet_s: float | None) -> Iterator[bytes]:
        try:
            yield from self._drain(until, quiet_s)
            self._reap(until)
        finally:
            self.close()

    def _drain(self, until: float | None, quiet_s: float | None) -> Iterator[bytes]:
        ready = poll()
        for end in (self._out, self._err):
            ready.register(end, POLLIN)
        if self._stdin >= 0:
            ready.register(self._stdin, POLLOUT)
        open_ends = {self._out, self._err}
        while open_ends:
            for end, _ in ready.poll(_patience(until, quiet_s)) or self._too_late():
                if end == self._stdin:
                    if self._feed():
                        ready.unregister(end)
                    continue
                chunk = os.read(end, BLOCK)
                if not chunk:
                    ready.unregister(end)
                    open_ends.discard(end)
                elif end == self._out:
                    yield chunk
                else:
                    self.stderr = (self.stderr + chunk)[:MAX_STDERR]

    def _feed(self) -> bool:
        """Write what the pipe takes; close it and return True when there is nothing left."""
        try:
            while self._pending:
                self._pending = self._pending[os.write(self._stdin, self._pending) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:
            pass  # git ended without reading it all: its return code says why
        os.close(self._stdin)
        self._stdin = -1
        return True

    def _reap(self, until: float | None) -> None:
        """Wait for the end of git, which has closed its output, but not beyond `until`."""
        pause_s = 0.0005
        while self.returncode is None:
            try:
                pid, status = os.waitpid(self._pid, 0 if until is None else os.WNOHANG)
            except ChildProcessError:
                RUNNING.discard(self._pid)
                self.returncode = 255
                raise GitError("git ended, but its return code was lost") from None
            if pid:
                RUNNING.discard(pid)
                self.returncode = os.waitstatus_to_exitcode(status)
            elif until is not None and monotonic() > until:
                self._too_late()
            else:
                sleep(pause_s)
                pause_s = min(2 * pause_s, 0.05)

    def _too_late(self) -> list[tuple[int, int]]:
        self.close()
        raise GitError(
            f"{self._program} took too long and was stopped",
            "try `git status` here: is the disk slow or full?",
        )

    def _close_pipes(self) -> None:
        for end in (self._stdin, self._out, self._err):
            if end >= 0:
                os.close(end)
        self._stdin = self._out = self._err = -1


def kill_all() -> None:
    """Kill every git that still runs: nobody will read what it says."""
    for pid in list(RUNNING):
        try:  # noqa: SIM105 - contextlib is not among what a push imports
            os.kill(pid, SIGKILL)
        except ProcessLookupError:
            pass


def _spawn(program: str, args: Sequence[str], env: Mapping[str, str], ends: Sequence[int]) -> int:
    """Start it with `ends` as its stdin, stdout and stderr, and return its process id."""
    return os.posix_spawnp(
        program,
        [program, *args],
        env,
        file_actions=[(os.POSIX_SPAWN_DUP2, end, number) for number, end in enumerate(ends)],
        setsigdef=[SIGPIPE],  # Python ignores it, and what is ignored is inherited
    )


def failure(returncode: int, stderr: bytes) -> GitError:
    """Return the error that a failed git stands for, in git's own words, with the next step."""
    lines = stderr.decode(errors="replace").splitlines()
    fatal = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines
    said = "".join(c for c in fatal[0] if c.isprintable()) if fatal else ""
    said = said.removeprefix("fatal: ").removeprefix("error: ")
    if "dubious ownership" in said:
        where = said.partition(" at ")[2].strip("'")
        return GitError(
            f"git does not trust this repository: {said}",
            f"if you do: git config --global --add safe.directory '{where}'",
        )
    if "not a git repository" in said:
        return GitError("this is not a git repository", "start cigate inside one, or name it")
    if returncode < 0:
        return GitError(f"git was ended by signal {-returncode}")
    return GitError(f"git failed: {said or f'return code {returncode}, without a word'}")


def _cannot_start(program: str, error: OSError | ValueError) -> GitError:
    if isinstance(error, FileNotFoundError):
        return GitError(f"{program} was not found", f"install {program}, or put it on the PATH")
    return GitError(f"{program} cannot be started: {error}")


def _patience(until: float | None, quiet_s: float | None) -> int | None:
    """Return for how many milliseconds poll may wait."""
    left_s = quiet_s if until is None else max(until - monotonic(), 0)
    if left_s is None:
        return None
    if quiet_s is not None:
        left_s = min(left_s, quiet_s)
    return int(left_s * 1000) + 1


def _pipe() -> tuple[int, int]:
    """Return a pipe above the standard descriptors.

    Where those are closed, a pipe would take their numbers and be overwritten in the child: what
    lands there is left open as a stopgap.
    """
    ends = os.pipe()
    return ends if min(ends) > 2 else _pipe()


def _widen(end: int) -> None:
    """Let git run ahead by a megabyte while the caller still imports; no harm where it cannot."""
    try:
        from fcntl import F_SETPIPE_SZ, fcntl  # Linux only

        fcntl(end, F_SETPIPE_SZ, BLOCK)
    except (ImportError, OSError):
        pass
