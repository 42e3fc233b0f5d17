"""What runs for months: judgement after judgement, record after record, and nothing that only grows."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cigate import hook
from cigate.ledger import MAX_BYTES
from tests.judged import HARMLESS, ROOT, Judged
from tests.repo import clean_environment
from tests.torture.amount import amount, count, only_full
from tests.torture.faults import environment
from tests.torture.ground import state_of

SPARE_KB = 20_000


def resident_kb() -> int:
    """Return how much memory this process has right now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024


@only_full
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_judgement_after_judgement_needs_no_more_memory_files_or_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One process judges again and again, as a program that uses cigate might."""
    judged = Judged.make(tmp_path)
    monkeypatch.chdir(judged.work.path)
    for name, value in clean_environment().items():
        monkeypatch.setenv(name, value)
    tip = judged.work.commit(HARMLESS)
    variables = {
        "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main",
        "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/main",
        "PRE_COMMIT_TO_REF": tip,
        "PRE_COMMIT_FROM_REF": judged.sees("main"),
        "PRE_COMMIT_REMOTE_NAME": "origin",
        "CIGATE_TIME_LIMIT": "120",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    rounds = amount(60, 10_000)
    memory = descriptors = children = 0
    for at in range(rounds):
        assert hook.main([]) == 0
        if at == rounds // 3:
            memory, descriptors = resident_kb(), len(os.listdir("/proc/self/fd"))
        if at % 100 == 0:
            assert "looks fine: 0 %" in capfd.readouterr().err
    children = len(Path("/proc/self/task").joinpath(str(os.getpid()), "children").read_text().split())
    assert resident_kb() < memory + SPARE_KB
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert children == 0
    expect_bounded(judged)
    count("judgements in one process", rounds)


def many_commits(judged: Judged, number: int) -> list[tuple[str, bool]]:
    """Commit again and again on a branch of its own; return each commit, and whether it is a risky one."""
    stream, start = [], judged.work.head()
    for at in range(number):
        path = ".github/workflows/ci.yml" if at % 10 == 7 else f"src/f{at % 50}.py"
        who = f"a <a@example.invalid> {judged.work.now + at} +0000"
        head = f"commit refs/heads/soak\nmark :{at + 1}\ncommitter {who}\ndata 1\nx\nfrom {start}\n"
        stream.append(f"{head}M 100644 inline {path}\ndata {len(str(at))}\n{at}\n")
        start = f":{at + 1}"
    judged.work.fast_import("".join(stream).encode())
    oids = judged.work.git("rev-list", "--reverse", "main..soak").split()
    return [(oid, at % 10 == 7) for at, oid in enumerate(oids)]


def hooked(judged: Judged, before: str, oid: str, folder: Path) -> str:
    """Run the hook as git does for a push of `oid` onto `before`; return what it said.

    The same program, arguments and line on stdin. Nothing that it started may outlive it.
    """
    env = clean_environment() | {"CIGATE_TIME_LIMIT": "120", "TMPDIR": str(folder)}
    hook = subprocess.Popen(
        [judged.hook, "origin", judged.remote.path],
        cwd=judged.work.path,
        env=env,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    _, said = hook.communicate(f"refs/heads/soak {oid} refs/heads/soak {before}\n".encode())
    assert hook.returncode == 0, said
    with pytest.raises(ProcessLookupError):
        os.killpg(hook.pid, 0)
    return said.decode()


@only_full
def test_ten_thousand_pushes_are_judged_and_leave_nothing_behind(tmp_path: Path) -> None:
    """One after the other, each of a commit of its own and in processes of its own; git push is left out."""
    judged = Judged.make(tmp_path)
    folder = tmp_path / "temporary"
    folder.mkdir()
    rounds = amount(30, 10_000)
    pushes = many_commits(judged, rounds)
    assert len(pushes) == rounds
    files = state_of(judged.work.path)
    before, peak_kb = judged.work.head("main"), 0
    for at, (oid, risky) in enumerate(pushes):
        said = hooked(judged, before, oid, folder)
        assert ("likely to break CI: 100 %" if risky else "looks fine: 0 %") in said, said
        assert "not judged" not in said, said
        before = oid
        if at == rounds // 10:
            peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < peak_kb + SPARE_KB
    assert state_of(judged.work.path) == files
    assert list(folder.iterdir()) == []
    expect_bounded(judged)
    count("judged pushes, each by the hook as git starts it", rounds)


@only_full
def test_push_after_push_is_judged_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The same with git push itself."""
    judged = Judged.make(tmp_path)
    rounds = amount(5, 200)
    for at in range(rounds):
        judged.work.commit({"README.md": f"{at}\n"})
        code, said = judged.push("main", env={"CIGATE_TIME_LIMIT": "120"})
        assert (code, "looks fine: 0 %" in said) == (0, True), said
    expect_bounded(judged)
    count("judged pushes by git push", rounds)


def expect_bounded(judged: Judged) -> None:
    """Hold what cigate keeps for itself against what it may."""
    names = {path.name for path in judged.state.iterdir()}
    assert names <= {"model", "ledger.tsv", "ledger.tsv.before", "ledger.tsv.lock", "ledger.tsv.old"}, names
    assert sum(path.stat().st_size for path in judged.state.glob("ledger*")) <= 2 * MAX_BYTES + 1_000_000


FOLD = """
import os, resource, sys
from cigate.snapshots import refresh_history
from cigate.stores import open_store
from tests.judged import build
class Here:
    common_dir = sys.argv[1]
state = os.path.join(Here.common_dir, "cigate")
os.makedirs(state, exist_ok=True)
store = open_store(f"sqlite:///{Here.common_dir}/builds.sqlite")
number = int(sys.argv[2])
for start in range(0, number, 500):
    some = range(start, min(number, start + 500))
    store.append([build(n, failed=n % 9 == 4, branch=f"b{n % 50}") for n in some])
assert refresh_history(Here, store).builds == number
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak, os.path.getsize(os.path.join(state, "history.bin")))
"""


def fold(folder: Path, number: int) -> tuple[int, int]:
    """Store and fold so many records apart; return its peak in kB and the size of the fold."""
    folder.mkdir()
    command = [sys.executable, "-c", FOLD, str(folder), str(number)]
    ran = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    peak, size = map(int, ran.stdout.split())
    return peak, size


@only_full
def test_ten_times_the_records_need_no_more_memory(tmp_path: Path) -> None:
    """Records are read as a stream, and a history's size depends on names, not on builds."""
    number = amount(3000, 100_000)
    few, small = fold(tmp_path / "few", number // 10)
    many, large = fold(tmp_path / "many", number)
    assert many < few + amount(30_000, 150_000)
    assert large < max(20 * small, 8 << 20)
    count("records", number)
