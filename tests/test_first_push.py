"""The way of the quick start, typed as it stands there: a fresh clone, one line, a judged push."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.forges.stand_in import iso, run, run_stand_in
from tests.repo import Repo
from tests.runners import BIN, ROOT

pytest.importorskip("github", reason="PyGithub is not installed: pip install '.[github]'")

LINE = "cigate init && cigate backfill github && git push"
WORKFLOW = {".github/workflows/ci.yml": "on: push\n"}
BUILDS = 30
HOUR_S = 3600


def configure(home: Path, origin: Path) -> dict[str, str]:
    """Return the environment of a new developer, for whom https://github.com/o/ is a folder here."""
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ann\n\temail = ann@example.invalid\n"
        f'[url "file://{origin.parent}/"]\n\tinsteadOf = https://github.com/o/\n'
    )
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {"HOME": str(home), "PATH": path, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}


def stamps(at: int) -> dict[str, str]:
    """Return GitHub's times of a run that took five minutes."""
    return {"created_at": iso(at), "run_started_at": iso(at), "updated_at": iso(at + 300)}


def sh(line: str, cwd: Path, env: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-ec", line],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_one_line_leads_from_a_fresh_clone_to_a_judged_push(tmp_path: Path) -> None:
    """No question, no configuration, no token; GitHub is a stand-in, git, the clone and the push are real."""
    work, first_at = Repo.init(tmp_path / "there"), int(time.time()) - BUILDS * HOUR_S
    times = [first_at + n * HOUR_S for n in range(BUILDS)]
    heads = [work.commit({**WORKFLOW, f"src/{n % 7}.py": f"{n}\n"}, at=at) for n, at in enumerate(times)]
    subprocess.run(["git", "clone", "-q", "--bare", work.path, tmp_path / "r.git"], check=True)
    env = configure(tmp_path / "home", tmp_path / "r.git")
    sh("git clone -q https://github.com/o/r.git", tmp_path, env)
    clone = tmp_path / "r"
    sh("echo more >>src/1.py; git commit -qam 'Say more'", clone, env)
    with run_stand_in() as github:
        ends = ["failure" if n % 9 == 4 or n >= BUILDS - 3 else "success" for n in range(BUILDS)]
        runs = enumerate(zip(heads, ends, times, strict=True))
        github.runs = [run(n, head, end, **stamps(at)) for n, (head, end, at) in runs]
        said = sh(LINE, clone, env | {"GITHUB_API_URL": github.url})
    assert f"read    {BUILDS} builds from {BUILDS} runs of o/r" in said
    assert f"cigate  main -> origin   already red since {heads[-3][:7]} (3 builds, 3 h): this push" in said
    assert "starter model of" in said
    assert "next    git push, which is judged" in said
    here = sh("git rev-parse HEAD", clone, env)
    assert sh("git ls-remote origin refs/heads/main", clone, env).startswith(here.strip()), "it went on"


@pytest.mark.parametrize("name", ["README.md", "docs/quickstart.md"])
def test_the_line_is_the_documented_one(name: str) -> None:
    """What a newcomer reads, in its order, is what the test above types."""
    typed = re.findall(r"^    (cigate .*|git push)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    steps = LINE.split(" && ")
    assert [step for step in typed if step in steps][: len(steps)] == steps
