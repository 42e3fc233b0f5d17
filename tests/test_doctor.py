"""`cigate doctor`: one screen that is true, with the next step."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cigate import __version__
from cigate.git import Repository
from cigate.install import find_place, install
from tests.judged import Judged, past, run_cigate, wary_bundle


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


def doctor(judged: Judged, **env: str) -> tuple[int, str]:
    done = run_cigate("doctor", cwd=judged.work.path, env=env)
    assert done.stderr == ""
    return done.returncode, done.stdout


def part(screen: str, name: str) -> str:
    """Return the lines of one part of the screen."""
    lines = screen.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{name:<12}"))
    end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    return "\n".join(line[12:] for line in lines[start:end])


def test_a_healthy_repository_is_shown_whole(judged: Judged) -> None:
    code, screen = doctor(judged)
    assert code == 0
    assert f"cigate {__version__} · Python 3." in part(screen, "versions")
    assert "onnxruntime " in part(screen, "versions")
    assert part(screen, "repository").startswith(str(judged.work.path))
    assert part(screen, "hook").startswith(f"native: {judged.hook}\nstarts {sys.executable}")
    assert "model of 2023-11-14: wary-1" in part(screen, "model")
    assert "warns from 50 %; blocks from 80 %" in part(screen, "model")
    assert "40 builds, 4 failed" in part(screen, "history")
    assert "days old; in " in part(screen, "history")
    assert part(screen, "next") == "nothing: pushes from here are judged"
    assert len(screen.splitlines()) < 30


def test_each_setting_names_its_source(judged: Judged) -> None:
    (judged.work.path / "pyproject.toml").write_text('[tool.cigate]\nmode = "block"\nquiet = true\n')
    _, screen = doctor(judged, CIGATE_TIME_LIMIT="9")
    settings = [line.split(maxsplit=2) for line in part(screen, "settings").splitlines()]
    assert ["mode", "block", "pyproject.toml [tool.cigate]"] in settings
    assert ["quiet", "true", "pyproject.toml [tool.cigate]"] in settings
    assert "time-limit      9 s            CIGATE_TIME_LIMIT" in part(screen, "settings")
    assert ["branches", "*", "default"] in settings


def test_without_a_model_the_starter_judges_by_the_repositorys_history(judged: Judged) -> None:
    for path in (judged.state / "model").iterdir():
        path.unlink()
    code, screen = doctor(judged)
    assert code == 3
    assert part(screen, "model").startswith("CANNOT BE USED: the history is empty")
    assert "cigate import csv" in part(screen, "next")
    (judged.state / "history.bin").write_bytes(past(60))
    code, screen = doctor(judged)
    assert code == 0
    assert part(screen, "model").startswith("starter model of ")
    assert "a starter model has not earned it here" in part(screen, "model")
    assert "60 builds, 6 failed" in part(screen, "history")


def test_an_empty_history_is_found(tmp_path: Path) -> None:
    code, screen = doctor(Judged.make(tmp_path, wary_bundle(history=past(0))))
    assert code == 3
    assert "the history is empty" in screen


def test_a_bad_configuration_is_found(judged: Judged) -> None:
    (judged.work.path / ".cigate.toml").write_text('mode = "loud"\n')
    code, screen = doctor(judged)
    assert code == 3
    assert "mode = 'loud' is not allowed" in part(screen, "settings")
    assert "allowed: warn, block, off" in part(screen, "next")


def test_a_repository_without_our_hook_is_told_to_install_it(judged: Judged) -> None:
    judged.hook.unlink()
    code, screen = doctor(judged)
    assert code == 0
    assert part(screen, "hook") == "none: pushes from here are not judged"
    assert part(screen, "next") == "cigate install"
    judged.hook.write_text("#!/bin/sh\n")
    assert "another's" in part(doctor(judged)[1], "hook")


def test_an_outdated_hook_is_found(judged: Judged) -> None:
    data = judged.hook.read_bytes()
    judged.hook.write_bytes(data.replace(b"PYTHON='" + sys.executable.encode(), b"PYTHON='/gone/py"))
    _, screen = doctor(judged)
    assert "/gone/py, which is not there" in part(screen, "hook")
    assert "cigate install (renews the hook)" in part(screen, "next")


def test_pre_commit_is_told_apart(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, form="pre-commit")
    assert part(doctor(judged)[1], "hook").startswith("none:")
    (judged.work.path / ".pre-commit-config.yaml").write_text("repos:\n- repo: x\n  hooks:\n  - id: cigate\n")
    _, screen = doctor(judged)
    assert part(screen, "hook").startswith("pre-commit: ")
    assert "the first ref of a push only" in part(screen, "hook")
    install(find_place(Repository.open(str(judged.work.path))))
    _, screen = doctor(judged)
    assert "before it runs " in part(screen, "hook")
    assert "leaves it to this hook" in part(screen, "hook")


def test_the_backend_is_named_with_the_reason(judged: Judged) -> None:
    assert "C API" in part(doctor(judged)[1], "model")
    assert "Python API, which is slower" in part(doctor(judged, CIGATE_BACKEND="python")[1], "model")


def test_a_synthetic_model_is_called_so(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, wary_bundle(synthetic=True))
    assert part(doctor(judged)[1], "model").startswith("synthetic model of")


def test_outside_a_repository_it_still_says_what_is_installed(tmp_path: Path) -> None:
    done = run_cigate("doctor", cwd=tmp_path)
    assert done.returncode == 3
    assert "versions    cigate" in done.stdout
    assert "not a git repository" in part(done.stdout, "repository")


def test_a_linked_worktree_is_called_one(judged: Judged, tmp_path: Path) -> None:
    linked = judged.work.worktree(tmp_path / "linked", "-b", "side")
    done = run_cigate("doctor", cwd=linked.path)
    assert "(a linked worktree)" in part(done.stdout, "repository")
    assert done.returncode == 0


def test_mode_off_is_pointed_out(judged: Judged) -> None:
    assert "while mode is off" in part(doctor(judged, CIGATE_MODE="off")[1], "next")


def test_outcomes_that_wait_for_their_store_are_not_forgotten(judged: Judged) -> None:
    assert "waiting" not in doctor(judged)[1]
    folder = judged.state / "spool" / "0123"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text("{}")
    code, screen = doctor(judged)
    assert code == 0
    assert part(screen, "waiting") == "1 recorded outcome that its store has not taken yet"
    assert "cigate flush" in part(screen, "next")
