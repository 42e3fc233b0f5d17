"""The hook's own promises: what it starts, opens and imports, when it gives up, how it ends."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cigate.config import Config
from cigate.hook import covers, is_plain, main
from cigate.push import RefUpdate
from cigate.shim import library_folders
from tests.judged import HARMLESS, RISKY, Judged, said, wary_bundle
from tests.repo import clean_environment

ZERO = "0" * 40

# Runs the hook as the shim does, and tells on stdout what it did: os._exit is where it ends.
WATCHED = """
import sys
sys.path += {folders!r}
seen = dict(spawned=[], opened=[])
def hear(event, args):
    if event == "os.posix_spawn":
        seen["spawned"].append(str(args[0]))
        seen["opened"].append("GIT")
    elif event == "open" and isinstance(args[0], str):
        seen["opened"].append(args[0])
sys.addaudithook(hear)
import os
def leave(code):
    seen.update(code=code, modules=sorted(sys.modules))
    import json
    sys.stdout.write(json.dumps(seen))
    sys.stdout.flush()
    end(code)
end, os._exit = os._exit, leave
from cigate.hook import native
{extra}
native()
"""


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


def pushed(judged: Judged) -> str:
    """Return git's line for a push of main to where it is."""
    return f"refs/heads/main {judged.work.head()} refs/heads/main {judged.sees('main')}\n"


def start(
    judged: Judged, stdin: str, env: Mapping[str, str] | None = None, extra: str = ""
) -> subprocess.CompletedProcess[str]:
    """Start the hook as the shim does; its stdout tells what it did."""
    code = WATCHED.format(folders=library_folders(), extra=extra)
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, "origin", str(judged.remote.path)],
        cwd=judged.work.path,
        env=clean_environment() | dict(env or {}),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(done.stdout)
    return plain


HEAVY = {"numpy", "onnxruntime", "pandas", "sklearn", "cigate_train", "sqlalchemy"}
SLOW = {"argparse", "dataclasses", "enum", "importlib.metadata", "pathlib", "re", "subprocess", "threading"}


def test_a_warned_push_asks_git_twice_and_imports_nothing_slow(judged: Judged) -> None:
    """The second git reads whether the last commit asks to be let through; a passing push starts one."""
    judged.work.commit(RISKY)
    seen = told(start(judged, pushed(judged)))
    assert [Path(name).name for name in seen["spawned"]] == ["git", "git"]
    assert not (HEAVY | SLOW | {"site", "typing"}) & set(seen["modules"])
    assert not [name for name in seen["opened"] if "cigate_train" in name]


def test_git_is_started_before_anything_heavy_is_opened(judged: Judged) -> None:
    """The model and the modules that read it are loaded while git works."""
    judged.work.commit(RISKY)
    opened = told(start(judged, pushed(judged)))["opened"]
    before = opened[: opened.index("GIT")]
    assert not [name for name in before if "/features/" in name or "/history/" in name or "/model/" in name]
    assert [name for name in opened if name.endswith("manifest.json")]


@pytest.mark.parametrize("what", ["deletion", "up to date", "not covered", "off", "notes"])
def test_nothing_to_judge_ends_before_git_or_the_model_is_touched(judged: Judged, what: str) -> None:
    judged.work.commit(RISKY)
    lines = {
        "deletion": f"(delete) {ZERO} refs/heads/side {judged.work.head()}\n",
        "up to date": "",
        "notes": f"refs/notes/commits {judged.work.head()} refs/notes/commits {ZERO}\n",
    }
    env = {"not covered": {"CIGATE_BRANCHES": "release/*"}, "off": {"CIGATE_MODE": "off"}}
    done = start(judged, lines.get(what, pushed(judged)), env.get(what))
    seen = told(done)
    assert (seen["code"], done.stderr, seen["spawned"]) == (0, "", [])
    assert not [name for name in seen["opened"] if "cigate/model" in name.replace(os.sep, "/")]
    loaded = {name for name in seen["modules"] if name.startswith("cigate.")}
    assert loaded <= {
        f"cigate.{name}" for name in ("hook", "config", "configfiles", "push", "change", "errors")
    }


