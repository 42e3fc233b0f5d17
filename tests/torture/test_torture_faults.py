"""Whatever breaks, a push is judged or said not to be, and nothing half done is taken for whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cigate.git import Repository
from cigate.history import History
from cigate.judge import open_judge
from cigate.ledger import read_ledger
from cigate.model import read_bundle
from cigate.snapshots import refresh_history
from cigate.stores import open_store
from tests.judged import HARMLESS, RISKY, Judged, build, run_cigate, said
from tests.repo import clean_environment
from tests.torture.amount import amount, count, only_full
from tests.torture.faults import black_hole, environment, needs_namespaces, on_disk, signalled

FINE = "looks fine: 0 %"


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


WRITE = """
import os, sys
from cigate.errors import CigateError
from cigate.model import Bundle, read_bundle, write_bundle
from tests.judged import wary_bundle
old = wary_bundle()
write_bundle("model", old)
if sys.argv[1] == "full":
    with open("ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            pass
else:
    os.system("mount -o remount,ro .")
try:
    write_bundle("model", wary_bundle(synthetic=True))
    print("written")
except CigateError as error:
    print(error)
assert read_bundle("model") == old
"""


@pytest.mark.parametrize(("how", "why"), [("full", "No space left"), ("read-only", "Read-only file system")])
def test_a_disk_that_takes_nothing_leaves_the_old_model(tmp_path: Path, how: str, why: str) -> None:
    """A full disk and a read-only one, for real: the bundle that was there is whole and still used."""
    (tmp_path / "disk").mkdir()
    ran = on_disk(tmp_path / "disk", "8m", WRITE, how)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert why in ran.stdout


PUSH = """
import os, subprocess, sys
os.system(sys.argv[1])
ran = subprocess.run(["git", "push", "origin", "main"], cwd="work", capture_output=True, text=True)
sys.stderr.write(ran.stderr)
sys.exit(ran.returncode)
"""


@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_push_from_a_disk_that_takes_nothing_is_judged(tmp_path: Path, how: str) -> None:
    """cigate needs to write nothing to judge; what git makes of such a disk is git's."""
    disk = tmp_path / "disk"
    disk.mkdir()
    judged = Judged.make(disk)
    judged.work.commit(RISKY)
    remote = tmp_path / "remote.git"
    judged.remote.path.rename(remote)
    judged.work.git("remote", "set-url", "origin", str(remote))
    before = {
        "full": "dd if=/dev/zero of=ballast bs=4k 2>/dev/null",
        "read-only": "mount -o remount,ro .",
    }[how]
    ran = on_disk(disk, "40m", PUSH, before)
    assert "likely to break CI: 100 %" in said(ran.stderr.encode()), ran.stderr
    assert "not judged" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_push_that_may_write_no_file_is_judged(judged: Judged) -> None:
    """ulimit -f 0: nothing can grow, not even what cigate notes for itself."""
    judged.work.commit(RISKY)
    line = f"refs/heads/main {judged.work.head()} refs/heads/main {judged.sees('main')}\n"
    ran = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", judged.hook, "origin", judged.remote.path],
        cwd=judged.work.path,
        env=clean_environment(),
        input=line,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0
    assert "likely to break CI: 100 %" in ran.stderr


@pytest.mark.parametrize("now", [5, 4_102_444_799], ids=["1970", "2099"])
def test_a_clock_that_is_wrong_by_decades_judges_all_the_same(judged: Judged, now: int) -> None:
    """Ages come out odd, and nothing else. Python's clock is set: libfaketime hangs its sleep."""
    clock = f"import time; time.time = lambda: {now}.0"
    hook = judged.hook.read_text()
    assert hook.count("START='import sys\n") == 1
    judged.hook.write_text(hook.replace("START='import sys\n", f"START='import sys\n{clock}\n"))
    judged.work.commit(RISKY)
    code, text = judged.push("main", env={"CIGATE_TIME_LIMIT": "120"})
    assert (code, "likely to break CI: 100 %" in text, "not judged" in text) == (0, True, False), text


@pytest.mark.parametrize("home", [None, "/nowhere", "/dev/null"], ids=["unset", "nowhere", "device"])
def test_a_home_that_is_not_there_is_not_needed(judged: Judged, home: str | None) -> None:
    judged.work.commit(HARMLESS)
    env = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CONFIG_HOME")}
    env |= {} if home is None else {"HOME": home, "XDG_CONFIG_HOME": home}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "push", "origin", "main"], cwd=judged.work.path, env=env, capture_output=True, check=False
    )
    assert (done.returncode, FINE in said(done.stderr)) == (0, True), done.stderr


def test_pythons_own_settings_do_not_reach_the_hook(judged: Judged, tmp_path: Path) -> None:
    """A broken site, a home of Python that is nowhere, modules of an attacker: the native hook sees none."""
    trap = tmp_path / "trap"
    trap.mkdir()
    for name in ("sitecustomize", "usercustomize", "array", "json", "site"):
        (trap / f"{name}.py").write_text("raise SystemExit('trapped')\n")
    judged.work.commit(HARMLESS)
    env = {"PYTHONPATH": str(trap), "PYTHONHOME": str(trap), "PYTHONSTARTUP": str(trap / "site.py")}
    env |= {"PYTHONINSPECT": "1", "PYTHONUSERBASE": str(trap), "PYTHONPLATLIBDIR": "nowhere"}
    code, text = judged.push("main", env=env)
    assert (code, FINE in text) == (0, True), text


