"""What a person types in a checkout, and what CI runs, is whole."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
BIN = Path(sys.executable).parent


def _run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> tuple[int, str]:
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | (env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout


def test_make_alone_lists_the_targets() -> None:
    """Somebody who types `make` sees what there is, and nothing is built."""
    code, said = _run("make")
    assert code == 0
    shown = re.findall(r"^make ([a-z-]+) ", said, re.M)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.M)
    assert {"demo", "test", "lint", "docs"} <= set(shown) <= set(phony.split())


def test_shell_scripts_are_clean() -> None:
    """shellcheck has nothing to say about any script that `make lint` names, and all are named."""
    (named,) = re.findall(r"^SCRIPTS = (.*)$", MAKEFILE, re.M)
    tracked = _run("git", "grep", "-lE", "^#!.*sh$", "--", "hooks", "tools", ".ci")[1].split()
    assert set(tracked) <= set(named.split())
    code, said = _run(BIN / "shellcheck", *named.split())
    assert (code, said) == (0, "")


def test_own_pre_commit_configuration_shows_warnings() -> None:
    """The settings without which a warning is thrown away or a push is not judged."""
    code, said = _run(BIN / "pre-commit", "validate-config", ".pre-commit-config.yaml")
    assert code == 0, said
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert config["default_install_hook_types"] == ["pre-commit", "pre-push"]
    (hook,) = [h for h in config["repos"][0]["hooks"] if h["id"] == "cigate"]
    assert hook["stages"] == ["pre-push"]
    assert hook["verbose"]
    assert hook["always_run"]
    assert hook["pass_filenames"] is False


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the few files that tools/env.sh reads; environments in it are made once."""
    tmp_path = tmp_path_factory.mktemp("checkout")
    for folder in ("cigate", "hooks", "train", "tools"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "tools" / "env.sh", tmp_path / "tools")
    (tmp_path / "cigate" / "a.py").write_text("a = 1\n")
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = nothing\n")
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


def _environment(checkout: Path, requirement: str) -> tuple[int, str]:
    return _run("tools/env.sh", "new", requirement, cwd=checkout, env={"PYTHON": sys.executable})


def test_missing_python_is_said_with_the_next_step(checkout: Path) -> None:
    """A chosen interpreter that is unfit is not replaced by another one behind one's back."""
    code, said = _run("tools/env.sh", "other", "pip", cwd=checkout, env={"PYTHON": "/nowhere/python3.11"})
    assert code != 0
    assert "no Python 3.11 or newer" in said
    assert "apt-get install python3-venv" in said
    assert not (checkout / "other").exists()


@pytest.mark.slow
def test_environment_is_made_once_and_again_when_sources_change(checkout: Path) -> None:
    """An up-to-date environment is left alone; changed sources and a failed try are installed again."""
    # pip itself is the one requirement that is always there already: nothing is fetched.
    code, said = _environment(checkout, "pip")
    assert (code, "making new with Python 3" in said, "is ready" in said) == (0, True, True), said
    assert _environment(checkout, "pip") == (0, "env: new is up to date\n")
    (checkout / "cigate" / "a.py").write_text("a = 2\n")
    code, said = _environment(checkout, "pip")
    assert (code, "installing" in said, "making" in said) == (0, True, False), said
    assert _environment(checkout, "pip") == (0, "env: new is up to date\n")
    code, said = _environment(checkout, "./no-such-wheel.whl")
    assert code != 0
    assert "pip could not install ./no-such-wheel.whl" in said
    assert said.count("no-such-wheel.whl") > 2, "pip's own reason is shown"
    assert "installing" in _environment(checkout, "pip")[1]
