"""From commits to judgements: which model and history, which changes, which reasons."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from cigate.config import Config
from cigate.errors import GitError, HistoryError
from cigate.features import FEATURES, vector
from cigate.git import Repository
from cigate.history import History
from cigate.judge import find_model
from cigate.judgement import Report
from cigate.judging import Occasion, Ref, judge_refs
from cigate.model import Bundle, open_predictor
from cigate.places import history_path, model_dir, starter_dir
from cigate.walk import change_of
from tests.judged import HARMLESS, LAST_BUILD_AT, RISKY, Judged, past, wary_bundle

AT = LAST_BUILD_AT + 3600


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


def open_repo(judged: Judged) -> Repository:
    return Repository.open(str(judged.work.path))


def judge(judged: Judged, *refs: Ref, mode: str = "warn", explain_all: bool = False) -> Report:
    """Judge `refs` as the hook would."""
    repo = open_repo(judged)
    reading = repo.start_reading([ref.head for ref in refs], not_remotes=True, limit=200)
    return judge_refs(
        repo,
        reading,
        refs,
        Config(),
        {},
        Occasion(AT, monotonic(), mode, "origin", explain_all=explain_all),
    )


def test_a_judgement_is_the_models_answer_to_the_changes_features(judged: Judged) -> None:
    """Nothing stands between what training calls and what a push is judged by."""
    head = judged.work.commit(RISKY)
    (found,) = judge(judged, Ref("main", "main", head)).judgements
    bundle = wary_bundle()
    commits = {c.sha: c for c in open_repo(judged).read_commits([head], not_remotes=True)}
    change = change_of(head, commits, (), branch="main", pushed_at=AT)
    row = vector(change, History.restore(bundle.history))
    assert [found.p_fail] == open_predictor(bundle).score([row])
    assert (found.head, found.base) == (head, judged.sees("main"))
    assert (found.commits, found.files, found.complete) == (1, 1, True)


def test_several_refs_are_each_judged_by_their_own_commits(judged: Judged) -> None:
    judged.work.checkout("a", "main")
    calm = judged.work.commit(HARMLESS)
    judged.work.checkout("b", "a")
    risky = judged.work.commit(RISKY)
    report = judge(judged, Ref("a", "a", calm), Ref("b", "b", risky))
    assert [(j.name, j.commits, j.verdict.action) for j in report.judgements] == [
        ("a", 1, "pass"),
        ("b", 2, "warn"),
    ]
    assert report.verdict() == "warn"


def test_a_tag_is_told_by_the_branch_that_brings_its_commits(judged: Judged) -> None:
    head = judged.work.commit(RISKY)
    tag = judged.work.tag("v1", annotated=True)
    report = judge(judged, Ref("tag v1", "", tag), Ref("main", "main", head))
    assert [j.name for j in report.judgements] == ["main"]
    assert report.unchanged == ("tag v1",)


def test_a_tag_of_no_commit_brings_nothing(judged: Judged) -> None:
    blob = judged.work.git("hash-object", "-w", "--stdin", stdin=b"text")
    report = judge(judged, Ref("tag blob", "", blob))
    assert (report.judgements, report.unchanged) == ((), ("tag blob",))


def test_an_object_that_is_not_here_is_an_error_not_an_empty_push(judged: Judged) -> None:
    with pytest.raises(GitError, match="not in this repository"):
        judge(judged, Ref("main", "main", "1" * 40))


def test_nothing_new_needs_no_model(judged: Judged) -> None:
    for path in (judged.state / "model").iterdir():
        path.unlink()
    report = judge(judged, Ref("main", "main", judged.work.head()))
    assert (report.unchanged, report.model, report.history) == (("main",), None, None)
    assert report.verdict() == "none"
    head = judged.work.commit(HARMLESS)
    with pytest.raises(HistoryError) as caught:
        judge(judged, Ref("main", "main", head))
    assert "cigate import csv" in caught.value.hint


def test_reasons_are_worked_out_for_what_does_not_pass_unless_all_are_wanted(judged: Judged) -> None:
    calm = judged.work.commit({"src/b.py": "x = 1\n"})
    ref = Ref("main", "main", calm)
    assert judge(judged, ref).judgements[0].reasons == ()
    head = judged.work.commit(RISKY)
    reasons = judge(judged, Ref("main", "main", head), explain_all=True).judgements[0].reasons
    assert reasons[0].theme == "kinds"
    assert reasons[0].p_without < 0.1


def test_of_hundreds_of_refs_the_riskiest_have_reasons(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads the others, and a push waits for them; whoever asks gets them all."""
    monkeypatch.setattr("cigate.judge.MOST_EXPLAINED", 2)
    refs = []
    for number in range(4):
        judged.work.checkout(f"topic{number}", "main")
        refs.append(Ref(f"topic{number}", f"topic{number}", judged.work.commit(RISKY)))
    found = judge(judged, *refs).judgements
    assert [j.verdict.action for j in found] == ["warn"] * 4
    assert sum(bool(j.reasons) for j in found) == 2
    assert all(j.reasons for j in judge(judged, *refs, explain_all=True).judgements)


def test_more_commits_than_are_read_are_judged_in_part(judged: Judged) -> None:
    lines = [
        b"commit refs/heads/big",
        b"committer a <a@example.invalid> 1600000000 +0000",
        b"data 1",
        b"x",
        b"",
    ]
    stream = b"reset refs/heads/big\nfrom refs/heads/main^0\n\n" + b"\n".join(lines * 210) + b"\n"
    judged.work.fast_import(stream)
    (found,) = judge(judged, Ref("big", "big", judged.work.head("big"))).judgements
    assert (found.commits, found.complete) == (200, False)


def test_red_branches_are_known_as_such(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path, wary_bundle(history=past(red="main")))
    head = judged.work.commit(RISKY)
    (found,) = judge(judged, Ref("main", "main", head), mode="block").judgements
    assert found.red_builds == 3
    assert found.red_s > 0
    assert found.verdict.red
    assert found.verdict.action == "warn"


def test_without_a_model_of_its_own_the_starter_judges_by_the_repositorys_history(judged: Judged) -> None:
    """The starter has no history: what it knows of a project it reads from the project's own."""
    repo = open_repo(judged)
    assert find_model(repo, Config()) == model_dir(repo)
    for path in (judged.state / "model").iterdir():
        path.unlink()
    assert find_model(repo, Config()) == starter_dir()
    Path(history_path(repo)).write_bytes(past(60))
    head = judged.work.commit(HARMLESS)
    report = judge(judged, Ref("main", "main", head))
    assert report.model is not None
    assert report.model.starter
    assert report.model.where == starter_dir()
    assert report.history is not None
    assert (report.history.builds, report.history.where) == (60, history_path(repo))


def test_the_model_of_the_tests_is_what_it_claims_to_be() -> None:
    """It lists this program's features, so that the tests judge by the real ones."""
    bundle: Bundle = wary_bundle()
    assert [name for name, _ in bundle.manifest.features] == [feature.name for feature in FEATURES]