def test_hooks_at_the_same_time_do_not_disturb_each_other(judged: Judged) -> None:
    """Several pushes of one repository at once: each is judged, and each judgement is noted."""
    work = judged.work
    for number in range(6):
        work.checkout(f"b{number}", "main")
        work.commit(RISKY)
    before = len(read_ledger(Repository.open(str(work.path))))
    running = [
        subprocess.Popen(
            ["git", "push", str(judged.remote.path), f"b{number}"],
            cwd=work.path,
            env=clean_environment() | {"CIGATE_TIME_LIMIT": "120"},
            stderr=subprocess.PIPE,
        )
        for number in range(6)
    ]
    for process in running:
        _, text = process.communicate()
        assert process.returncode == 0
        assert "likely to break CI: 100 %" in said(text)
    assert len(read_ledger(Repository.open(str(work.path)))) == before + 6


FOLDS = """
import sys
from cigate.git import Repository
from cigate.snapshots import refresh_history
from cigate.stores import open_store
repo = Repository.open(sys.argv[1])
store = open_store(f"sqlite:///{repo.common_dir}/cigate/builds.sqlite")
print("ready", flush=True)
while True:
    refresh_history(repo, store)
"""


@only_full
def test_a_killed_fold_leaves_the_old_history_and_no_rubbish(judged: Judged) -> None:
    """kill -9 at random moments: the snapshot that pushes open is always whole."""
    repo = Repository.open(str(judged.work.path))
    with_builds = open_store(f"sqlite:///{repo.common_dir}/cigate/builds.sqlite")
    with_builds.append([build(number, failed=number % 7 == 3) for number in range(60)])
    refresh_history(repo, with_builds)
    with_builds.close()
    chance = random.Random(5)
    rounds = amount(6, 100)
    for _ in range(rounds):
        process = subprocess.Popen(
            [sys.executable, "-c", FOLDS, judged.work.path], env=environment(), stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.communicate()
        assert History.open((judged.state / "history.bin").read_bytes()).builds == 60
    names = {path.name for path in judged.state.iterdir()}
    own = {"history.bin", "history.bin.mark", "history.bin.new", "history.bin.mark.new", "history.lock"}
    assert {name for name in names if name.startswith("history")} <= own
    count("kills", rounds)


def lines(number: int) -> str:
    """Return a table of builds that takes a while to import."""
    head = "author,files_changed,lines_added,lines_deleted,dominant_file_type,outcome\n"
    return head + "".join(
        f"a{n % 9},{n % 7},{n % 50},3,.py,{'failed' if n % 6 == 2 else 'passed'}\n" for n in range(number)
    )


@only_full
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("command", ["import", "train", "generate"])
def test_a_command_that_is_stopped_at_any_moment_ends_in_order(
    judged: Judged, command: str, number: int, tmp_path: Path
) -> None:
    """130 or 143, no traceback, in native code too; what was there is there, or the new whole."""
    table = tmp_path / "builds.csv"
    table.write_text(lines(20_000))
    commands: dict[str, list[str | Path]] = {
        "import": ["import", "csv", table],
        "train": ["train", "--data", table, "--export-onnx", judged.state / "model"],
        "generate": ["generate", "--force", "--builds", "200000", tmp_path / "many.csv"],
    }
    words = commands[command]
    chance = random.Random(command)
    for _ in range(amount(1, 8)):
        code, text = signalled(words, judged.work.path, number, chance.uniform(0.05, 2.0))
        assert code in (0, 128 + number), (code, text)
        assert "Traceback" not in text
        assert read_bundle(str(judged.state / "model")).manifest.model_id
        assert not [p for p in judged.state.rglob("*") if p.suffix == ".new" or p.name.startswith("model-")]
    count("commands stopped at any moment", amount(1, 8))


@pytest.mark.parametrize("kind", ["http://{}/models", "oci://{}/team/models", "s3://bucket/models"])
def test_a_network_that_swallows_everything_is_given_up(judged: Judged, kind: str) -> None:
    """Nothing is refused and nothing answers: the deadline ends it, and the model here stays."""
    with black_hole() as where:
        env = {"AWS_ENDPOINT_URL": f"http://{where}", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
        words = ("pull", "--from", kind.format(where), "--timeout", "1")
        ran = run_cigate(*words, cwd=judged.work.path, env=env)
    assert ran.returncode == 3
    assert "Traceback" not in ran.stderr
    assert read_bundle(str(judged.state / "model")).manifest.model_id == "wary-1"


def test_a_push_without_any_network_is_judged(judged: Judged) -> None:
    """A namespace without even a loopback: no push ever waits for a server."""
    needs_namespaces()
    judged.work.commit(RISKY)
    done = subprocess.run(
        ["unshare", "-n", "-r", "git", "push", "origin", "main"],
        cwd=judged.work.path,
        env=clean_environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, "likely to break CI: 100 %" in said(done.stderr)) == (0, True), done.stderr


@only_full
def test_two_trainings_at_once_leave_one_whole_model(judged: Judged, tmp_path: Path) -> None:
    """Both may win; what is there in the end is one of them, whole, and judges."""
    table = tmp_path / "builds.csv"
    table.write_text(lines(2000))
    words = ["train", "--data", table, "--export-onnx", judged.state / "model"]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "cigate", *map(str, words)],
            cwd=judged.work.path,
            env=environment(),
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    for process in running:
        _, text = process.communicate()
        assert process.returncode in (0, 3), text
        assert b"Traceback" not in text
    assert read_bundle(str(judged.state / "model")).manifest.model_id != "wary-1"
    open_judge(str(judged.state / "model"), None, {})
