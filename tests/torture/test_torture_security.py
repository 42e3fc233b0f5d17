"""What docs/security.md promises, where it can be shown: processes, network, wheel, bill of materials."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from cigate.cli import main
from tests.judged import RISKY, ROOT, Judged
from tests.repo import clean_environment
from tests.torture.amount import only_full


def traced(judged: Judged, tmp_path: Path) -> list[str]:
    """Push, and return every program start and every use of a socket by the hook and what it starts."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    log = tmp_path / "strace"
    python = tmp_path / "python"
    calls = "execve,execveat,socket,connect,sendto,bind,listen,ptrace"
    python.write_text(f'#!/bin/sh\nexec strace -f -qq -e trace={calls} -o {log} {sys.executable} "$@"\n')
    python.chmod(0o755)
    text = judged.hook.read_text()
    assert text.count(f"PYTHON='{sys.executable}'") == 1
    judged.hook.write_text(text.replace(f"PYTHON='{sys.executable}'", f"PYTHON='{python}'"))
    code, said = judged.push("main", env={"CIGATE_TIME_LIMIT": "120"})
    if "ptrace" in said or not log.exists():
        pytest.skip("this system does not let a process be traced")
    assert (code, "likely to break CI: 100 %" in said) == (0, True), said
    return log.read_text().splitlines()


def test_a_push_starts_git_and_touches_no_network(tmp_path: Path) -> None:
    """By the system's own account: one Python, git, and not one socket."""
    judged = Judged.make(tmp_path)
    judged.work.commit(RISKY)
    calls = traced(judged, tmp_path)
    started = [re.findall(r'execve\("([^"]+)"', call) for call in calls if call.endswith(" = 0")]
    names = [Path(path).name for found in started for path in found]
    assert names[0].startswith("python")
    assert set(names[1:]) == {"git"}
    assert not [call for call in calls if re.search(r"\b(socket|connect|bind|listen|sendto|ptrace)\(", call)]


# What a change might commit to be rid of the gate that it has to pass.
WAYS_OUT = {
    "mode": 'mode = "off"\nci-mode = "off"\n',
    "warn": 'ci-mode = "warn"\n',
    "branches": 'branches = ["!*"]\n',
    "precision": "block-precision = 1.0\n",
    "limit": 'time-limit = 0.001\non-error = "pass"\n',
    "model": 'model = "nowhere"\non-error = "pass"\n',
    "broken": "mode = \x1b[31m\n",
    "endless": "# " + "x" * 2_000_000 + "\n",
}


@pytest.mark.parametrize("file", [".cigate.toml", "pyproject.toml"])
def test_a_change_cannot_switch_off_the_gate_that_judges_it(tmp_path: Path, file: str) -> None:
    """In a CI the base's configuration holds; `cigate run` does not start what it was to guard."""
    judged = Judged.make(tmp_path)
    base, ran = judged.work.head(), tmp_path / "ran"
    for way, text in WAYS_OUT.items():
        judged.work.git("checkout", "-q", "--detach", base)
        head = judged.work.commit({**RISKY, file: ("[tool.cigate]\n" if file[0] == "p" else "") + text})
        env = {"GITHUB_ACTIONS": "true", "GITHUB_SHA": head, "GITHUB_RUN_ID": "1"}
        with mock.patch.dict(os.environ, clean_environment() | env, clear=True):
            told = ["--repo", str(judged.work.path), "--base", base]
            assert main(["predict", *told]) == 1, way
            assert main(["run", *told, "--", "touch", str(ran)]) == 1, way
        assert not ran.exists(), way


# Each finding that is left, and why it is none: (file, bandit's test) -> reason.
EXPLAINED = json.loads((ROOT / "tests" / "torture" / "bandit.json").read_text("utf-8"))


def test_bandit_finds_nothing_that_is_not_explained() -> None:
    """Findings of medium weight and more, in all that is shipped; each exception has its reason beside it."""
    pytest.importorskip("bandit", reason="bandit is not installed")
    ran = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", "-f", "json", "-ll", "cigate", "train/cigate_train"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = {f"{one['filename']} {one['test_id']}" for one in json.loads(ran.stdout)["results"]}
    assert found == set(EXPLAINED)
    assert all(EXPLAINED.values())


def build_wheel(source: Path, out: Path) -> bytes:
    """Build the wheel of a copy of the checkout, and return its bytes."""
    copy = out / "copy"
    shutil.copytree(source, copy)
    env = clean_environment() | {"SOURCE_DATE_EPOCH": "1700000000"}
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(copy)]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (wheel,) = out.glob("*.whl")
    return wheel.read_bytes()


@only_full
@pytest.mark.slow
def test_two_builds_of_the_wheel_are_the_same_bytes(tmp_path: Path) -> None:
    """With SOURCE_DATE_EPOCH set, from two folders and with other file times: who rebuilds can compare."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    source = tmp_path / "source"
    for name in map(os.fsdecode, filter(None, listed)):
        if not name.startswith(("tests/", "benchmarks/")) and (ROOT / name).is_file():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    folders = [tmp_path / "a", tmp_path / "an" / "other"]
    for folder in folders:
        folder.mkdir(parents=True)
    first, second = (build_wheel(source, folder) for folder in folders)
    assert first == second


@only_full
def test_the_bill_of_materials_is_valid_and_names_what_is_needed(tmp_path: Path) -> None:
    """CycloneDX, checked against its schema by the library that wrote it."""
    pytest.importorskip("cyclonedx_py", reason="cyclonedx-bom is not installed")
    out = tmp_path / "sbom.json"
    ran = subprocess.run(
        ["make", "-s", "sbom", f"SBOM={out}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    bill = json.loads(out.read_text("utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert {"cigate", "numpy", "onnxruntime"} <= {part["name"] for part in bill["components"]}


def test_the_documents_say_what_is_done_with_reports_and_dependencies() -> None:
    """Who finds a hole learns where to tell it, and who ships cigate how to check what it stands on."""
    policy = (ROOT / "SECURITY.md").read_text("utf-8")
    model = (ROOT / "docs" / "security.md").read_text("utf-8")
    assert "docs/security.md" in policy
    for words in ("make audit", "pip-audit", "bandit", "SOURCE_DATE_EPOCH", "make sbom"):
        assert words in model, words
