"""action.yml, run by act: a real workflow, a real checkout of one commit, the real cigate."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cigate.model import write_bundle
from cigate.stores import open_store
from tests.builds import build
from tests.builds import project as records
from tests.judged import HARMLESS, RISKY, wary_bundle
from tests.repo import Repo
from tests.runners import BIN, ROOT, Ran, run_act

USES = "OWNER/cigate@v1"
SHIPPED = (
    "action.yml",
    "cigate",
    "docs",
    "hooks",
    "train",
    "pyproject.toml",
    "setup.cfg",
    "README.md",
    "LICENSE",
)
WORKFLOW = """\
on: [push, pull_request, merge_group, workflow_dispatch]
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: cigate
        uses: OWNER/cigate@v1
        with: WITH
      - if: always()
        env:
          PROBABILITY: ${{ steps.cigate.outputs.probability }}
          VERDICT: ${{ steps.cigate.outputs.verdict }}
          REASONS: ${{ steps.cigate.outputs.reasons }}
          MODEL: ${{ steps.cigate.outputs.model }}
          P_RUN: ${{ steps.cigate.outputs.p-run }}
        run: |
          echo "outputs: $VERDICT $PROBABILITY $MODEL $P_RUN"
          echo "reasons: $REASONS"
"""


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the action as GitHub would check it out."""
    folder = tmp_path_factory.mktemp("action")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a pushed work tree of 41 commits, its remote and a model: to be copied."""
    folder = tmp_path_factory.mktemp("pattern")
    work = Repo.init(folder / "work")
    work.bare_remote().set("uploadpack.allowAnySHA1InWant", "true")
    for number in range(41):
        work.commit({f"src/{number}.py": "x\n"})
    work.push("main")
    write_bundle(str(folder / "model"), wary_bundle())
    return folder


class Project:
    """A repository on a server, with a pull request, and the workflow that judges it."""

    def __init__(self, folder: Path, pattern: Path, action: Path) -> None:
        self.folder, self.action = folder, action
        shutil.copytree(pattern, folder, dirs_exist_ok=True)
        self.work = Repo(folder / "work")
        self.work.now += 100 * 60
        self.remote = Repo(folder / "work-origin.git", bare=True)
        self.work.git("remote", "set-url", "origin", str(self.remote.path))
        self.main = self.work.head()

    def pull(self, files: dict[str, str]) -> tuple[str, str]:
        """Open a pull request of one commit; return its head and the merge that GitHub makes."""
        self.work.checkout("topic", "main")
        head = self.work.commit(dict(files))
        self.work.checkout("main")
        self.work.commit({"src/a.py": "x = 2\n"})
        self.main = self.work.head()
        self.work.checkout("merged", "main")
        merge = self.work.merge("topic")
        self.work.push("main", "topic", "merged:refs/pull/7/merge")
        return head, merge

    def run(self, event: str, payload: dict[str, Any], workflow: str = WORKFLOW, **given: Any) -> Ran:
        """Run the workflow at what is checked out; `given` are the action's inputs, or `secrets`."""
        secrets, path = given.pop("secrets", None), given.pop("path", "")
        given.setdefault("model", str(self.folder / "model"))
        workflow = workflow.replace("WITH", json.dumps(given))
        return run_act(
            self.folder / "act",
            workflow,
            event,
            payload,
            self.work,
            origin=f"file://{self.remote.path}",
            env={"GIT_CONFIG_NOSYSTEM": "1"} | (pip_settings() if path else {}),
            secrets=secrets,
            actions={USES: self.action},
            path=path,
        )

    def pulled(self, files: dict[str, str], head_repo: str = "o/r", **given: Any) -> Ran:
        """Run it on a pull request of `files`."""
        head, _ = self.pull(files)
        base = {"sha": self.main, "ref": "main", "repo": {"full_name": "o/r"}}
        there = {"sha": head, "ref": "topic", "repo": {"full_name": head_repo, "fork": head_repo != "o/r"}}
        return self.run("pull_request", {"number": 7, "pull_request": {"base": base, "head": there}}, **given)


