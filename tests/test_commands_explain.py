"""`cigate explain` on a real repository: what is to be pushed, what was, and past builds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cigate.change import BuildRecord
from cigate.stores import open_store
from tests import builds as b
from tests.judged import RISKY, Judged, run_cigate

BOTH = {**RISKY, "src/b.py": "b\n"}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Return a repository with 31 builds in its store, and one commit that no remote has."""
    judged = Judged.make(tmp_path_factory.mktemp("explained"))
    judged.work.commit(BOTH)
    store = open_store(f"sqlite:///{judged.state}/builds.sqlite")
    store.append(
        [*b.builds("p" * 30), failed_build(), b.build("passed", at=b.AT + 40 * b.HOUR_S, id="green")]
    )
    store.close()
    return judged


def failed_build() -> BuildRecord:
    made = b.build("failed", at=b.AT + 35 * b.HOUR_S, files=dict.fromkeys(RISKY, (3, 0)), id="7", took_s=720)
    return BuildRecord(made.id, made.change, "failed", made.started_at, made.finished_at, url="https://ci/7")


def explain(judged: Judged, *args: str) -> str:
    done = run_cigate("explain", *args, cwd=judged.work.path)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_what_is_to_be_pushed_is_explained(judged: Judged) -> None:
    text = explain(judged)
    head = judged.work.head()
    assert text.startswith(f"main {head[:7]}   100 % likely to fail  (usual here: ")
    assert "\nraised by      0 %  were it as usual: it changes CI configuration files\n" in text
    assert "\nwithout        0 %  .github/workflows/ci.yml\n" in text
    assert "\nmodel       model of 2023-11-14: wary-1; warns from 50 %; blocks from 80 %\n" in text
    assert "\nhistory     40 builds, 4 failed; history " in text


def test_the_json_holds_what_predict_says(judged: Judged) -> None:
    plain = json.loads(explain(judged, "--format", "json"))
    done = run_cigate("predict", "--mode", "warn", "--format", "json", cwd=judged.work.path)
    (predicted,) = json.loads(done.stdout)["judgements"]
    assert plain["schema"] == "cigate.explanation/1"
    assert (plain["head"], plain["p_fail"]) == (predicted["head"], predicted["p_fail"])
    assert plain["effects"][0]["theme"] == "kinds"
    assert predicted["reasons"][0]["p_without"] == plain["effects"][0]["p_without"]
    assert plain["without"][0]["what"] == ".github/workflows/ci.yml"
    assert plain["since"] is None


def test_a_range_and_a_single_commit_may_be_named(judged: Judged) -> None:
    head = judged.work.head()
    whole = json.loads(explain(judged, "HEAD~1..HEAD", "--format", "json"))
    assert (whole["head"], whole["commits"], whole["files"]) == (head, 1, 2)
    pushed = json.loads(explain(judged, "HEAD~1", "--format", "json"))
    assert pushed["commits"] == 1, "what a remote has already is explained by itself"


def test_a_past_build_is_explained_as_of_its_push(judged: Judged) -> None:
    text = explain(judged, "--build", "7")
    assert "likely to fail  (usual then: " in text
    assert "history     30 builds, 0 failed; " in text
    assert "\nsince       failed after 12 min: https://ci/7\n" in text
    assert "the branch passed again with " in text
    assert "made after that build ended on 2020-09-14: it may know it" in text
    plain = json.loads(explain(judged, "--build", "7", "--format", "json"))
    assert (plain["since"]["build"], plain["since"]["outcome"]) == ("7", "failed")
    assert plain["since"]["url"] == "https://ci/7"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("HEAD", "--build", "7"), "REV names commits, --build a past build: give one of them"),
        (("--build", "nope"), "the store holds no build 'nope'"),
        (("HEAD..HEAD",), "HEAD..HEAD brings no commit"),
        (("nobranch",), "no commit is called 'nobranch' here"),
        (("--build", "1600000000-main"), "nothing was known when that build was pushed"),
    ],
    ids=["both", "no build", "empty range", "no commit", "first build"],
)
def test_mistakes_are_clear_errors(judged: Judged, args: tuple[str, ...], said: str) -> None:
    done = run_cigate("explain", *args, cwd=judged.work.path)
    assert done.returncode in (2, 3)
    assert done.stderr.startswith(f"cigate: {said}")
    assert "Traceback" not in done.stderr


def test_nothing_from_a_commit_drives_a_terminal(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path)
    judged.work.commit({**RISKY, "x\x1b[31m\n::error::": "x\n"})
    text = explain(judged)
    assert "\x1b" not in text
    assert "\n::error" not in text


def test_a_file_that_cannot_be_right_is_explained_as_one(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path)
    judged.work.commit({"src/b.rb": "a\n<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n"})
    assert "\nbroken      conflict markers in src/b.rb:2\n" in explain(judged)
    (signal,) = json.loads(explain(judged, "--format", "json"))["signals"]
    assert signal == {
        "kind": "conflict",
        "path": "src/b.rb",
        "line": 2,
        "text": "conflict markers in src/b.rb:2",
    }
