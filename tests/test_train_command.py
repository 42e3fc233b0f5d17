"""`cigate train` from a store and from a table of totals, as a user types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cigate import places
from cigate.artifacts import open_artifacts
from cigate.artifacts.bundles import publish
from cigate.cli import main
from cigate.git import Repository
from cigate.history import History
from cigate.model import read_bundle, write_bundle
from cigate.stores import open_store
from tests.forests import make_bundle
from tests.judged import pooled_bundle, wary_bundle
from tests.repo import Repo
from tests.train_data import START, make_records

ROOT = Path(__file__).resolve().parent.parent
FILES = ("history.bin", "manifest.json", "model.onnx")


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
    assert store.append(make_records(300)) == 300
    store.close()
    return repo.path


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a folder that is in no repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


def write_totals(path: Path, rows: int = 200) -> Path:
    """Write a table in which large changes of newcomers' .yml files fail."""
    lines = ["author,files_changed,lines_added,lines_deleted,dominant_file_type,build_status"]
    for row in range(rows):
        if row % 4 == 3:
            lines.append(
                f"new_dev,{12 + row % 9},{100 + row % 90},40,.yml,{'failed' if row % 20 else 'passed'}"
            )
        else:
            lines.append(f"main_dev,{1 + row % 4},{10 + row % 30},5,.py,{'passed' if row % 26 else 'failed'}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_it_trains_from_the_store_and_exports_to_where_pushes_look(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--export-onnx"]) == 0
    out = capsys.readouterr().out
    folder = places.model_dir(Repository.open(str(work)))
    for told in (
        "builds  300",
        "AUC",
        "echo",
        "through capi and python",
        f"bundle  {folder}",
        "cigate install",
    ):
        assert told in out
    bundle = read_bundle(folder)
    assert sorted(os.listdir(folder)) == list(FILES)
    assert bundle.manifest.model_id in out
    assert History.open(bundle.history).builds == 300


