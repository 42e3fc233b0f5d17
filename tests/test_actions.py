"""The workflow of `cigate init`: only where its action is known, and clean to those who check workflows."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from cigate import actions
from cigate.actions import FILE, parse_origin, workflow_edit
from tests.runners import BIN

COMMIT = "1" * 40
ACTION = f"somebody/cigate@{COMMIT}"


def origin(url: str, commit: object = COMMIT) -> str:
    return json.dumps({"url": url, "vcs_info": {"vcs": "git", "commit_id": commit}})


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/somebody/cigate",
        "https://github.com/somebody/cigate.git",
        "ssh://git@github.com/somebody/cigate.git",
        "git@github.com:somebody/cigate.git",
    ],
)
def test_the_action_is_where_cigate_came_from(url: str) -> None:
    assert parse_origin(origin(url)) == ACTION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        json.dumps({"url": "file:///src/cigate", "dir_info": {"editable": True}}),
        origin("https://example.invalid/somebody/cigate"),
        origin("https://github.com/somebody/cigate", "main"),
        origin("https://github.com/somebody/cigate/tree/x"),
        origin("https://github.com/a b/cigate\n"),
    ],
)
def test_what_names_no_commit_on_github_names_no_action(text: str) -> None:
    """A workflow with a guessed action would break CI."""
    assert parse_origin(text) == ""


def test_nothing_is_written_where_the_action_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "find_action", lambda: "")
    assert workflow_edit(str(tmp_path), ()) is None


@pytest.mark.parametrize("text", ["- uses: x/cigate@v1\n", "- run: cigate predict\n"])
def test_a_workflow_that_asks_cigate_already_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(actions, "find_action", lambda: ACTION)
    (tmp_path / "ci.yml").write_text(text)
    assert workflow_edit(str(tmp_path), ("ci.yml",)) is None


@pytest.fixture
def workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of the workflow, in a repository of its own."""
    monkeypatch.setattr(actions, "find_action", lambda: ACTION)
    (tmp_path / "ci.yml").write_text("on: push\n")
    edit = workflow_edit(str(tmp_path), ("ci.yml",))
    assert edit is not None
    assert (edit.path, edit.old) == (FILE, None)
    path = tmp_path / edit.path
    path.parent.mkdir(parents=True)
    path.write_text(edit.new)
    return path


def test_every_use_is_pinned_and_permissions_are_least(workflow: Path) -> None:
    made = yaml.safe_load(workflow.read_text())
    (job,) = made["jobs"].values()
    assert made["permissions"] == {}
    assert job["permissions"] == {"contents": "read"}
    uses = [step["uses"] for step in job["steps"]]
    assert uses[1] == ACTION
    assert all(len(use.split("@")[1]) == 40 for use in uses)
    assert job["steps"][1]["with"]["fail-on"] == "never"


@pytest.mark.parametrize(
    "command",
    [
        ["zizmor", "--offline", "--no-progress"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
    ],
    ids=["zizmor", "check-jsonschema"],
)
def test_those_who_check_workflows_have_no_complaint(workflow: Path, command: list[str]) -> None:
    program = shutil.which(command[0], path=str(BIN))
    if program is None:
        pytest.skip(f"{command[0]} is not installed: make env")
    words: list[str | Path] = [program, *command[1:], workflow]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
