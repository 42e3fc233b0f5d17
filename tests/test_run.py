"""`cigate run -- CMD` as a pipeline runs it: a real command, real signals, a real store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cigate.child import run_child
from cigate.providers import PROVIDERS
from cigate.stores import open_store
from tests.judged import HARMLESS, RISKY, Judged
from tests.servers import free_port

CIGATE = [sys.executable, "-m", "cigate", "run", "--run", "1"]


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


def environment(**more: str) -> dict[str, str]:
    marks = {"CIGATE_STORE", *(provider.MARK for provider in PROVIDERS.values())}
    return {name: value for name, value in os.environ.items() if name not in marks} | more


def run(judged: Judged, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CIGATE, *words],
        cwd=judged.work.path,
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def outcomes(judged: Judged) -> list[str]:
    store = open_store(f"sqlite:///{judged.work.path}/.git/cigate/builds.sqlite")
    found = [record.outcome for record in store.read()]
    store.close()
    return found


def test_outcome_and_exit_code_are_the_command_s(judged: Judged) -> None:
    """What passes the gate runs; stdout is its own, and what it ended with is recorded."""
    judged.work.commit(HARMLESS)
    ran = run(judged, "--", "sh", "-c", "echo out -- $0; echo err >&2; exit 7", "--", "word")
    assert (ran.returncode, ran.stdout) == (7, "out -- --\n")
    assert "err\n" in ran.stderr
    assert "cigate  main" in ran.stderr
    assert "recorded  failed  local/1/1/" in ran.stderr
    assert outcomes(judged) == ["failed"]
    assert run(judged, "--job", "other", "--", "true").returncode == 0
    assert outcomes(judged) == ["failed", "passed"]


def test_blocked_build_is_not_run(judged: Judged) -> None:
    """It ends with 1, the command never starts, and there is no outcome to record."""
    judged.work.commit(RISKY)
    ran = run(judged, "--", "touch", "started")
    assert ran.returncode == 1
    assert "likely to break CI" in ran.stderr
    assert not (judged.work.path / "started").exists()
    assert outcomes(judged) == []
    assert run(judged, "--mode", "warn", "--", "touch", "started").returncode == 0
    assert (judged.work.path / "started").exists()


def test_ci_says_what_came_before(judged: Judged) -> None:
    """In a CI the remote has everything already: the base of the push is what counts, else the parent."""
    judged.work.commit(HARMLESS)
    base = judged.work.head()
    judged.work.commit(RISKY)
    head = judged.work.commit({"src/b.py": "y\n"})
    judged.work.git("update-ref", "refs/remotes/origin/main", head)
    known = {"GITLAB_CI": "true", "CI_COMMIT_SHA": head, "CI_COMMIT_BRANCH": "main"}
    assert run(judged, "--", "true", **known, CI_COMMIT_BEFORE_SHA=base).returncode == 1
    assert run(judged, "--", "true", **known).returncode == 0


def test_gate_that_is_broken_does_not_stop_the_pipeline(judged: Judged) -> None:
    """Unless the configuration says so."""
    (judged.work.path / ".git/cigate/model/model.onnx").write_bytes(b"broken")
    judged.work.commit(HARMLESS)
    ran = run(judged, "--", "true")
    assert ran.returncode == 0
    assert "not judged" in ran.stderr
    assert "The command is run." in ran.stderr
    assert run(judged, "--", "touch", "started", CIGATE_ON_ERROR="block").returncode == 3
    assert not (judged.work.path / "started").exists()


def test_store_that_is_away_changes_no_exit_code(judged: Judged) -> None:
    """The record waits, or is refused: the command's end is what counts."""
    judged.work.commit(HARMLESS)
    url = f"postgresql://ann:s3cret@127.0.0.1:{free_port()}/ci"
    ran = run(judged, "--store", url, "--", "sh", "-c", "exit 5")
    assert ran.returncode == 5
    assert "cigate flush" in ran.stderr
    ran = run(judged, "--store", "nonsense", "--", "sh", "-c", "exit 6")
    assert ran.returncode == 6
    assert "not recorded" in ran.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "there is no command to run"),
        (["--"], 2, "there is no command to run"),
        (["--", "no-such-command-here"], 127, "there is no such command"),
        (["--", "/etc/passwd"], 126, "is not run: Permission denied"),
        (["--", "sh", "-c", "kill -9 $$"], 137, "recorded  failed"),
    ],
)
def test_ends_that_are_none_of_the_command_s_own(
    judged: Judged, words: list[str], code: int, said: str
) -> None:
    """The exit codes are those of a shell."""
    judged.work.commit(HARMLESS)
    ran = run(judged, *words)
    assert ran.returncode == code
    assert said in ran.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_reach_the_command(judged: Judged, number: signal.Signals) -> None:
    """It decides what to do with them; a build that was called off says nothing of its commits."""
    judged.work.commit(HARMLESS)
    program = (  # os.write: the signal may come while a print is still at work
        "import os, signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: (os.write(1, b'got it\\n'), sys.exit(9)))\n"
        "os.write(1, b'ready\\n')\n"
        "time.sleep(60)\n"
    )
    running = subprocess.Popen(
        [*CIGATE, "--", sys.executable, "-c", program],
        cwd=judged.work.path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (9, "got it\n")
    assert "recorded  canceled" in err
    assert outcomes(judged) == ["canceled"]


def test_handlers_are_put_back() -> None:
    """What comes after the command is nobody's signal but ours."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    ended = run_child([sys.executable, "-c", "raise SystemExit(3)"])
    assert (ended.code, ended.signaled, ended.trouble) == (3, False, "")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert run_child(["nul\0byte"]).code == 126