@pytest.mark.slow
def test_training_twice_gives_the_same_bytes_whatever_the_hash_seed(work: Path, tmp_path: Path) -> None:
    assert main(["train", "--export-onnx", str(tmp_path / "one")]) == 0
    command = [sys.executable, "-m", "cigate", "train", "--repo", str(work), "--export-onnx", "two"]
    env = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'train'}"}
    subprocess.run(command, cwd=tmp_path, env=env, check=True, stdout=subprocess.DEVNULL)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_costs_and_budget_decide_about_the_warnings_of_the_manifest(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A push is judged by what whoever trained the model asked for, and the card says what that was."""
    costs = ["--minutes-per-build", "20", "--minutes-per-false-alarm", "5"]
    assert main(["train", "--export-onnx", str(tmp_path / "costs"), *costs]) == 0
    assert "that saves more than it costs" in capsys.readouterr().out
    made = read_bundle(str(tmp_path / "costs")).manifest
    chosen = made.card["thresholds"]
    assert isinstance(chosen, dict)
    assert made.thresholds.warn == pytest.approx(0.2, abs=0.01)  # moved clear of scores at most
    assert (chosen["warn_rule"], chosen["minutes_per_build"], chosen["minutes_per_false_alarm"]) == (
        "costs",
        20,
        5,
    )
    assert "budget" not in chosen
    assert main(["train", "--export-onnx", str(tmp_path / "budget"), "--budget", "0.3"]) == 0
    chosen = read_bundle(str(tmp_path / "budget")).manifest.card["thresholds"]
    assert isinstance(chosen, dict)
    assert (chosen["warn_rule"], chosen["budget"]) == ("budget", 0.3)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--minutes-per-build", "20"], "belong together"),
        (["--minutes-per-build", "0", "--minutes-per-false-alarm", "5"], "no number of minutes"),
        (["--budget", "1"], "no share between 0 and 1"),
    ],
)
def test_costs_and_budgets_that_make_no_sense_are_refused(
    work: Path, capsys: pytest.CaptureFixture[str], flags: list[str], said: str
) -> None:
    assert main(["train", *flags]) == 2
    assert said in capsys.readouterr().err


def test_without_export_nothing_is_written(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train"]) == 0
    assert "--export-onnx" in capsys.readouterr().out
    assert not os.path.exists(places.model_dir(Repository.open(str(work))))


def test_training_renews_the_history_that_pushes_open(work: Path) -> None:
    repo = Repository.open(str(work))
    assert main(["train", "--until", str(START + 200 * 3600)]) == 0
    assert not os.path.exists(places.history_path(repo))
    assert main(["train"]) == 0
    assert History.open(Path(places.history_path(repo)).read_bytes()).builds == 300


def test_it_is_held_against_the_starter_and_the_kept_one_is_exported(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    starter = str(tmp_path / "starter")
    write_bundle(starter, wary_bundle(b""))
    monkeypatch.setattr(places, "starter_dir", lambda: starter)
    assert main(["train", "--export-onnx"]) == 0
    out = capsys.readouterr().out
    assert "kept    " in out
    assert "starter  " in out
    card = read_bundle(places.model_dir(Repository.open(str(work)))).manifest.card["model"]
    assert isinstance(card, dict)
    assert card["starter"]["model_id"] == "wary-1"
    assert card["kept"] != "starter"


@pytest.mark.parametrize("pulled", [True, False])
def test_a_pooled_model_takes_the_starters_place(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], pulled: bool
) -> None:
    """Whether it was pulled to where pushes look for a model, or is named."""
    repo = Repository.open(str(work))
    folder = places.model_dir(repo) if pulled else str(tmp_path / "acme")
    write_bundle(folder, pooled_bundle())
    assert main(["train", *([] if pulled else [f"--rival={folder}"])]) == 0
    assert "pooled model  " in capsys.readouterr().out


def test_a_training_keeps_the_model_that_was_pulled(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stands in the same place: it is put aside, told of, compared next time, and back with a pull."""
    publish(open_artifacts(str(tmp_path / "models")), "default", pooled_bundle(), 1)
    pull = ["pull", f"--from={tmp_path}/models", "--if-older-than=6h"]
    assert main(pull) == 0
    folder = places.model_dir(Repository.open(str(work)))
    assert read_bundle(folder) == pooled_bundle()
    assert main(["train", "--export-onnx"]) == 0
    own = read_bundle(folder)
    assert own != pooled_bundle()
    assert f"{pooled_bundle().manifest.model_id}, in {folder}-pulled;" in capsys.readouterr().out
    assert read_bundle(f"{folder}-pulled") == pooled_bundle()
    assert main(["train", "--export-onnx"]) == 0
    out = capsys.readouterr().out
    assert "pooled model  " in out
    assert "-pulled" not in out
    assert main(pull) == 0
    assert read_bundle(folder) == pooled_bundle()


def test_a_rival_that_cannot_be_one_is_refused(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was named is compared, or the training says why not before it begins."""
    write_bundle(str(tmp_path / "own"), wary_bundle(b""))
    assert main(["train", f"--rival={tmp_path}/own"]) == 3
    assert "holds no pooled model" in capsys.readouterr().err
    assert main(["train", f"--rival={tmp_path}/nowhere"]) == 3


def test_a_starter_for_other_features_is_left_out_with_one_line(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    starter = str(tmp_path / "starter")
    write_bundle(starter, make_bundle(history=b""))
    monkeypatch.setattr(places, "starter_dir", lambda: starter)
    assert main(["train"]) == 0
    out = capsys.readouterr().out
    assert len([line for line in out.splitlines() if "starter" in line]) == 1
    assert "the starter model is not compared: the model was trained with f0" in out


def test_until_takes_only_what_had_finished_before(work: Path, tmp_path: Path) -> None:
    until = START + 200 * 3600
    assert main(["train", "--until", str(until), "--export-onnx", str(tmp_path / "model")]) == 0
    bundle = read_bundle(str(tmp_path / "model"))
    assert until - 2 * 3600 < bundle.manifest.created_at < until
    assert History.open(bundle.history).as_of == bundle.manifest.created_at


def test_a_time_that_is_none_is_refused(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--until", "yesterday"]) == 2
    assert "'yesterday'" in capsys.readouterr().err


def test_a_workflow_that_nobody_built_is_refused_with_those_there_are(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--workflow", "ci"]) == 0
    assert main(["train", "--workflow", "nightly"]) == 2
    assert "'ci'" in capsys.readouterr().err


def test_an_empty_store_is_too_little_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(Repo.init(tmp_path / "empty").path)
    assert main(["train", "--export-onnx"]) == 3
    err = capsys.readouterr().err
    assert "0 finished builds" in err
    assert "cigate import" in err


def test_outside_a_repository_a_store_must_be_named(
    outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train"]) == 3
    url = f"sqlite:///{outside}/builds.sqlite"
    store = open_store(url)
    store.append(make_records(120))
    store.close()
    assert main(["train", "--store", url]) == 0
    assert main(["train", "--store", url, "--export-onnx"]) == 3


def test_totals_alone_are_enough(outside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_totals(outside / "build_history.csv")
    assert main(["train", "--data", str(table), "--export-onnx", "model"]) == 0
    out = capsys.readouterr().out
    assert "no branches are known" in out
    assert "best F1" in out
    assert "SYNTHETIC" not in out
    assert read_bundle("model").manifest.card["data"]


@pytest.mark.parametrize("last", ["passed", "failed"])
def test_a_model_of_totals_judges_totals_whatever_came_last(outside: Path, last: str) -> None:
    table = write_totals(outside / "build_history.csv", 400)
    with table.open("a", encoding="utf-8") as file:
        file.write(f"main_dev,2,10,5,.py,{last}\n")
    assert main(["train", "--data", str(table), "--export-onnx", "model"]) == 0
    judged = ["predict", "--model", "model", "--author"]
    risky = ["new_dev", "--files-changed", "18", "--lines-added", "150", "--lines-deleted", "40"]
    assert main([*judged, *risky, "--dominant-file-type", ".yml"]) == 1
    harmless = ["main_dev", "--files-changed", "3", "--lines-added", "20", "--lines-deleted", "5"]
    assert main([*judged, *harmless, "--dominant-file-type", ".py"]) == 0


def test_a_table_that_names_commits_must_be_imported(
    outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = outside / "builds.csv"
    table.write_text(f"commit_sha,status,started_at\n{'a' * 40},passed,2020-01-01T00:00:00\n", "utf-8")
    assert main(["train", "--data", str(table)]) == 2
    assert "cigate import csv" in capsys.readouterr().err


def test_a_bad_row_is_named_and_the_good_ones_are_learned(
    outside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_totals(outside / "build_history.csv")
    with table.open("a", encoding="utf-8") as file:
        file.write("main_dev,many,1,1,.py,passed\n")
    assert main(["train", "--data", str(table)]) == 0
    seen = capsys.readouterr()
    assert "202" in seen.err
    assert "builds  200" in seen.out


def test_a_file_that_is_not_there_is_a_usage_error(outside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", "none.csv"]) == 2
    assert "none.csv cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", "x", str(2**32)])
def test_a_seed_must_be_a_number_that_scikit_learn_takes(seed: str) -> None:
    assert main(["train", f"--seed={seed}"]) == 2


@pytest.mark.parametrize("missing", ["sklearn", "skl2onnx", "pandas"])
def test_without_the_extra_it_answers_with_the_pip_line(missing: str, outside: Path) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; from cigate.cli import main; sys.exit(main(['train']))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "pip install 'cigate[train]'" in ran.stderr
    assert "Traceback" not in ran.stderr
