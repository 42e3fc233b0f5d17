"""The documented steps on real servers: GitLab's jobs by gitlab-ci-local, and a Buildbot of our own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cigate.model import write_bundle
from cigate.stores import open_store
from tests.judged import HARMLESS, RISKY, wary_bundle
from tests.repo import Repo
from tests.runners import ROOT, run_buildbot, run_gitlab

PIPELINE = """\
include:
  - local: cigate.gitlab-ci.yml
test:
  extends: .cigate-record
  script: ["echo the suite runs after $CIGATE_VERDICT", "false"]
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Return a repository whose base names a model, and that holds GitLab's pipeline as it is shipped."""
    write_bundle(str(tmp_path / "model"), wary_bundle())
    made = Repo.init(tmp_path / "work")
    made.git("remote", "add", "origin", "git@gitlab.example:o/r.git")
    # gitlab-ci-local would want Docker for the image.
    template = (ROOT / "hooks" / "gitlab-ci.yml").read_text("utf-8").replace("  image: python:3.12\n", "")
    made.commit(
        {
            ".gitlab-ci.yml": PIPELINE,
            "cigate.gitlab-ci.yml": template,
            ".cigate.toml": f"model = {json.dumps(str(tmp_path / 'model'))}\n",
            "Makefile": "test:\n\techo the suite runs\n",
        }
    )
    return made


def gitlab(repo: Repo, home: Path, store: str) -> tuple[int, str]:
    variables = {"CI_COMMIT_BEFORE_SHA": repo.head("HEAD~1"), "CIGATE_STORE": store, "CIGATE_EXPLORE": "0"}
    ran = run_gitlab(repo.path, variables=variables, home=home)
    return ran.code, ran.log


def test_gitlab_stops_what_is_predicted_to_fail(repo: Repo, tmp_path: Path) -> None:
    """No later stage starts; code quality and variables are there all the same."""
    repo.commit(RISKY)
    code, log = gitlab(repo, tmp_path, f"sqlite:///{tmp_path}/all.sqlite")
    assert code == 1, log
    assert "likely to break CI: 100 %" in log
    assert "the suite runs" not in log
    (quality,) = repo.path.rglob("gl-code-quality-report.json")
    assert json.loads(quality.read_text("utf-8"))[0]["location"]["path"] == ".github/workflows/ci.yml"
    assert not (tmp_path / "all.sqlite").exists()


def test_gitlab_runs_and_records_the_rest(repo: Repo, tmp_path: Path) -> None:
    """Later jobs know the verdict, and how the one that decides ended is in the store."""
    head = repo.commit(HARMLESS)
    code, log = gitlab(repo, tmp_path, f"sqlite:///{tmp_path}/all.sqlite")
    assert code == 1, log
    assert "the suite runs after pass" in log
    store = open_store(f"sqlite:///{tmp_path}/all.sqlite")
    (record,) = store.read()
    store.close()
    assert (record.outcome, record.provider, record.change.head) == ("failed", "gitlab", head)


@pytest.mark.slow
def test_buildbot_builds_as_the_guide_says(repo: Repo, tmp_path: Path) -> None:
    """The factory of docs/ci.md, but for the draw: what is blocked never starts, the rest is recorded."""
    (guide,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.DOTALL)
    guide = guide.replace("0.05", "0")  # a drawn one would run
    repo.commit(HARMLESS)
    with run_buildbot(tmp_path / "master", f"REPOSITORY = 'file://{repo.path}'\n{guide}") as buildbot:
        build, logs = buildbot.build()
        assert build["results"] == 0, logs
        assert "the suite runs" in logs["cigate"]
        assert "passed  buildbot/tests#1/1/tests" in logs["cigate"], "recorded, or waiting for its store"
        repo.commit(RISKY)
        build, logs = buildbot.build()
        assert build["results"] == 2
        assert "likely to break CI: 100 %" in logs["cigate"]
        assert "the suite runs" not in logs["cigate"]
