"""`cigate init` as a user types it: found, shown, written, and nothing the second time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cigate import actions
from cigate.git import Repository
from cigate.install import find_place
from cigate.preparing import FORGES, carry_out, make_plan
from tests.judged import HARMLESS, RISKY, Judged, run_cigate
from tests.managed import FILES, install_manager, managed, path_with, program
from tests.repo import Repo
from tests.runners import BIN
from tools.reference import command_parser

WARNING = "likely to break CI: 100 %"


def init(judged: Judged, *args: str) -> subprocess.CompletedProcess[str]:
    return run_cigate("init", *args, cwd=judged.work.path, env=judged.work.env)


def everything(folder: Path) -> dict[str, bytes]:
    """Return every file of the tree and every hook."""
    inside = folder / ".git"
    files = [p for p in folder.rglob("*") if inside not in p.parents or p.parent == inside / "hooks"]
    return {str(p.relative_to(folder)): p.read_bytes() for p in files if p.is_file()}


def test_what_init_advises_is_a_command() -> None:
    """A forge that `cigate backfill` does not know would be bad advice."""
    for forge in FORGES.values():
        command_parser("backfill").parse_args(forge.split())


@pytest.fixture
def bare(tmp_path: Path) -> Judged:
    """Return a work tree without any hook."""
    judged = Judged.make(tmp_path)
    judged.hook.unlink()
    judged.work.env["PATH"] = path_with(BIN)
    return judged


def folder_of(folder: Path, *names: str) -> Path:
    """Return a new folder with these programs and no others."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(program(name))
    return folder


# A real push through each manager.


@pytest.mark.parametrize("name", FILES)
def test_a_push_through_the_manager_is_judged(tmp_path: Path, name: str) -> None:
    """One command, and the next push is judged by way of the manager's own file; twice is once."""
    judged = managed(tmp_path, name)
    if name == "prek-yaml":  # pre-commit's file where only prek is there
        judged.work.env["PATH"] = path_with(folder_of(tmp_path / "bin", "prek", "cigate-hook"))
    done = init(judged)
    assert name != "prek-yaml" or "bin/prek install" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    before = everything(judged.work.path)
    again = init(judged)
    assert (again.returncode, "nothing to do" in again.stdout) == (0, True), again.stdout
    assert everything(judged.work.path) == before
    judged.work.commit(RISKY)
    warned = judged.work.push("main")
    said = (warned.stdout + warned.stderr).decode()
    assert (warned.returncode, said.count(WARNING)) == (0, 1), said
    judged.work.commit({".github/workflows/ci.yml": "on: pull_request\n"})
    refused = judged.work.push("main", env={"CIGATE_MODE": "block"})
    assert refused.returncode == 1, refused.stderr.decode()
    assert judged.sees("main") == judged.work.head("HEAD~1")


def test_the_lines_of_a_husky_script_still_run(tmp_path: Path) -> None:
    judged = managed(tmp_path, "husky")
    init(judged)
    judged.work.commit(HARMLESS)
    judged.push("main")
    assert judged.work.head() in (judged.work.path / ".git" / "below").read_text()


@pytest.mark.parametrize("name", ["pre-commit", "prek", "lefthook", "husky", "core.hooksPath"])
def test_who_has_no_cigate_can_push_and_is_told(tmp_path: Path, name: str) -> None:
    """The entry is the whole team's: it must not stop somebody who has not installed cigate."""
    judged = managed(tmp_path, name)
    assert init(judged).returncode == 0
    judged.work.commit(RISKY)
    tools = folder_of(tmp_path / "tools", *({name} & {"pre-commit", "prek", "lefthook"}))
    done = judged.work.push("main", env={"PATH": path_with(tools)})
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    assert "cigate is not installed here" in said
    assert judged.sees("main") == judged.work.head()


# Without a manager, and beside one that is not at work.


def test_without_a_manager_the_native_hook_is_written(bare: Judged) -> None:
    done = init(bare)
    assert done.returncode == 0
    assert f"written: {bare.hook}" in done.stdout
    bare.work.commit(RISKY)
    assert WARNING in bare.push("main")[1]
    assert "nothing to do" in init(bare).stdout


