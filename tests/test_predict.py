"""`cigate predict`: the hook's judgement on demand, for commits and for totals."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cigate.model import Thresholds, write_bundle
from tests.judged import HARMLESS, RISKY, Judged, past, run_cigate, wary_bundle

TOTALS = (
    "--author",
    "new_dev",
    "--files-changed",
    "18",
    "--lines-added",
    "150",
    "--lines-deleted",
    "40",
    "--dominant-file-type",
)
CI_FILE = "Jenkinsfile"  # as the dominant type: a change of nothing but CI configuration


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


def predict(judged: Judged, *args: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    done = run_cigate("predict", *args, cwd=judged.work.path, env=env)
    return done.returncode, done.stdout, done.stderr


def test_a_predicted_failure_is_one_and_says_why(judged: Judged) -> None:
    judged.work.commit(RISKY)
    code, text, errors = predict(judged)
    assert (code, errors) == (1, "")
    assert text.startswith("cigate  main   likely to break CI: 100 %")
    assert "  why   it changes CI configuration files\n" in text
    assert "blocked" in text


def test_a_pass_is_zero(judged: Judged) -> None:
    judged.work.commit(HARMLESS)
    code, text, _ = predict(judged)
    assert code == 0
    assert text.startswith("cigate  main   looks fine: 0 %")


@pytest.mark.parametrize(("flag", "variable"), [("warn", None), (None, "warn")])
def test_a_warning_is_zero_where_that_is_asked_for(
    judged: Judged, flag: str | None, variable: str | None
) -> None:
    judged.work.commit(RISKY)
    env = {"CIGATE_CI_MODE": variable} if variable else {}
    code, text, _ = predict(judged, *(["--mode", flag] if flag else []), env=env)
    assert code == 0
    assert "warned, not blocked" in text


def test_the_mode_of_the_hook_does_not_count(judged: Judged) -> None:
    (judged.work.path / ".cigate.toml").write_text('mode = "off"\n')
    judged.work.commit(RISKY)
    assert predict(judged)[0] == 1


def test_base_and_head_name_any_range(judged: Judged) -> None:
    start = judged.work.head()
    risky = judged.work.commit(RISKY)
    calm = judged.work.commit(HARMLESS)
    judged.work.push("--no-verify", "main")
    assert predict(judged, "--base", start, "--head", risky)[0] == 1
    assert predict(judged, "--base", risky, "--head", "HEAD")[0] == 0
    code, text, _ = predict(judged, "--base", "HEAD~1", "--head", calm, "--branch", "feature/x")
    assert (code, text.split("   ")[0]) == (0, "cigate  feature/x")


def test_the_branch_is_the_one_checked_out_or_named(judged: Judged) -> None:
    judged.work.checkout("side", "main")
    judged.work.commit(HARMLESS)
    assert json.loads(predict(judged, "--format", "json")[1])["judgements"][0]["branch"] == "side"
    judged.work.checkout("main")
    named = predict(judged, "--head", "side", "--format", "json")[1]
    assert json.loads(named)["judgements"][0]["branch"] == "side"
    judged.work.git("checkout", "-q", "--detach", "side")
    (detached,) = json.loads(predict(judged, "--format", "json")[1])["judgements"]
    assert (detached["branch"], detached["ref"]) == ("", judged.work.head()[:12])


def test_nothing_new_is_said_with_how_to_name_a_base(judged: Judged) -> None:
    code, text, errors = predict(judged)
    assert (code, text) == (0, "cigate  main   nothing new to judge\n")
    assert "--base REV" in errors


def test_json_holds_what_the_text_says(judged: Judged) -> None:
    judged.work.commit(RISKY)
    code, text, errors = predict(judged, "--format", "json")
    plain = json.loads(text)
    assert (code, errors) == (1, "")
    assert (plain["schema"], plain["verdict"], plain["mode"]) == ("cigate.judgement/1", "block", "block")
    (found,) = plain["judgements"]
    assert (found["ref"], found["head"], found["verdict"]) == ("main", judged.work.head(), "block")
    assert found["p_fail"] > 0.9
    assert found["reasons"][0]["theme"] == "kinds"
    assert plain["model"]["id"] == "wary-1"
    assert plain["history"]["builds"] == 40


def test_a_model_that_may_not_block_only_warns(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, wary_bundle(thresholds=Thresholds(0.5, None, "too few builds")))
    judged.work.commit(RISKY)
    code, text, _ = predict(judged)
    assert code == 0
    assert "warned, not blocked: too few builds" in text


def test_a_model_can_be_named(judged: Judged, tmp_path: Path) -> None:
    write_bundle(str(tmp_path / "m"), wary_bundle(history=past(20)))
    judged.work.commit(RISKY)
    text = predict(judged, "--model", str(tmp_path / "m"), "--format", "json")[1]
    assert json.loads(text)["model"]["where"] == str(tmp_path / "m")
    code, text, errors = predict(judged, "--model", str(tmp_path / "nothing"))
    assert (code, text) == (3, "")
    assert "there is no model in" in errors
    assert "cigate train --export-onnx" in errors


def test_without_a_model_the_starter_is_used_and_named(judged: Judged) -> None:
    for path in (judged.state / "model").iterdir():
        path.unlink()
    judged.work.commit(HARMLESS)
    code, _, errors = predict(judged)
    assert code == 3
    assert "the history is empty" in errors
    (judged.state / "history.bin").write_bytes(past(60))
    code, text, _ = predict(judged, "--format", "json")
    assert code == 0
    assert json.loads(text)["model"]["starter"]
    assert json.loads(text)["history"]["builds"] == 60


def test_a_revision_that_is_none_is_named(judged: Judged) -> None:
    code, _, errors = predict(judged, "--base", "nonsense")
    assert code == 3
    assert "no commit is called 'nonsense' here" in errors


def test_another_repository_can_be_named(judged: Judged, tmp_path: Path) -> None:
    judged.work.commit(RISKY)
    done = run_cigate("predict", "--repo", judged.work.path, cwd=tmp_path)
    assert done.returncode == 1


@pytest.mark.parametrize(("kind", "code"), [(CI_FILE, 1), (".py", 0)])
def test_totals_are_judged_by_the_bundle_alone(judged: Judged, tmp_path: Path, kind: str, code: int) -> None:
    elsewhere = tmp_path / "no repository"
    elsewhere.mkdir()
    done = run_cigate("predict", *TOTALS, kind, "--model", judged.state / "model", cwd=elsewhere)
    assert done.returncode == code, done.stderr
    assert done.stdout.startswith("cigate  this change   " + ("likely" if code else "looks fine"))


def test_totals_are_judged_as_if_pushed_after_the_last_known_build(judged: Judged) -> None:
    (judged.state / "history.bin").write_bytes(past(60))
    text = predict(judged, *TOTALS, ".py", "--format", "json")[1]
    plain = json.loads(text)
    assert plain["history"]["builds"] == 40
    assert plain == json.loads(predict(judged, *TOTALS, ".py", "--format", "json")[1]) | {
        name: plain[name] for name in ("judged_at", "elapsed_ms")
    }
    assert plain["judgements"][0]["files"] == 18


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (TOTALS[:2], "--author needs --files-changed, --lines-added, --lines-deleted"),
        ((*TOTALS, ".py", "--base", "HEAD"), "--base names commits"),
        ((*TOTALS[:3], "-1", *TOTALS[4:], ".py"), "one of the totals is negative"),
        (
            (*TOTALS[:3], "0", *TOTALS[4:], ".py"),
            "one of the totals is a number of lines, but no file changed",
        ),
    ],
)
def test_totals_that_make_no_sense_are_refused(judged: Judged, args: tuple[str, ...], said: str) -> None:
    code, text, errors = predict(judged, *args)
    assert (code, text) == (2, "")
    assert said in errors


def test_totals_without_any_model_say_what_is_missing(tmp_path: Path) -> None:
    done = run_cigate("predict", *TOTALS, ".py", cwd=tmp_path)
    assert done.returncode == 3
    assert "--model DIR" in done.stderr


def test_a_bad_configuration_is_a_usage_error(judged: Judged) -> None:
    (judged.work.path / ".cigate.toml").write_text("colour = 1\n")
    code, _, errors = predict(judged)
    assert code == 2
    assert "unknown key 'colour'" in errors


def test_a_shallow_clone_is_refused_with_the_line_that_deepens_it(judged: Judged, tmp_path: Path) -> None:
    judged.work.commit(HARMLESS)
    judged.work.push("--no-verify", "main")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{judged.remote.path}", shallow], check=True)
    subprocess.run(["git", "-C", shallow, "update-ref", "-d", "refs/remotes/origin/main"], check=True)
    subprocess.run(["git", "-C", shallow, "symbolic-ref", "-d", "refs/remotes/origin/HEAD"], check=True)
    done = run_cigate("predict", "--model", judged.state / "model", cwd=shallow)
    assert done.returncode == 3
    assert "git fetch --deepen" in done.stderr
