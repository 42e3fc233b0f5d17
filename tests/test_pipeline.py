"""A step in a CI judges what was pushed, from what the CI says of it, by the configuration of its base."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.judged import HARMLESS, RISKY, Judged, run_cigate
from tests.repo import Repo

OFF = {".cigate.toml": 'ci-mode = "warn"\n'}


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    made = Judged.make(tmp_path)
    made.remote.set("uploadpack.allowAnySHA1InWant", "true")
    return made


class Pull:
    """A pull request as GitHub builds it: a head, a target that has moved on, and their merge."""

    def __init__(self, judged: Judged, files: dict[str, str], folder: Path) -> None:
        work = judged.work
        self.judged, self.folder = judged, folder
        work.checkout("topic", "main")
        for number in range(3):
            work.commit({f"src/{number}.py": "x\n"})
        self.head = work.commit(dict(files))
        work.checkout("main")
        self.base = work.commit({"src/a.py": "x = 2\n"})
        work.checkout("merged", "main")
        self.merge = work.merge("topic")
        work.push("--no-verify", "main", "topic", "merged:refs/pull/7/merge")
        # As cigate's own hook is out of the way, so must be what a laptop's remote-tracking branches know.
        work.git("checkout", "-q", "--detach", self.merge)

    def env(self, **more: Any) -> dict[str, str]:
        repo = {"full_name": "o/r"}
        pull = {
            "base": {"sha": self.base, "ref": "main", "repo": repo},
            "head": {"sha": self.head, "ref": "topic", "repo": more.pop("head_repo", repo)},
        }
        path = self.folder / "event.json"
        path.write_text(json.dumps({"pull_request": pull}))
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_SHA": self.merge,
            "GITHUB_RUN_ID": "1",
            "GITHUB_BASE_REF": "main",
            "GITHUB_HEAD_REF": "topic",
            **more,
        }

    def shallow(self) -> Repo:
        """Return what actions/checkout makes of it: the merge commit alone."""
        clone = Repo.init(self.folder / "shallow")
        clone.git("remote", "add", "origin", f"file://{self.judged.remote.path}")
        clone.git("fetch", "-q", "--no-tags", "--depth=1", "origin", self.merge)
        clone.git("checkout", "-q", "--detach", "FETCH_HEAD")
        shutil.copytree(self.judged.state / "model", clone.path / ".git" / "cigate" / "model")
        return clone


def predict(repo: Repo, env: dict[str, str], *args: str) -> tuple[int, dict[str, Any], str]:
    done = run_cigate("predict", "--format", "json", *args, cwd=repo.path, env=env)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def test_a_pull_request_is_judged_by_its_head_against_its_base(judged: Judged, tmp_path: Path) -> None:
    """Not by the merge commit that is checked out, and not by what the target got in the meantime."""
    pull = Pull(judged, RISKY, tmp_path)
    code, said, errors = predict(judged.work, pull.env())
    (found,) = said["judgements"]
    assert (code, errors) == (1, "")
    assert (found["head"], found["commits"], found["branch"]) == (pull.head, 4, "topic")


def test_a_shallow_clone_is_deepened_where_that_is_asked_for(judged: Judged, tmp_path: Path) -> None:
    """And says what to set where it is not; the same judgement as in a full clone."""
    pull = Pull(judged, RISKY, tmp_path)
    clone = pull.shallow()
    code, said, errors = predict(clone, pull.env())
    assert (code, said) == (3, {})
    assert "fetch-depth: 0" in errors
    full = predict(judged.work, pull.env())[1]["judgements"]
    code, said, errors = predict(clone, pull.env(), "--deepen", "100")
    assert (code, errors) == (1, "")
    assert said["judgements"] == full


def test_deepening_is_bounded(judged: Judged, tmp_path: Path) -> None:
    """It fetches no more than it may, and then what is missing is said and not guessed."""
    pull = Pull(judged, HARMLESS, tmp_path)
    clone = pull.shallow()
    code, _, errors = predict(clone, pull.env(), "--deepen", "2")
    assert code == 3
    assert "shallow" in errors
    assert int(clone.git("rev-list", "--count", pull.head)) == 2


def test_a_remote_that_is_gone_is_said(judged: Judged, tmp_path: Path) -> None:
    pull = Pull(judged, HARMLESS, tmp_path)
    clone = pull.shallow()
    clone.git("remote", "set-url", "origin", f"file://{tmp_path}/nowhere")
    code, _, errors = predict(clone, pull.env(), "--deepen", "100")
    assert code == 3
    assert "fetch-depth: 0" in errors


@pytest.mark.parametrize("where", ["head", "base"])
def test_configuration_is_read_from_the_base(judged: Judged, tmp_path: Path, where: str) -> None:
    """A pull request cannot switch off the gate that it has to pass; the base can."""
    if where == "base":
        judged.work.commit(OFF)
    pull = Pull(
        judged, {**RISKY, **(OFF if where == "head" else {".cigate.toml": 'ci-mode = "block"\n'})}, tmp_path
    )
    code, said, _ = predict(judged.work, pull.env())
    assert (code, said["mode"]) == ((1, "block") if where == "head" else (0, "warn"))
    assert predict(judged.work, pull.env(CIGATE_CI_MODE="warn"))[0] == 0, "the workflow itself may"
    assert predict(judged.work, pull.env(), "--config-from", pull.head)[1]["mode"] == (
        "warn" if where == "head" else "block"
    )


def test_a_broken_configuration_of_the_head_stops_nothing(judged: Judged, tmp_path: Path) -> None:
    pull = Pull(judged, {**HARMLESS, ".cigate.toml": "colour = \n"}, tmp_path)
    assert predict(judged.work, pull.env())[0] == 0


def test_a_model_in_the_repository_is_the_base_s(judged: Judged, tmp_path: Path) -> None:
    """Else a pull request would bring the model that judges it."""
    model = judged.work.path / "gate"
    shutil.copytree(judged.state / "model", model)
    judged.work.commit({".cigate.toml": 'model = "gate"\n'})
    pull = Pull(judged, {**RISKY, "gate/manifest.json": "{}"}, tmp_path)
    code, said, errors = predict(judged.work, pull.env())
    assert (code, errors) == (1, "")
    assert said["model"]["id"] == "wary-1"
    assert not os.path.exists(said["model"]["where"]), "what was taken out of git is gone again"


def test_a_merge_group_is_judged_against_the_branch_that_it_enters(judged: Judged, tmp_path: Path) -> None:
    pull = Pull(judged, RISKY, tmp_path)
    path = tmp_path / "group.json"
    path.write_text(
        json.dumps(
            {"merge_group": {"base_sha": pull.base, "head_sha": pull.merge, "base_ref": "refs/heads/main"}}
        )
    )
    env = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "merge_group",
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_SHA": pull.merge,
        "GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-7-" + pull.base,
    }
    code, said, _ = predict(judged.work, env)
    (found,) = said["judgements"]
    assert (code, found["head"], found["commits"]) == (1, pull.merge, 5)


def test_a_push_whose_past_is_unknown_is_judged_by_its_last_commit(judged: Judged) -> None:
    """A new branch, a forced push: the CI names nothing that is here to compare with."""
    judged.work.commit(HARMLESS)
    head = judged.work.commit(RISKY)
    judged.work.push("--no-verify", "main")
    env = {"CIRCLECI": "true", "CIRCLE_SHA1": head, "CIRCLE_BRANCH": "main"}
    code, said, _ = predict(judged.work, env)
    assert (code, said["judgements"][0]["commits"]) == (1, 1)


def test_the_target_s_branch_is_the_base_where_the_ci_names_no_commit(judged: Judged, tmp_path: Path) -> None:
    pull = Pull(judged, RISKY, tmp_path)
    judged.work.git("update-ref", "refs/remotes/origin/main", pull.base)
    env = {
        "BUILDKITE": "true",
        "BUILDKITE_COMMIT": pull.head,
        "BUILDKITE_PULL_REQUEST": "7",
        "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main",
    }
    assert predict(judged.work, env)[1]["judgements"][0]["commits"] == 4


def test_drawn_failures_run_and_are_kept_with_their_probability(judged: Judged, tmp_path: Path) -> None:
    """predict says so to the step that records; run does both by itself."""
    judged.work.commit(RISKY)
    dotenv = tmp_path / "cigate.env"
    code, said, _ = predict(judged.work, {}, "--explore", "1", "--dotenv", str(dotenv))
    assert (code, said["verdict"], said["p_run"]) == (0, "warn", 1)
    code, said, _ = predict(judged.work, {}, "--explore", "0.000001")
    assert (code, said["verdict"], said["p_run"]) == (1, "block", 0.000001)
    assert "CIGATE_P_RUN=1\n" in dotenv.read_text()
    run_id = next(n for n in range(1000) if _is_drawn(judged.work.head(), str(n), 0.05))
    env = {"BUILDBOT_BUILDERNAME": "b", "BUILDBOT_BUILDNUMBER": str(run_id)}
    done = run_cigate("run", "--explore", "0.05", "--", "false", cwd=judged.work.path, env=env)
    assert done.returncode == 1
    assert "drawn to run all the same (5 % are)" in done.stderr
    assert _kept(judged) == [("failed", 0.05)]
    env["BUILDBOT_BUILDNUMBER"] = str(
        next(n for n in range(1000) if not _is_drawn(judged.work.head(), str(n), 0.05))
    )
    assert (
        run_cigate("run", "--explore", "0.05", "--", "false", cwd=judged.work.path, env=env).returncode == 1
    )
    assert len(_kept(judged)) == 1, "what was not drawn did not run"


def _is_drawn(head: str, number: str, share: float) -> bool:
    from cigate.exploring import draw

    return draw("buildbot", f"b#{number}", head) < share


def _kept(judged: Judged) -> list[tuple[str, float]]:
    from cigate.stores import open_store

    store = open_store(f"sqlite:///{judged.state}/builds.sqlite")
    found = [(record.outcome, record.p_run) for record in store.read()]
    store.close()
    return found


@pytest.mark.parametrize(
    ("p_run", "kept"), [("0.05", [("failed", 0.05)]), ("", [("failed", 1.0)]), ("1", [("failed", 1.0)])]
)
def test_record_keeps_the_probability_that_it_is_told(
    judged: Judged, p_run: str, kept: list[tuple[str, float]]
) -> None:
    """An empty one is that of a gate which said nothing."""
    done = run_cigate("record", "--status", "failure", "--p-run", p_run, cwd=judged.work.path)
    assert (done.returncode, _kept(judged)) == (0, kept)


@pytest.mark.parametrize("p_run", ["0", "1.1", "-1", "nan", "x"])
def test_a_probability_that_is_none_is_refused(judged: Judged, p_run: str) -> None:
    done = run_cigate("record", "--status", "failure", "--p-run", p_run, cwd=judged.work.path)
    assert done.returncode == 2


def test_a_fork_writes_no_history(judged: Judged, tmp_path: Path) -> None:
    """Neither step of its pipeline does, whatever store it can reach; it is judged like any other."""
    pull = Pull(judged, HARMLESS, tmp_path)
    env = pull.env(head_repo={"full_name": "stranger/r"})
    store = f"sqlite:///{tmp_path}/all.sqlite"
    done = run_cigate("record", "--status", "success", "--store", store, cwd=judged.work.path, env=env)
    assert done.returncode == 0
    assert "a pull request from a fork writes no history" in done.stderr
    done = run_cigate("run", "--store", store, "--", "true", cwd=judged.work.path, env=env)
    assert done.returncode == 0
    assert "looks fine" in done.stderr
    assert "writes no history" in done.stderr
    assert not (tmp_path / "all.sqlite").exists()
    assert not (judged.state / "spool").exists()


def test_a_store_s_builds_are_known_where_it_is_named(judged: Judged, tmp_path: Path) -> None:
    """And where it does not answer, what is here judges, with a word."""
    from cigate.stores import open_store
    from tests.builds import project

    url = f"sqlite:///{tmp_path}/team.sqlite"
    store = open_store(url)
    store.append(project(60))
    store.close()
    judged.work.commit(HARMLESS)
    said = predict(judged.work, {}, "--history", url)[1]
    assert said["history"]["builds"] == 60
    code, said, errors = predict(judged.work, {}, "--history", "postgresql://ann:s3cret@127.0.0.1:1/x")
    assert code == 0
    assert "the store did not answer" in said["notes"]
    assert "s3cret" not in errors