def test_a_refusal_has_a_number_that_python_never_ends_with_by_itself(judged: Judged) -> None:
    judged.work.commit(RISKY)
    done = start(judged, pushed(judged), {"CIGATE_MODE": "block"})
    assert (done.returncode, told(done)["code"]) == (10, 10)


@pytest.mark.parametrize(("on_error", "code"), [("pass", 0), ("block", 10)])
def test_a_native_call_that_hangs_is_left_behind(judged: Judged, on_error: str, code: int) -> None:
    """No signal handler and no exception gets out of a C function that does not return."""
    judged.work.commit(RISKY)
    hang = (
        "import ctypes, cigate.judging\n"
        "cigate.judging.judge_refs = lambda *args, **named: ctypes.CDLL(None).sleep(50)\n"
    )
    env = {"CIGATE_TIME_LIMIT": "0.7", "CIGATE_ON_ERROR": on_error}
    done = start(judged, pushed(judged), env, extra=f"exec({hang!r})")
    assert done.returncode == code
    assert done.stderr.startswith("cigate  not judged: the time limit of 0.7 s passed.")


SLOW_TO_LEAVE = """
import time
def dawdle(end, data, write=os.write):
    written = write(end, data)
    time.sleep(1.5 if b"time limit" in data else 0)
    return written
os.write = dawdle
"""


def test_what_came_too_late_is_not_said_after_all(judged: Judged) -> None:
    """While the process ends for lack of time, the judgement that is ready by then is kept back."""
    judged.work.commit(RISKY)
    done = start(judged, pushed(judged), {"CIGATE_TIME_LIMIT": "0.001"}, SLOW_TO_LEAVE)
    assert done.stderr == "cigate  not judged: the time limit of 0.001 s passed.  The push goes on.\n"


def test_who_spoke_in_time_is_heard_out_and_ends_with_its_own_code() -> None:
    """The limit passes after the judgement was said: no second line, and no other exit code."""
    code = (
        f"import sys, time; sys.path += {library_folders()!r}\n"
        "from cigate.hook import Watch, _say\n"
        "watch = Watch('late', 0, 2.0); watch.take_the_word(10); _say('judged'); time.sleep(600)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (10, b"judged")


def test_a_git_that_takes_too_long_does_not_outlive_the_hook(judged: Judged, tmp_path: Path) -> None:
    """It would go on for nobody, on a machine that is slow already."""
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\necho $$ >'{tmp_path}/pid'\nexec sleep 600\n")
    slow.chmod(0o755)
    judged.work.commit(RISKY)
    env = {"CIGATE_TIME_LIMIT": "5", "PATH": f"{slow.parent}{os.pathsep}{os.environ['PATH']}"}
    done = start(judged, pushed(judged), env)
    assert "the time limit of 5 s passed" in done.stderr or "took too long" in done.stderr
    pid = int((tmp_path / "pid").read_text())
    for _ in range(200):
        try:
            if "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]:
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.05)
    raise AssertionError("git is still there")


def test_an_error_in_cigate_is_one_line_without_its_contents(judged: Judged) -> None:
    judged.work.commit(RISKY)
    broken = (
        "import cigate.judging; cigate.judging.judge_refs = lambda *args, **named: {}['ann@example.invalid']"
    )
    done = start(judged, pushed(judged), extra=broken)
    assert done.returncode == 0
    assert done.stderr.startswith("cigate  not judged: cigate broke (KeyError at ")
    assert done.stderr.endswith("The push goes on.\n")
    assert "ann@" not in done.stderr
    assert done.stderr.count("\n") == 1
    done = start(judged, pushed(judged), {"CIGATE_DEBUG": "1"}, extra=broken)
    assert "Traceback" in done.stderr


def test_an_interrupt_ends_with_its_own_number(judged: Judged) -> None:
    judged.work.commit(RISKY)
    interrupt = (
        "import signal, cigate.judging; cigate.judging.judge_refs = lambda *a, **n: signal.raise_signal(2)"
    )
    assert start(judged, pushed(judged), extra=interrupt).returncode == 130


def test_input_that_is_not_gits_is_refused(judged: Judged) -> None:
    done = start(judged, "what is this\n")
    assert "line 1 of the pre-push input is not one of git's" in done.stderr
    assert done.returncode == 0