def pip_settings() -> dict[str, str]:
    """Return what tells pip where this machine's packages are, for a runner with another home."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    home = os.environ.get("XDG_CONFIG_HOME", str(Path.home() / ".config"))
    return {"XDG_CONFIG_HOME": home, "PIP_NO_COMPILE": "1", **variables}


@pytest.fixture
def project(tmp_path: Path, pattern: Path, action: Path) -> Project:
    return Project(tmp_path, pattern, action)


def outputs(ran: Ran) -> str:
    (line,) = [line for line in ran.lines() if line.startswith("outputs: ")]
    return line.removeprefix("outputs: ")


def test_a_pull_request_that_is_predicted_to_fail_is_stopped(project: Project) -> None:
    """From a checkout of the merge alone: it deepens by itself, and tells page, log and later steps."""
    ran = project.pulled(RISKY)
    assert ran.code != 0
    assert outputs(ran) == "block 1.0000 wary-1 0"
    assert "reasons: it changes CI configuration files" in ran.lines()
    assert "predicted to break CI" in ran.log
    assert "Summary - ### cigate: likely to break CI\n" in ran.log
    assert "(1 commit, 1 file)" in ran.log
    assert "| <code>.github/workflows/ci.yml</code> |" in ran.log


def test_a_pull_request_that_looks_fine_goes_on(project: Project) -> None:
    ran = project.pulled(HARMLESS)
    assert ran.code == 0, ran.log
    assert outputs(ran) == "pass 0.0000 wary-1 1"


@pytest.mark.parametrize("event", ["push", "merge_group", "workflow_dispatch"])
def test_other_events_are_judged_too(project: Project, event: str) -> None:
    """A push from what was there, a merge group from the branch it enters, a start by hand its commit."""
    before = project.main
    head = project.work.commit(RISKY)
    project.work.push("main")
    payload: dict[str, Any] = {"after": head, "ref": "refs/heads/main", "before": before}
    if event == "merge_group":
        payload = {"merge_group": {"base_sha": before, "head_sha": head, "base_ref": "refs/heads/main"}}
    ran = project.run(event, payload)
    assert ran.code != 0
    assert outputs(ran).startswith("block 1.0000")


@pytest.mark.parametrize(
    ("given", "passes", "said"),
    [
        ({"fail-on": "never"}, True, "block 1.0000 wary-1 0"),
        ({"mode": "warn"}, True, "warn 1.0000 wary-1 1"),
        ({"mode": "warn", "fail-on": "warn"}, False, "warn 1.0000 wary-1 1"),
        ({"explore": "1"}, True, "warn 1.0000 wary-1 1"),
        ({"deepen": "0"}, True, "unknown"),
    ],
    ids=["never", "warn", "fail on warn", "explore", "too shallow"],
)
def test_inputs_decide_what_a_prediction_means(
    project: Project, given: dict[str, str], passes: bool, said: str
) -> None:
    """Where nothing can be judged the step says so and stops nothing."""
    ran = project.pulled(RISKY, **given)
    assert (ran.code == 0) == passes, ran.log
    assert outputs(ran).startswith(said)
    assert ("fetch-depth: 0" in ran.log) == (said == "unknown")


def test_the_head_cannot_switch_the_gate_off(project: Project) -> None:
    ran = project.pulled({**RISKY, ".cigate.toml": 'ci-mode = "warn"\n'})
    assert outputs(ran).startswith("block")


def test_a_fork_is_judged_by_a_public_model_and_writes_no_history(project: Project) -> None:
    """Without secrets, and even where it can reach a store."""
    place, store = project.folder / "published", project.folder / "all.sqlite"
    made = subprocess.run(
        [BIN / "cigate", "publish", "--to", str(place), "--model", str(project.folder / "model")],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    ran = project.pulled(RISKY, head_repo="stranger/r", model=f"file://{place}")
    assert outputs(ran) == "block 1.0000 wary-1 0"
    ran = project.run(
        "pull_request",
        json.loads((project.folder / "act" / "event.json").read_text()),
        record="success",
        history=f"sqlite:///{store}",
    )
    assert ran.code == 0, ran.log
    assert "writes no history" in ran.log
    assert not store.exists()


def test_a_model_that_cannot_be_pulled_is_taken_from_the_cache(project: Project) -> None:
    """And is the starter where there is none; neither stops anybody."""
    gone = f"file://{project.folder}/gone"
    ran = project.pulled(RISKY, model=gone, cache=str(project.folder / "model"))
    assert outputs(ran) == "block 1.0000 wary-1 0"
    assert "the one in the cache judges" in ran.log


@pytest.mark.slow
def test_on_a_runner_without_cigate_the_action_installs_itself(project: Project) -> None:
    """By pip from its own checkout, with what the store needs, into an environment of its own."""
    store = open_store(f"sqlite:///{project.folder}/team.sqlite")
    store.append(records(60))
    store.close()
    given = {"python": sys.executable, "history": f"sqlite:///{project.folder}/team.sqlite"}
    ran = project.pulled(RISKY, path=bare_path(), **given)
    assert outputs(ran) == "block 1.0000 wary-1 0", ran.log
    assert "60 builds known" in ran.log
    assert "did not answer" not in ran.log


def test_a_runner_on_which_cigate_cannot_be_installed_is_not_stopped(project: Project) -> None:
    """The step says so and goes on; the outputs tell later steps that nothing was judged."""
    ran = project.pulled(RISKY, path=bare_path(), python="false")
    assert ran.code == 0, ran.log
    assert outputs(ran).startswith("unknown")
    assert "cigate could not be installed" in ran.log


def bare_path() -> str:
    """Return a PATH with what a runner has, and without cigate."""
    path = os.pathsep.join(dict.fromkeys(str(Path(program(name)).parent) for name in ("git", "bash", "env")))
    assert shutil.which("cigate", path=path) is None
    return path


def program(name: str) -> str:
    found = shutil.which(name)
    assert found
    return found


def test_the_summary_grades_what_the_pipeline_judged_before(project: Project) -> None:
    """The ledger is kept in the cache, the outcomes are in the store that `history` names."""
    given = {"cache": str(project.folder / "kept"), "history": f"sqlite:///{project.folder}/team.sqlite"}
    first = project.pulled(RISKY, **given)
    assert "| scorecard |" not in first.log
    store = open_store(given["history"])
    head = project.work.head("topic")
    store.append([build("failed", head=head, at=int(time.time()) + 5, took_s=600)])
    store.close()
    event = json.loads((project.folder / "act" / "event.json").read_text())
    second = project.run("pull_request", event, **given)
    assert "| scorecard | what became of the judgements here |" in second.log, second.log
    assert "| warnings | 1 of 1 came true" in second.log


def test_the_workflow_that_is_shipped_gates_runs_and_records(project: Project, tmp_path: Path) -> None:
    """As it is in hooks/: what passes runs the suite, and its outcome is in the store."""
    store = f"sqlite:///{tmp_path}/all.sqlite"
    text = (ROOT / "hooks" / "github-workflow.yml").read_text("utf-8")
    text = text.replace('explore: "0.05"', f'explore: "0.05"\n          model: {project.folder}/model')
    files = {"Makefile": "test:\n\techo the suite runs; false\n"}
    ran = project.run("push", self_push(project, files), workflow=text, secrets={"CIGATE_STORE": store})
    assert "the suite runs" in ran.log
    opened = open_store(store)
    (record,) = opened.read()
    opened.close()
    assert (record.outcome, record.p_run, record.change.head) == ("failed", 1.0, project.work.head())
    project.work.commit(RISKY)
    ran = project.run("push", self_push(project, {}), workflow=text, secrets={"CIGATE_STORE": store})
    assert ran.code != 0
    assert "the suite runs" not in ran.log


def self_push(project: Project, files: dict[str, str]) -> dict[str, Any]:
    """Push a commit of `files`, or what is committed already, and return GitHub's event of it."""
    before = project.remote.head("refs/heads/main")
    if files:
        project.work.commit(dict(files))
    project.work.push("main")
    return {"after": project.work.head(), "ref": "refs/heads/main", "before": before}
