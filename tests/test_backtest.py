"""`cigate backtest` as a user types it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cigate import places
from cigate.cli import main
from cigate.git import Repository
from cigate.model import write_bundle
from cigate.stores import open_store
from cigate_train.backtest_lines import build_id
from tests import builds as b
from tests.repo import Repo
from tests.train_data import START, make_records
from tests.trained import exported

KEYS = [
    *("build_id", "commit_sha", "branch", "pushed_at", "started_at", "outcome"),
    *("p_fail", "verdict", "green", "fold", "model"),
]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("CIGATE_", "GIT_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a repository whose store holds 300 builds."""
    repo = Repo.init(tmp_path / "work")
    monkeypatch.chdir(repo.path)
    store = open_store(places.store_url(Repository.open()))
    store.append(make_records(300))
    store.close()
    return repo.path


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_predictions_are_written_a_line_a_build(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", "--json", "out.jsonl"]) == 0
    assert "150 predictions" in capsys.readouterr().out
    rows = lines_of((work / "out.jsonl").read_text())
    records = {record.id: record for record in make_records(300)}
    assert len(rows) == 150
    for row in rows:
        record = records[row["build_id"]]
        assert list(row) == KEYS
        assert row["commit_sha"] == record.change.head
        assert (row["branch"], row["pushed_at"]) == (record.change.branch, record.change.pushed_at)
        assert (row["outcome"], row["started_at"]) == (record.outcome, record.started_at)
        assert 0 <= row["p_fail"] <= 1
        assert row["verdict"] in ("pass", "warn", "block")
        assert (row["fold"], row["model"]) == (1, "own")
    assert sorted(os.listdir(work))[-1] == "out.jsonl", "nothing is left beside it"


def test_stdout_holds_the_predictions_alone(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", "--protocol", "folds", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    rows = lines_of(out)
    assert {row["fold"] for row in rows} == {1, 2, 3, 4, 5}
    assert "all builds: 150" in err


def test_the_same_seed_says_the_same(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for seed in ("1", "1", "2"):
        assert main(["backtest", "--seed", seed, "--json", "-"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] != said[2]


def test_a_folder_and_the_starter_judge_as_they_are(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = exported().bundle
    write_bundle("bundle", bundle)
    monkeypatch.setattr(places, "starter_dir", lambda: str(work / "bundle"))
    said = []
    for model in ("bundle", "starter"):
        assert main(["backtest", "--model", model, "--lag", "2d", "--json", "-"]) == 0
        out, err = capsys.readouterr()
        assert "as it is" in err
        assert "48h old" in err
        said.append(lines_of(out))
    assert {row["model"] for row in said[0]} == {bundle.manifest.model_id}
    assert {row["model"] for row in said[1]} == {"starter"}
    assert [row["p_fail"] for row in said[0]] == [row["p_fail"] for row in said[1]]


def test_until_takes_only_what_had_finished_before(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    until = START + 200 * 3600
    assert main(["backtest", "--until", str(until), "--json", "-"]) == 0
    rows = lines_of(capsys.readouterr().out)
    assert 95 <= len(rows) <= 101
    assert max(row["pushed_at"] for row in rows) < until


@pytest.mark.parametrize(
    "wrong",
    [
        ["--lag", "1 day"],
        ["--lag", "24"],
        ["--lag", "-1h"],
        ["--lag", "400d"],
        ["--budget", "0"],
        ["--budget", "x"],
        ["--budget", "nan"],
        ["--minutes-per-build", "0", "--minutes-per-false-alarm", "5"],
        ["--minutes-per-build", "20"],
        ["--protocol", "random"],
        ["--until", "yesterday"],
        ["--seed", "-1"],
        ["--json", "no/such/folder/out.jsonl"],
    ],
    ids=" ".join,
)
def test_nonsense_is_refused_as_usage(work: Path, wrong: list[str]) -> None:
    assert main(["backtest", *wrong]) == 2
    assert not list(work.glob("*.jsonl*"))


def test_a_model_that_is_not_there_is_refused(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", "--model", "nowhere"]) == 3
    assert "no model in nowhere" in capsys.readouterr().err


def test_an_empty_store_is_too_little_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(Repo.init(tmp_path / "empty").path)
    assert main(["backtest"]) == 3
    assert "cigate import" in capsys.readouterr().err


def test_build_ids_are_the_ci_s_own() -> None:
    """What a table of builds calls them, without provider and workflow."""
    plain = b.build(id="x")
    assert build_id(plain) == "x"
    for id, attempt, expected in (("travis/17/1/ci", 1, "17"), ("travis/a/b/2/ci", 2, "a/b/2")):
        record = type(plain)(id, plain.change, "passed", 1, 2, "travis", "ci", attempt)
        assert build_id(record) == expected
