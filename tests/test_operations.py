"""What docs/operations.md tells people to type works, on a real object store, in that order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cigate.model import write_bundle
from tests.artifacts.models import model
from tests.judged import ROOT
from tests.repo import Repo, clean_environment
from tests.servers import Bucket, find_program, run_seaweedfs

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with run_seaweedfs() as server:
        yield server


def lines() -> list[str]:
    """Return each command of the page, in order: indented ones, and what cron would run."""
    page = re.sub(r"^```yaml\n.*?^```", "", PAGE, flags=re.MULTILINE | re.DOTALL)
    commands = re.findall(r"^ {4}(\S.*)$|^[\d*]+ \S+ \S+ \S+ \S+ cd \S+ && (.*)$", page, re.MULTILINE)
    return [typed or by_cron for typed, by_cron in commands]


@pytest.mark.slow
def test_the_commands_of_the_page_work(bucket: Bucket, tmp_path: Path) -> None:
    """Two models are published first, so that there is one to go back to."""
    if find_program("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed: apt-get install openssh-client")
    repo = Repo.init(tmp_path / "project")
    first, later = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    first = first.replace("s3://bucket/cigate", bucket.create())
    (repo.path / ".cigate.toml").write_text(first)
    scripts = tmp_path / "bin"
    scripts.mkdir()
    (scripts / "cigate").write_text(f'#!/bin/sh\nexec {sys.executable} -m cigate "$@"\n')
    (scripts / "cigate").chmod(0o755)
    environment = clean_environment() | bucket.environment | {"HOME": str(tmp_path)}
    environment |= {"PYTHONPATH": str(ROOT), "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}

    def run(line: str) -> str:
        ran = subprocess.run(
            line, shell=True, cwd=repo.path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, (line, ran.stderr)
        return ran.stdout

    here = repo.path / ".git" / "cigate" / "model"
    write_bundle(str(here), model("first"))
    run("cigate publish")
    write_bundle(str(here), model("second"))
    said = {line: run(line) for line in lines()}
    assert len(said) >= 8
    assert said["cigate models list"].count("\n") == 2
    assert "published: second" in said["cigate publish"]
    assert "latest now: first" in said["cigate models rollback"]
    (repo.path / ".cigate.toml").write_text(first + later)
    assert "signature   good" in run("cigate models show")
    assert "up to date" in run("cigate pull")
