"""One model for many repositories: of capped samples, judged by leaving repositories out, and repeatable."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.cli import main
from cigate.errors import EngineError, ModelError, TooLittleHistory
from cigate.features import FEATURES
from cigate.model import check_features, check_structure, read_bundle
from cigate.replay import replay
from cigate_train.dataset import Dataset, collect_dataset
from cigate_train.fit import ForestSettings, fit_forest
from cigate_train.scale import growing, training
from cigate_train.scale.budget import budget_of_projects
from cigate_train.scale.engine import InProcess
from cigate_train.scale.jobs import Mined
from cigate_train.scale.mining import rows_name
from cigate_train.scale.parts import NAMES as FEATURE_NAMES
from cigate_train.scale.parts import encode
from cigate_train.scale.pooled import PoolSettings, grow_forests, make, study
from cigate_train.scale.prefix import Folder
from cigate_train.scale.running import write_index
from cigate_train.scale.sampling import cap_of, sample
from tests.builds import project

SMALL = PoolSettings(trees=6, leaf_cap=16, leaf_rows=10)
GROUND = growing.Ground(np.zeros((2, 2), np.float32), np.zeros(2, np.bool_), np.array([0, 1], np.int16))
NAMES = ("ann/one", "bob/two", "cy/three", "dan/four", "eve/five", "flo/six")


def mined(folder: Path, builds: int = 120) -> str:
    """Put the rows of six projects where `cigate mine` would."""
    from hashlib import sha256

    prefix, done = Folder(str(folder)), []
    for seed, name in enumerate(NAMES):
        dataset = collect_dataset(replay(project(builds, seed)), FEATURE_NAMES)
        content = encode(name, dataset)
        prefix.write(rows_name(name), content)
        digest = sha256(content).hexdigest()
        done.append(Mined(name, "mined", builds, len(dataset), dataset.failures, len(content), sha256=digest))
    write_index(prefix, done)
    return str(folder)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return mined(tmp_path_factory.mktemp("mined"))


@given(st.lists(st.integers(1, 500), min_size=1, max_size=40), st.integers(50, 5000))
def test_the_cap_is_the_highest_that_fits(rows: list[int], total: int) -> None:
    """No more rows than there is memory for, and none left out without need."""
    cap = cap_of(rows, total)
    taken = sum(min(size, cap) for size in rows)
    assert taken <= max(total, len(rows))
    assert taken == sum(rows) or sum(min(size, cap + 1) for size in rows) > total


def test_a_sample_depends_on_name_and_seed_alone(data: str) -> None:
    pool = training.read_pool(data, SMALL, InProcess())
    dataset: Dataset = pool.all
    one = sample(dataset, "o/r", 50, 1)
    assert len(one) == 50
    assert np.array_equal(one.rows, sample(dataset, "o/r", 50, 1).rows)
    assert not np.array_equal(one.rows, sample(dataset, "o/other", 50, 1).rows)
    assert not np.array_equal(one.rows, sample(dataset, "o/r", 50, 2).rows)
    assert sample(dataset, "o/r", len(dataset), 1) is dataset


def test_a_giant_does_not_drown_the_others(data: str) -> None:
    """The cap is stated in the model card, with how many rows it left."""
    settings = replace(SMALL, row_cap=300)
    pool = training.read_pool(data, settings, InProcess())
    assert (pool.cap, len(pool.all), sum(pool.had)) == (50, 300, 720)
    *by_fold, whole = grow_forests(pool, settings, InProcess())
    found = study(pool, settings, by_fold)
    card = make(pool, settings, found, whole, 1).bundle.manifest.card
    assert card["thresholds"] == {"budget": settings.budget}
    told = card["data"]
    assert isinstance(told, dict)
    assert (told["builds"], told["sampled"], told["sampled_of_a_project"]) == (720, 300, 50)


def test_the_bundle_is_whole_and_names_no_repository(data: str, tmp_path: Path) -> None:
    assert main(["train", "--data", data, "--budget=0.2", "--export-onnx", str(tmp_path / "model")]) == 0
    bundle = read_bundle(str(tmp_path / "model"))
    assert bundle.manifest.card["thresholds"] == {"budget": 0.2}
    check_features(bundle.manifest, FEATURES)
    check_structure(bundle.model, bundle.manifest.features)
    assert bundle.history == b""
    text = (tmp_path / "model" / "manifest.json").read_text()
    assert not [name for name in NAMES if name in text]


def test_the_same_rows_give_the_same_bytes(data: str) -> None:
    made = [training.train_pool(data, SMALL, InProcess())[2].bundle for _ in range(2)]
    assert made[0].model == made[1].model
    assert made[0].manifest == made[1].manifest


def test_until_leaves_out_what_had_not_finished(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A repository may then judge the model by its later builds."""
    whole = training.read_pool(data, SMALL, InProcess())
    until = int(np.median(whole.all.finished_at))
    past = training.read_pool(data, replace(SMALL, until=until), InProcess())
    assert int(past.all.finished_at.max()) < until
    assert len(past.all) == np.count_nonzero(whole.all.finished_at < until) == sum(past.had)
    assert main(["train", f"--data={data}", f"--until={until}"]) == 0
    assert f"{len(past.all):,} rows" in capsys.readouterr().out
    with pytest.raises(TooLittleHistory):
        training.read_pool(data, replace(SMALL, until=1), InProcess())


