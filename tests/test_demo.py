"""The demo shows what it says it shows, and leaves somebody's own repository alone."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo import Repo, clean_environment

ROOT = Path(__file__).resolve().parent.parent


def _demo(*arguments: str | Path, cwd: Path = ROOT) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "tools.demo", *map(str, arguments)],
        cwd=cwd,
        env=clean_environment() | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout


def _fingerprint(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Return the content, mode and time of everything below `folder`, `.git` included."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        data = (
            path.read_bytes()
            if path.is_file()
            else os.fsencode(os.readlink(path))
            if path.is_symlink()
            else b""
        )
        found[str(path)] = (hashlib.sha256(data).hexdigest(), state.st_mode, state.st_mtime_ns)
    return found


@pytest.mark.slow
def test_demo_shows_four_pushes(tmp_path: Path) -> None:
    """One push passes, one is warned about, one is refused and then goes past the hook."""
    code, said = _demo("--save-push", tmp_path / "push.txt")
    assert code == 0, said
    typed = [line for line in said.splitlines() if line.startswith("$ ") and "push" in line]
    refused, forced = "$ CIGATE_MODE=block git push", "$ CIGATE_MODE=block git push --no-verify"
    assert typed == ["$ git push", "$ git push -u origin deploy", refused, forced]
    assert said.index("looks fine") < said.index("warned, not blocked") < said.index("blocked; git push")
    assert "SYNTHETIC project" in said
    assert "synthetic model of" in said
    assert "likely to break CI" in (tmp_path / "push.txt").read_text("utf-8")


CIGATE = Path(sys.executable).with_name("cigate")


def _cigate(*arguments: str, cwd: Path) -> None:
    subprocess.run([CIGATE, *arguments], cwd=cwd, env=clean_environment(), check=True, capture_output=True)


def test_repository_without_builds_is_told_what_it_needs(tmp_path: Path) -> None:
    """Nothing is judged, which is said, with the commands that would change it; nothing is touched."""
    repo = Repo.init(tmp_path / "yours")
    for number in range(3):
        repo.commit({"a.py": f"{number}\n"})
    before = _fingerprint(repo.path)
    code, said = _demo("--repo", repo.path)
    assert code == 3
    assert f"So nothing of {repo.path} was judged" in " ".join(said.split())
    assert f"import csv FILE --repo {repo.path}" in said
    assert _fingerprint(repo.path) == before


@pytest.mark.slow
def test_own_repository_is_judged_and_not_changed(tmp_path: Path) -> None:
    """Ten steps are judged by the repository's own model, and not one byte of it changes."""
    _cigate("generate", "--builds", "300", "--repo", "mine", "builds.csv", cwd=tmp_path)
    mine = tmp_path / "mine"
    _cigate("import", "csv", "../builds.csv", cwd=mine)
    _cigate("train", "--export-onnx", cwd=mine)
    Repo(mine).worktree(tmp_path / "other", "-b", "other")
    before = _fingerprint(mine)
    for yours in (mine / "src", tmp_path / "other"):
        code, said = _demo("--repo", yours)
        assert code == 0, said
        assert said.count("$ cigate predict --base") == 10
        assert said.count("usual here") >= 10
    assert _fingerprint(mine) == before


def test_folder_that_is_no_repository_is_said_so(tmp_path: Path) -> None:
    """A wrong path is an error with its name, without a traceback."""
    code, said = _demo("--repo", tmp_path)
    assert code == 1
    assert f"{tmp_path} is not a git repository" in said
    assert "Traceback" not in said