def test_both_backends_say_the_same(judged: Judged) -> None:
    judged.work.commit(RISKY)
    fast = said(start(judged, pushed(judged)).stderr.encode())
    plain = said(start(judged, pushed(judged), {"CIGATE_BACKEND": "python"}).stderr.encode())
    assert fast.splitlines()[:2] == plain.splitlines()[:2]  # the next one tells the milliseconds


def test_a_closed_stderr_is_no_reason_to_stop_a_push(judged: Judged) -> None:
    judged.work.commit(RISKY)
    hook = judged.hook
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" origin url 2>&-', hook],
        cwd=judged.work.path,
        env=clean_environment(),
        input=pushed(judged).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


def through_terminal(judged: Judged, env: Mapping[str, str]) -> bytes:
    """Run the hook with a terminal as its stderr and return what that shows."""
    ours, theirs = pty.openpty()
    subprocess.run(
        [judged.hook, "origin", "url"],
        cwd=judged.work.path,
        env=clean_environment() | {"TERM": "xterm"} | dict(env),
        input=pushed(judged).encode(),
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    shown = os.read(ours, 65536)
    os.close(ours)
    return shown


def test_a_terminal_gets_colours_unless_told_otherwise(judged: Judged) -> None:
    judged.work.commit(RISKY)
    assert b"\x1b[33m" in through_terminal(judged, {})
    assert b"\x1b" not in through_terminal(judged, {"NO_COLOR": "1"})
    assert b"\x1b" not in through_terminal(judged, {"TERM": "dumb"})


def test_what_is_no_terminal_is_plain() -> None:
    assert is_plain(None, {})
    with open(os.devnull, encoding="utf-8") as stream:
        assert is_plain(stream, {})


def update(remote_ref: str) -> RefUpdate:
    return RefUpdate("x", "1" * 40, remote_ref, ZERO)


def test_branches_go_by_name_and_tags_by_their_full_ref() -> None:
    everything = Config()
    assert covers(everything, update("refs/heads/a/b"))
    assert covers(everything, update("refs/tags/v1"))
    assert not covers(everything, update("refs/notes/commits"))
    main_only = Config(branches=("main",))
    assert covers(main_only, update("refs/heads/main"))
    assert not covers(main_only, update("refs/tags/main"))
    assert covers(Config(branches=("main", "refs/tags/v*")), update("refs/tags/v1"))


def pre_commit_variables(judged: Judged) -> dict[str, str]:
    return {
        "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main",
        "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/main",
        "PRE_COMMIT_REMOTE_NAME": "origin",
        "PRE_COMMIT_REMOTE_URL": str(judged.remote.path),
        "PRE_COMMIT_FROM_REF": judged.sees("main"),
        "PRE_COMMIT_TO_REF": judged.work.head(),
    }


def test_main_judges_in_this_process_and_returns_its_code(
    judged: Judged, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    judged.hook.unlink()
    judged.work.commit(HARMLESS)
    monkeypatch.chdir(judged.work.path)
    for name, value in (clean_environment() | pre_commit_variables(judged)).items():
        monkeypatch.setenv(name, value)
    assert main([]) == 0
    assert "looks fine" in capsys.readouterr().err
    judged.work.commit(RISKY)
    for name, value in pre_commit_variables(judged).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CIGATE_MODE", "block")
    assert main([]) == 1
    monkeypatch.setenv("PRE_COMMIT_TO_REF", "main~1")
    assert main([]) == 0


def test_a_revision_that_a_person_gave_to_pre_commit_is_resolved(judged: Judged) -> None:
    """`pre-commit run --hook-stage pre-push --from-ref a --to-ref b` passes names on."""
    judged.hook.unlink()
    judged.work.commit(RISKY)
    done = subprocess.run(
        [sys.executable, "-m", "cigate.hook"],
        cwd=judged.work.path,
        env=clean_environment() | pre_commit_variables(judged) | {"PRE_COMMIT_TO_REF": "HEAD"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert "likely to break CI" in said(done.stderr)


def test_a_synthetic_model_is_never_passed_off_as_a_real_one(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, wary_bundle(synthetic=True))
    judged.work.commit(RISKY)
    assert "  past  synthetic model of " in judged.push("main")[1]
