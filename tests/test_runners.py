"""The runners that other tests rely on do what a CI does, so that a test that leans on them can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo import Repo
from tests.runners import run_act, run_gitlab

WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683
      - id: one
        run: |
          echo "number=7" >> "$GITHUB_OUTPUT"
          git rev-list --count HEAD
          git rev-parse HEAD
      - run: echo "got ${{ steps.one.outputs.number }} $GIVEN"; exit "$CODE"
"""
PIPELINE = """\
stages: [gate, test]
one:
  stage: gate
  script: ["echo NUMBER=7 >one.env", 'exit "$CODE"']
  artifacts:
    reports: {dotenv: one.env}
two:
  stage: test
  script: ['echo "got $NUMBER"']
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo.init(tmp_path / "work")
    made.set("uploadpack.allowAnySHA1InWant", "true")
    made.commit({"a": "1\n"})
    made.commit({".gitlab-ci.yml": PIPELINE})
    return made


@pytest.mark.parametrize("code", [0, 3])
def test_act_runs_a_workflow_in_a_shallow_checkout(repo: Repo, tmp_path: Path, code: int) -> None:
    """Outputs go from step to step, the checkout is one commit deep, and a failed step fails the run."""
    env = {"GIVEN": "this", "CODE": str(code)}
    ran = run_act(tmp_path / "act", WORKFLOW, "push", {"after": repo.head()}, repo, env=env)
    assert (ran.code == 0) == (code == 0), ran.log
    assert ran.lines() == ["1", repo.head(), "got 7 this"]


def test_gitlab_hands_dotenv_on(repo: Repo, tmp_path: Path) -> None:
    """What a job's report of variables says, the jobs of later stages know."""
    ran = run_gitlab(repo.path, variables={"CODE": "0"}, home=tmp_path)
    assert ran.code == 0, ran.log
    assert "got 7" in ran.log
