"""Which model and history judge here, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cigate import judge
from cigate.config import Config
from cigate.errors import DamagedBundle, HistoryError, NoModel, UnknownFeature
from cigate.git import Repository
from cigate.judge import find_model, newest_history, open_judge
from cigate.model import write_bundle
from cigate.places import history_path, model_dir
from tests.forests import fit_forest, make_bundle
from tests.judged import Judged, past, wary_bundle


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


def open_repo(judged: Judged) -> Repository:
    return Repository.open(str(judged.work.path))


def test_the_configured_model_comes_before_the_repositorys_own(judged: Judged) -> None:
    repo = open_repo(judged)
    assert find_model(repo, Config()) == model_dir(repo)
    assert find_model(repo, Config(model="/elsewhere")) == "/elsewhere"
    assert find_model(None, Config(model="/elsewhere")) == "/elsewhere"
    with pytest.raises(NoModel, match="no repository"):
        find_model(None, Config())


def test_a_damaged_model_is_not_replaced_by_the_starter(judged: Judged) -> None:
    (judged.state / "model" / "manifest.json").unlink()
    repo = open_repo(judged)
    assert find_model(repo, Config()) == model_dir(repo)
    with pytest.raises(DamagedBundle):
        open_judge(find_model(repo, Config()), repo, {})


def test_a_program_without_a_starter_says_that_there_is_no_model(
    judged: Judged, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in (judged.state / "model").iterdir():
        path.unlink()
    monkeypatch.setattr(judge, "starter_dir", lambda: str(tmp_path / "none"))
    repo = open_repo(judged)
    with pytest.raises(NoModel) as caught:
        open_judge(find_model(repo, Config()), repo, {})
    assert "cigate train --export-onnx" in caught.value.hint


def test_a_model_of_its_own_is_not_called_the_starter(judged: Judged) -> None:
    assert not open_judge(str(judged.state / "model"), open_repo(judged), {}).model_facts.starter


def test_without_any_history_an_empty_one_is_found(judged: Judged) -> None:
    repo = open_repo(judged)
    history, where = newest_history(b"", "/bundle", repo)
    assert (history.builds, where) == (0, history_path(repo))
    assert newest_history(b"", "/bundle", None)[1] == "/bundle"
    Path(history_path(repo)).write_bytes(past(60))
    assert newest_history(b"", "/bundle", repo)[0].builds == 60


def test_a_model_for_other_features_is_refused(tmp_path: Path) -> None:
    folder = str(tmp_path / "other")
    write_bundle(folder, make_bundle(fit_forest(), past()))
    with pytest.raises(UnknownFeature):
        open_judge(folder, None, {})


def test_a_bundle_without_builds_cannot_judge(tmp_path: Path) -> None:
    folder = str(tmp_path / "empty")
    write_bundle(folder, wary_bundle(history=past(0)))
    with pytest.raises(HistoryError, match="the history is empty"):
        open_judge(folder, None, {})


def test_damage_is_not_mistaken_for_absence(judged: Judged) -> None:
    (judged.state / "model" / "manifest.json").write_text("{}")
    with pytest.raises(DamagedBundle):
        open_judge(str(judged.state / "model"), None, {})


def test_the_backend_can_be_chosen(judged: Judged) -> None:
    folder = str(judged.state / "model")
    assert open_judge(folder, None, {"CIGATE_BACKEND": "python"}).model_facts.backend == "python"
    assert open_judge(folder, None, {"CIGATE_BACKEND": ""}).model_facts.backend in ("capi", "python")


@pytest.mark.parametrize(("own", "wins"), [(30, "bundle"), (60, "own")])
def test_the_newer_history_is_taken(judged: Judged, own: int, wins: str) -> None:
    repo = open_repo(judged)
    path = history_path(repo)
    Path(path).write_bytes(past(own))
    history, where = newest_history(past(40), "/bundle", repo)
    assert where == (path if wins == "own" else os.path.join("/bundle", "history.bin"))
    assert history.builds == max(own, 40)


def test_a_damaged_history_is_named(judged: Judged) -> None:
    repo = open_repo(judged)
    Path(history_path(repo)).write_bytes(past(60)[:-3])
    with pytest.raises(HistoryError, match=r"history\.bin"):
        newest_history(past(40), "/bundle", repo)
