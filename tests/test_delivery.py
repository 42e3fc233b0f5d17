"""`cigate predict --format --output --dotenv`: each reader gets its own, in the right place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cigate.reporters import REPORTERS
from tests.judged import HARMLESS, RISKY, Judged, run_cigate


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    made = Judged.make(tmp_path)
    made.work.commit({**RISKY, **HARMLESS})
    return made


@pytest.mark.parametrize("form", sorted(REPORTERS))
def test_every_format_says_the_same_and_ends_alike(judged: Judged, form: str) -> None:
    """What is predicted to fail is one, whoever reads it, and the file that makes it so is named."""
    done = run_cigate("predict", "--format", form, cwd=judged.work.path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "100 %" in done.stdout or form == "json"
    if form != "text":
        assert ".github/workflows/ci.yml" in done.stdout


def test_words_go_to_stderr_where_the_report_goes_to_a_file(judged: Judged, tmp_path: Path) -> None:
    out, env = tmp_path / "quality.json", tmp_path / "cigate.env"
    done = run_cigate("predict", "--format", "gitlab", "--output", out, "--dotenv", env, cwd=judged.work.path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "likely to break CI: 100 %" in done.stderr
    assert json.loads(out.read_text("utf-8"))[0]["location"]["path"] == ".github/workflows/ci.yml"
    assert "CIGATE_VERDICT=block\n" in env.read_text("utf-8")


def test_github_s_own_files_are_added_to(judged: Judged, tmp_path: Path) -> None:
    """What earlier steps wrote there stays; the log holds the annotation."""
    summary, outputs = tmp_path / "summary.md", tmp_path / "outputs"
    summary.write_text("before\n")
    env = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs)}
    done = run_cigate("predict", "--format", "github", cwd=judged.work.path, env=env)
    assert "::error title=cigate%3A predicted to break CI::main: 100 %25 likely" in done.stdout
    assert summary.read_text("utf-8").startswith("before\n### cigate: likely to break CI\n")
    assert "verdict<<" in outputs.read_text("utf-8")


@pytest.mark.parametrize("flag", ["--output", "--dotenv"])
def test_a_file_that_cannot_be_written_is_a_usage_error(judged: Judged, flag: str) -> None:
    """Not a verdict: nobody may take it for one."""
    done = run_cigate("predict", flag, "/nowhere/x", cwd=judged.work.path)
    assert done.returncode == 2
    assert "x cannot be written" in done.stderr