@pytest.mark.parametrize("name", ["lefthook", "pre-commit"])
def test_where_the_manager_is_not_installed_the_native_hook_judges(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh clone has its pushes judged all the same, and once, also when the manager comes later."""
    judged = managed(tmp_path, name)
    repo = Repository.open(str(judged.work.path))
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/nowhere/python")
        plan = make_plan(repo, {"PATH": path_with()})
    assert (plan.command, plan.place) == ((), find_place(repo))
    carry_out(plan, str(judged.work.path))
    judged.work.commit(RISKY)
    assert WARNING in judged.push("main")[1]
    install_manager(name, judged)
    judged.work.commit({".github/workflows/ci.yml": "on: pull_request\n"})
    later = judged.work.push("main")
    assert (later.stdout + later.stderr).decode().count(WARNING) == 1


def test_a_dry_run_shows_everything_and_does_nothing(tmp_path: Path) -> None:
    judged = managed(tmp_path, "lefthook")
    before = everything(judged.work.path)
    done = init(judged, "--dry-run")
    assert done.returncode == 0
    assert "+++ b/lefthook.yml" in done.stdout
    assert "+      use_stdin: true" in done.stdout
    assert "would change: lefthook.yml" in done.stdout
    assert "would run: " in done.stdout
    assert everything(judged.work.path) == before


def test_a_file_with_no_sure_place_is_left_and_the_lines_are_shown(bare: Judged) -> None:
    """The exit code says that somebody has something to do; the rest is done all the same."""
    text = "pre-push: {commands: {a: {run: 'true'}}}\n"
    bare.work.commit({"lefthook.yml": text})
    for _ in range(2):
        done = init(bare)
        assert done.returncode == 3
        assert "add these lines by hand" in done.stdout
        assert "use_stdin: true" in done.stdout
        assert (bare.work.path / "lefthook.yml").read_text() == text
    assert b"lefthook" in bare.hook.read_bytes()


def test_a_manager_that_fails_is_not_silent(tmp_path: Path) -> None:
    judged = managed(tmp_path, "pre-commit")
    (tmp_path / "bin").mkdir()
    broken = tmp_path / "bin" / "pre-commit"
    broken.write_text("#!/bin/sh\necho no >&2\nexit 7\n")
    broken.chmod(0o755)
    judged.work.env["PATH"] = path_with(tmp_path / "bin", BIN)
    done = init(judged)
    assert done.returncode == 3
    assert "pre-commit install --hook-type pre-push ended with 7" in done.stderr


def test_ci_and_tests_are_named_and_the_past_is_pointed_at(bare: Judged) -> None:
    bare.work.commit({".github/workflows/a.yml": "on: push\n", "Makefile": "test:\n\ttrue\n"})
    said = init(bare, "--dry-run").stdout
    assert "found   GitHub Actions: .github/workflows/a.yml\n" in said
    assert "found   tests: make test\n" in said
    assert "cigate backfill github" in init(bare).stdout
    (bare.state / "builds.sqlite").touch()
    assert "cigate backfill" not in init(bare).stdout


def test_other_pipelines_are_told_and_left_alone(bare: Judged) -> None:
    """A pipeline's file is nobody's to edit: what to write there is said."""
    text = "test:\n  script: make test\n"
    bare.work.commit({".gitlab-ci.yml": text, "Makefile": "test:\n\ttrue\n"})
    said = init(bare).stdout
    assert "GitLab CI: `cigate run -- make test`" in said
    assert "cigate backfill gitlab: " in said
    assert (bare.work.path / ".gitlab-ci.yml").read_text() == text


def test_a_workflow_of_its_own_is_written_where_the_action_is_known(
    bare: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the workflows that are there, once, and never over one."""
    bare.work.commit({".github/workflows/a.yml": "on: push\n"})
    repo = Repository.open(str(bare.work.path))
    monkeypatch.setattr(actions, "find_action", lambda: "somebody/cigate@" + "1" * 40)
    plan = make_plan(repo, {"PATH": path_with()})
    assert [(edit.path, edit.old) for edit in plan.edits] == [(actions.FILE, None)]
    assert f"written: {actions.FILE}" in carry_out(plan, str(bare.work.path))
    assert make_plan(repo, {"PATH": path_with()}).edits == ()


def test_a_shared_folder_of_hooks_is_not_written_to(bare: Judged, tmp_path: Path) -> None:
    bare.work.git("config", "core.hooksPath", str(tmp_path / "everybody"))
    done = init(bare)
    assert done.returncode == 3
    assert "outside this repository" in done.stderr
    assert not (tmp_path / "everybody").exists()


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "bare.git", bare=True)
    done = run_cigate("init", cwd=repo.path)
    assert (done.returncode, "no work tree" in done.stderr) == (3, True)


def test_names_of_files_reach_the_terminal_escaped(bare: Judged) -> None:
    bare.work.commit({".github/workflows/\x1b[31m.yml": "on: push\n"})
    said = init(bare, "--dry-run").stdout
    assert "\x1b" not in said
    assert "[31m.yml" in said
