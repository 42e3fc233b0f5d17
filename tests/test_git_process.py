"""A started git is read whole, checked, and never waited for beyond its deadline."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cigate.errors import GitError
from cigate.git.process import Process, failure
from tests.repo import Repo, clean_environment


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "work")


def _git(repo: Repo, *args: str, stdin: bytes = b"") -> Process:
    return Process(["-C", str(repo.path), *args], stdin, clean_environment())


def _waits_for_ever(repo: Repo) -> Process:
    """Return a git that hangs without a child of its own: nobody ever writes to the pipe it opens."""
    os.mkfifo(repo.path / "pipe")
    return _git(repo, "hash-object", "pipe")


def _is_gone(process: Process) -> bool:
    try:
        os.kill(process._pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_communicate_returns_code_output_and_errors(repo: Repo) -> None:
    """A failing git's return code and words come back beside its output."""
    assert _git(repo, "hash-object", "--stdin", stdin=b"x\n").communicate(30) == (
        0,
        b"587be6b4c3f93f93c489c0111bba5596147a26cb\n",
        b"",
    )
    returncode, out, stderr = _git(repo, "rev-parse", "--verify", "nothing").communicate(30)
    assert (returncode, out) == (128, b"")
    assert b"Needed a single revision" in stderr


def test_large_input_and_output_pass_each_other(repo: Repo) -> None:
    """Pipes that fill up in both directions do not lock cigate and git against each other."""
    asked = b"".join(b"%040x\n" % n for n in range(1, 60_001))
    returncode, out, _ = _git(repo, "cat-file", "--batch-check", stdin=asked).communicate(60)
    assert returncode == 0
    assert out.count(b" missing\n") == 60_000


def test_output_larger_than_the_pipe_streams(repo: Repo) -> None:
    """Nothing of a stream is lost when it is read in pieces."""
    content = os.urandom(5_000_000)
    (repo.path / "big").write_bytes(content)
    oid = repo.git("hash-object", "-w", "big")
    pieces = list(_git(repo, "cat-file", "blob", oid).chunks())
    assert len(pieces) > 1
    assert b"".join(pieces) == content


def test_git_that_reads_no_input_is_not_an_error(repo: Repo) -> None:
    """A broken pipe is git's to explain: its return code counts."""
    returncode, out, _ = _git(repo, "--version", stdin=b"x" * 1_000_000).communicate(30)
    assert returncode == 0
    assert out.startswith(b"git version")


@pytest.mark.parametrize("stopped", [False, True])
def test_deadline_ends_a_hanging_git(repo: Repo, stopped: bool) -> None:
    """A git that hangs, or that was stopped by a signal, is killed and reaped."""
    process = _waits_for_ever(repo)
    if stopped:
        os.kill(process._pid, signal.SIGSTOP)
    with pytest.raises(GitError, match="took too long") as caught:
        process.communicate(0.2)
    assert caught.value.hint
    assert _is_gone(process)


def test_silence_ends_a_stream(repo: Repo) -> None:
    """A stream has no fixed length, so what is bounded is how long git may say nothing."""
    process = _waits_for_ever(repo)
    with pytest.raises(GitError, match="took too long"):
        list(process.chunks(quiet_s=0.1))
    assert _is_gone(process)


def test_git_that_closed_its_output_but_lives_on_is_ended(repo: Repo) -> None:
    """The end of the output is not the end of git: the deadline still holds."""
    os.mkfifo(repo.path / "pipe")
    alias = "alias.linger=!exec >&- 2>&-; : <pipe"
    process = _git(repo, "-c", alias, "linger")
    with pytest.raises(GitError, match="took too long"):
        process.communicate(0.3)
    assert _is_gone(process)
    with open(repo.path / "pipe", "wb"):
        pass  # lets the alias's shell, which was git's own child, end


def test_failing_stream_raises_after_its_output(repo: Repo) -> None:
    """What was printed before the failure arrives, and then the failure does."""
    repo.commit({"a": "1\n"})
    heads = f"{repo.head()}\n{'1' * 40}\n".encode()
    stream = _git(repo, "cat-file", "--batch-check", "--bogus", stdin=heads).chunks()
    with pytest.raises(GitError, match="git failed: unknown option `bogus'"):
        list(stream)


def test_abandoned_stream_leaves_no_git(repo: Repo) -> None:
    """Whoever stops reading early leaves neither a process nor a pipe behind."""
    (repo.path / "big").write_bytes(os.urandom(5_000_000))
    oid = repo.git("hash-object", "-w", "big")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    process = _git(repo, "cat-file", "blob", oid)
    stream = process.chunks()
    assert next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert _is_gone(process)
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


def test_closed_before_it_was_read(repo: Repo) -> None:
    """A reading that is not wanted any more can be ended at once, twice if need be."""
    process = _waits_for_ever(repo)
    process.close()
    process.close()
    assert process.returncode == -signal.SIGKILL
    assert _is_gone(process)


def test_missing_git_is_named(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git there is one clear line, not a traceback."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitError, match="git was not found") as caught:
        _git(repo, "--version")
    assert "install git" in caught.value.hint


def test_git_that_cannot_be_started_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program called git that is none says so as well."""
    (tmp_path / "git").write_bytes(b"\x7fELF nonsense")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError):
        Process(["--version"], b"", {}).communicate(10)
    with pytest.raises(GitError, match="cannot be started"):
        Process(["a\0b"], b"", {})


def test_works_without_standard_streams(repo: Repo) -> None:
    """A caller that was started with stdin and stdout closed does not mix up the pipes."""
    program = (
        "from cigate.git.process import Process\n"
        "import os, sys\n"
        "got = Process(['hash-object', '--stdin'], b'x\\n', dict(os.environ)).communicate(30)\n"
        "assert got[:2] == (0, b'587be6b4c3f93f93c489c0111bba5596147a26cb\\n'), got\n"
    )
    ran = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" <&- >&-', sys.executable, program],
        cwd=Path(__file__).parent.parent,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_sigpipe_has_its_usual_meaning_in_git(repo: Repo) -> None:
    """Python ignores SIGPIPE; a git that inherited that would outlive its reader."""
    process = _git(repo, "-c", "alias.p=!kill -PIPE $$", "p")
    assert process.communicate(30)[0] != 0


@pytest.mark.parametrize(
    ("stderr", "message", "hint"),
    [
        (b"warning: x\nfatal: bad object 12\nmore\n", "git failed: bad object 12", ""),
        (b"something odd\n", "git failed: something odd", ""),
        (b"fatal: \x1b[31mred\x07\n", "git failed: [31mred", ""),
        (b"fatal: \xff\n", "git failed: \ufffd", ""),
        (b"", "git failed: return code 7, without a word", ""),
        (
            b"fatal: not a git repository (or any of the parent directories): .git\n",
            "this is not a git repository",
            "start cigate inside one, or name it",
        ),
        (
            b"fatal: detected dubious ownership in repository at '/srv/it'\nTo add an exception\n",
            "git does not trust this repository: detected dubious ownership in repository at '/srv/it'",
            "if you do: git config --global --add safe.directory '/srv/it'",
        ),
    ],
)
def test_failure_says_what_git_said_and_what_to_do(stderr: bytes, message: str, hint: str) -> None:
    """The first fatal line of git reaches the user, without control characters."""
    error = failure(7, stderr)
    assert (str(error), error.hint) == (message, hint)


def test_failure_by_signal_is_named() -> None:
    """A git that was killed left no words."""
    assert str(failure(-9, b"")) == "git was ended by signal 9"
