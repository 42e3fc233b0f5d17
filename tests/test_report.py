"""`cigate report` as a user types it."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from cigate import places
from cigate.cli import main
from cigate.commands import report
from cigate.git import Repository
from cigate.stores import open_store
from tests.repo import Repo
from tests.train_data import make_records


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("CIGATE_", "GIT_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a repository whose store holds 300 builds."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: make env")
    repo = Repo.init(tmp_path / "our <b>work")
    monkeypatch.chdir(repo.path)
    store = open_store(places.store_url(Repository.open()))
    store.append(make_records(300))
    store.close()
    return repo.path


def test_a_page_is_written_and_named(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the starter model here, about the repository of that name."""
    assert main(["report"]) == 0
    assert "written cigate-report.html" in capsys.readouterr().out
    page = (work / "cigate-report.html").read_text("utf-8")
    assert "<h1>Will pushes to our &lt;b&gt;work break CI?</h1>" in page
    assert "starter-" in page
    assert sorted(os.listdir(work)) == [".git", "cigate-report.html"], "nothing is left beside it"


def test_stdout_takes_the_page_alone(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--output", "-", "--model", "starter"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("<!doctype html>")
    assert out.endswith("</html>\n")
    assert "the model starter as it is" in out


def test_too_little_history_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: make env")
    repo = Repo.init(tmp_path / "small")
    monkeypatch.chdir(repo.path)
    store = open_store(places.store_url(Repository.open()))
    store.append(make_records(20))
    store.close()
    assert main(["report"]) == 3
    assert "too few to learn from" in capsys.readouterr().err
    assert not (repo.path / "cigate-report.html").exists()


@pytest.mark.parametrize("missing", ["matplotlib", "sklearn"])
def test_a_missing_part_answers_with_the_pip_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setattr(report, "find_spec", lambda name: None if name == missing else find_spec(name))
    assert main(["report"]) == 2
    assert "pip install 'cigate[report]'" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_refused(work: Path) -> None:
    assert main(["report", "--output", "no/such/folder/x.html"]) == 2
