"""Real hook managers for tests, each put into a work tree as its documentation says.

A manager that is not installed here skips the test by name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.judged import Judged
from tests.repo import clean_environment
from tests.runners import BIN, NODE

PRE_COMMIT = "repos:\n- repo: local\n  hooks:\n  - {id: a, name: a, entry: 'true', language: system}\n"

# Each manager, the file that a repository has which uses it, and how to have it installed here.
FILES = {
    "pre-commit": {".pre-commit-config.yaml": PRE_COMMIT},
    "prek": {"prek.toml": '[[repos]]\nrepo = "builtin"\nhooks = [{ id = "check-merge-conflict" }]\n'},
    "prek-yaml": {".pre-commit-config.yaml": PRE_COMMIT},
    "lefthook": {"lefthook.yml": "pre-push:\n  commands:\n    a:\n      run: 'true'\n"},
    "husky": {"package.json": '{"scripts": {"prepare": "husky"}}\n', ".husky/pre-push": "cat > .git/below\n"},
    "core.hooksPath": {".githooks/pre-commit": "#!/bin/sh\n"},
}
HOW = {"husky": ".ci/run installs it"}


def program(name: str) -> Path:
    """Return the manager's own program."""
    found = (shutil.which(name, path=str(folder)) for folder in (BIN, NODE))
    path = next((one for one in found if one), None)
    if path is None:
        pytest.skip(f"{name} is not installed: {HOW.get(name, 'make env')}")
    return Path(path)


def path_with(*folders: Path) -> str:
    """Return a PATH of the system's own folders behind `folders`."""
    return os.pathsep.join([*map(str, folders), "/usr/local/bin", "/usr/bin", "/bin"])


def managed(folder: Path, name: str) -> Judged:
    """Return a judged work tree without cigate's hook, whose hooks the manager `name` runs, or will run."""
    judged = Judged.make(folder)
    judged.hook.unlink()
    judged.work.commit(FILES[name])
    judged.work.push("main")
    # Where a manager looks for environments, caches and the like of its own.
    homes = {"HOME": folder, "PRE_COMMIT_HOME": folder / "pre-commit", "PREK_HOME": folder / "prek"}
    judged.work.env |= {name: str(home) for name, home in homes.items()}
    judged.work.env["PATH"] = path_with(BIN)
    if name == "husky":
        install_manager(name, judged)
    elif name == "core.hooksPath":
        judged.work.git("config", "core.hooksPath", ".githooks")
    else:
        program(name.removesuffix("-yaml"))
    return judged


def install_manager(name: str, judged: Judged) -> None:
    """Let the manager write its pre-push hook, as its users do."""
    options = {"pre-commit": ["install", "-t", "pre-push"], "lefthook": ["install"], "husky": []}[name]
    command: list[str | Path] = [program(name), *options]
    env = clean_environment() | judged.work.env
    subprocess.run(command, cwd=judged.work.path, env=env, check=True, capture_output=True)