def test_damaged_rows_are_refused(tmp_path: Path) -> None:
    data = mined(tmp_path, builds=60)
    file = tmp_path / rows_name(NAMES[2])
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ModelError, match="cy/three"):
        training.read_pool(data, SMALL, InProcess())


def test_too_few_repositories_are_refused(data: str) -> None:
    settings = replace(SMALL, folds=7)
    with pytest.raises(TooLittleHistory, match="6 repositories are too few for 7 folds"):
        training.train_pool(data, settings, InProcess())
    with pytest.raises(TooLittleHistory):
        training.train_pool(data, replace(SMALL, least_rows=10**6), InProcess())


@pytest.mark.parametrize(
    ("given_args", "said"),
    [
        (["--scheduler=tcp://127.0.0.1:1"], "--data PREFIX"),
        (["--data={data}", "--export-onnx"], "--export-onnx DIR"),
        (["--data={data}", "--workflow=ci"], "--workflow does not go"),
        (["--data={data}", "--rival=model"], "--rival does not go"),
        (["--data={data}", "--minutes-per-build=9"], "--minutes-per-build does not go"),
        (["--data={empty}"], "nothing was mined"),
    ],
)
def test_what_makes_no_sense_is_refused(
    given_args: list[str], said: str, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["train", *(a.format(data=data, empty=tmp_path) for a in given_args)])
    told = capsys.readouterr().err
    assert code in (2, 3)
    assert said in told


def test_a_forest_that_never_grows_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fit that always loses its data, as a stand-in for workers that always die."""
    tries = []

    def lose(*_: object) -> None:
        tries.append(1)
        raise RuntimeError("lost")

    monkeypatch.setattr(growing, "fit_forest", lose)
    with pytest.raises(EngineError, match="failed 3 times: RuntimeError"):
        growing.grow(GROUND, [growing.Wanted(growing.NONE, SMALL.forest(2))], InProcess())
    assert len(tries) == growing.TRIES


def test_a_fold_is_scored_by_a_forest_that_never_saw_it(data: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repositories are dealt out whole, every one to one fold; the last forest has the rows of all."""
    pool = training.read_pool(data, SMALL, InProcess())
    folds = pool.folds(SMALL)
    of_repository = [set(folds[a:b].tolist()) for a, b in pairwise(pool.starts)]
    assert all(len(fold) == 1 for fold in of_repository)
    assert set.union(*of_repository) == set(range(SMALL.folds))
    seen: list[np.ndarray] = []

    def look(rows: np.ndarray, failed: np.ndarray, settings: ForestSettings) -> object:
        seen.append(rows)
        return fit_forest(rows, failed, settings)

    monkeypatch.setattr(growing, "fit_forest", look)
    forests = grow_forests(pool, replace(SMALL, trees=12), InProcess())
    assert [len(forest.estimators_) for forest in forests] == [12] * (SMALL.folds + 1)
    for fold in range(SMALL.folds):
        for rows in seen[2 * fold : 2 * fold + 2]:
            assert np.array_equal(rows, pool.all.rows[folds != fold])
    assert all(rows is pool.all.rows for rows in seen[2 * SMALL.folds :])


def test_no_two_trees_of_a_training_have_one_seed() -> None:
    """Neither within a forest nor between the folds: equal trees would count double."""
    settings = replace(SMALL, trees=40).forest(1000)
    few = [f for fold in (*range(5), growing.NONE) for f in growing.Wanted(fold, settings).handfuls()]
    assert sum(each.trees for each in few) == 6 * 40
    assert len({each.seed for each in few}) == len(few) == 6 * 5


def test_the_budget_is_that_of_projects_not_of_rows() -> None:
    """A project with a hundred times the pushes has no more say."""
    few, many = np.linspace(0, 1, 100), np.linspace(0, 0.5, 10_000)
    threshold = budget_of_projects([(few, few >= 0), (many, many >= 0)], 0.1)
    shares = [float(np.mean(p >= threshold)) for p in (few, many)]
    assert np.mean(shares) == pytest.approx(0.1, abs=0.01)
