"""A git that is too old, or none at all, is told with the next step, wherever it is met."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cigate.errors import GitError
from cigate.git.version import OLDEST, read_version, refuse_old
from tests.judged import RISKY, ROOT, Judged, run_cigate
from tests.repo import clean_environment

# Says what git 2.30.2 says where it does not understand, and is the git here in all else.
STAND_IN = """#!/bin/sh
case " $* " in
    " --version ") echo "git version 2.30.2"; exit ;;
    *" --path-format=absolute "*)
        echo sha1; echo --path-format=absolute; echo "$PWD/.git"; echo "$PWD/.git"; echo; exit ;;
    *" --diff-merges=first-parent "*)
        echo "fatal: unknown value for --diff-merges: first-parent" >&2; exit 128 ;;
esac
exec '{git}' "$@"
"""
TOO_OLD = "git 2.30.2 is too old"
NEXT = "cigate needs git 2.31 or newer: update git"


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """A repository with a push to be judged."""
    judged = Judged.make(tmp_path)
    judged.work.commit(RISKY)
    return judged


@pytest.fixture
def old(tmp_path: Path) -> dict[str, str]:
    """What makes the stand-in the first git on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(STAND_IN.format(git=shutil.which("git")))
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def hooked(judged: Judged, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the hook as git does: without a git no push could."""
    line = f"refs/heads/main {judged.work.head()} refs/heads/main {judged.sees('main')}\n"
    return subprocess.run(
        [judged.hook, "origin", judged.remote.path],
        cwd=judged.work.path,
        env=clean_environment() | env,
        input=line,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_stand_in_for_an_old_git_is_named_by_the_hook(judged: Judged, old: dict[str, str]) -> None:
    """Not judged, and the push goes on: the number that is needed is said."""
    done = hooked(judged, old)
    assert done.returncode == 0
    assert done.stderr == f"cigate  not judged: {TOO_OLD}; {NEXT}.  The push goes on.\n"


@pytest.mark.parametrize("command", ["predict", "doctor", "install"])
def test_a_stand_in_for_an_old_git_is_named_by_commands(
    judged: Judged, old: dict[str, str], command: str
) -> None:
    done = run_cigate(command, cwd=judged.work.path, env=old)
    assert done.returncode == 3
    assert TOO_OLD in done.stdout + done.stderr
    assert NEXT in done.stdout + done.stderr


def test_without_any_git_the_hook_says_what_to_install(judged: Judged) -> None:
    done = hooked(judged, {"PATH": "/nowhere"})
    assert done.returncode == 0
    assert done.stderr.startswith("cigate  not judged: git was not found; install git, or put it on the PATH")
    strict = hooked(judged, {"PATH": "/nowhere", "CIGATE_ON_ERROR": "block"})
    assert strict.returncode == 1


@pytest.mark.parametrize("command", ["predict", "doctor", "install", "record"])
def test_without_any_git_commands_say_what_to_install(judged: Judged, command: str) -> None:
    words = [command, "--status", "passed"] if command == "record" else [command]
    done = run_cigate(*words, cwd=judged.work.path, env={"PATH": "/nowhere"})
    assert done.returncode == 3
    assert "git was not found" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("version", ["2.31.0", "2.39.2", "2.31.0.windows.1", "3.0.GIT", "next"])
def test_new_versions_and_those_that_are_no_number_are_taken(version: str) -> None:
    refuse_old(version)


@pytest.mark.parametrize("version", ["2.30.9", "1.8.3.1", "2.9.0"])
def test_old_versions_are_refused_as_numbers(version: str) -> None:
    """2.9 is older than 2.31, whatever comes first in the alphabet."""
    with pytest.raises(GitError, match="too old") as caught:
        refuse_old(version)
    assert caught.value.hint == NEXT


def test_the_git_here_says_its_version() -> None:
    assert read_version(dict(os.environ))[0].isdecimal()


def test_what_is_no_git_is_told(tmp_path: Path) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "git").chmod(0o755)
    code = "from cigate.git.version import read_version as r; r()"
    env = clean_environment() | {"PYTHONPATH": str(ROOT), "PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert "git does not say which version it is" in done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md", "docs/reliability.md"])
def test_the_documents_name_the_oldest_git(page: str) -> None:
    assert f"git {'.'.join(map(str, OLDEST))} or newer" in " ".join((ROOT / page).read_text("utf-8").split())
