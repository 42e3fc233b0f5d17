"""The starter's recipe: real mining, folds that keep projects apart, and the same bytes every time."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.starter.__main__ import main
from benchmarks.starter.crossval import deal_folds, forest_settings, score_left_out
from benchmarks.starter.figures import (
    FIGURES,
    Results,
    best_on_the_past,
    judge_half,
    judge_project,
    last_half,
    likely,
    local_auc_where,
    operating_threshold,
    tracked,
)
from benchmarks.starter.making import Study, study
from benchmarks.starter.mining import AUTHOR_KEY, Source, find_sources, read_records
from benchmarks.starter.page import render_page
from benchmarks.starter.pool import NAMES as FEATURE_NAMES
from benchmarks.starter.pool import Pool, pool_projects
from benchmarks.starter.settings import BLOCK_WHY, SETTINGS
from cigate.errors import CigateError, UsageError
from cigate.features import FEATURES
from cigate.history.rates import GLOBAL_RATE
from cigate.identity import pseudonym
from cigate.model import check_features, check_structure, read_bundle
from cigate.stores import open_store
from cigate_train import metrics
from cigate_train.fit import fit_forest, score
from cigate_train.operating import track_alarms
from cigate_train.scale.budget import budget_of_projects
from tests.builds import project
from tests.repo import Repo

SMALL = replace(
    SETTINGS,
    trees=6,
    leaf_cap=16,
    leaf_rows=10,
    least_builds=100,
    seeds=2,
)
NAMES = ("ann/one", "bob/two", "cy/three", "dan/four", "eve/five", "flo/six")
AT = 1_600_000_000


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Six projects of 120 builds, given in another order than that of their names."""
    return pool_projects([(name, project(120, seed)) for seed, name in enumerate(reversed(NAMES))], 100)


@pytest.fixture(scope="module")
def found(pool: Pool) -> Study:
    return study(pool, SMALL)


def labels(folder: Path, name: str, shas: list[str]) -> Path:
    """Write the labels of a project whose builds of these commits pass and fail in turn."""
    rows = ["build_id,commit_sha,branch,is_pr,status,pushed_at,started_at,duration_s"]
    for number, sha in enumerate(shas):
        at = AT + 1000 * number
        status = ("passed", "failed", "canceled")[number % 3]
        rows.append(f"{number},{sha},main,false,{status},{at},{at + 5},60")
    folder.mkdir(exist_ok=True)
    path = folder / f"{name.replace('/', '__')}.csv.gz"
    path.write_bytes(gzip.compress("\n".join([*rows, ""]).encode(), mtime=0))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A repository of six commits and its labels, one of them of an unknown commit."""
    repo = Repo.init(tmp_path / "repos" / "ann__one.git", bare=False)
    shas = [repo.commit({"a.py": f"{n}\n"}, author="ann", at=AT + n) for n in range(6)]
    path = labels(tmp_path / "labels", "ann/one", [*shas, "f" * 40])
    return Source("ann/one", str(repo.path), str(path))


def test_projects_are_found_by_name_in_a_folder_or_a_table(source: Source, tmp_path: Path) -> None:
    repos, folder = tmp_path / "repos", tmp_path / "labels"
    (repos / "no__labels").mkdir()
    assert find_sources(str(repos), str(folder)) == [source]
    table = tmp_path / "table.tsv"
    table.write_text(f"no/labels\t/nowhere\nann/one\t{source.git_dir}\tmore\n")
    assert find_sources(str(table), str(folder)) == [source]
    table.write_text("ann/one\n")
    with pytest.raises(UsageError, match="without a tab"):
        find_sources(str(table), str(folder))
    with pytest.raises(UsageError, match="no project"):
        find_sources(str(folder), str(folder))


def test_labels_are_joined_to_real_commits_and_kept(source: Source, tmp_path: Path) -> None:
    work = str(tmp_path / "work")
    records = read_records(source, work)
    assert [record.outcome for record in records] == ["passed", "failed", "canceled"] * 2
    assert {record.change.author for record in records} == {pseudonym(b"ann@example.invalid", AUTHOR_KEY)}
    assert [len(record.change.commits) for record in records] == [1] * 6
    assert [p.name for p in Path(work).iterdir()] == ["ann__one.sqlite"]
    Path(source.labels).unlink()
    assert read_records(source, work) == records


def test_an_interrupted_mining_starts_anew(source: Source, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    store = open_store(f"sqlite:///{work}/ann__one.sqlite.part")
    store.append(project(3))
    store.close()
    assert len(read_records(source, str(work))) == 6


def test_labels_of_another_repository_are_refused(source: Source, tmp_path: Path) -> None:
    other = Repo.init(tmp_path / "other")
    other.commit({"b": "1"})
    with pytest.raises(CigateError, match="ann/one: none of its"):
        read_records(replace(source, git_dir=str(other.path)), str(tmp_path / "work"))
    assert not (tmp_path / "work" / "ann__one.sqlite").exists()


def test_projects_stand_in_the_order_of_their_names(pool: Pool) -> None:
    assert pool.projects == NAMES
    assert pool.starts == tuple(range(0, 721, 120))
    assert pool.rows.shape == (720, len(FEATURES))
    again = pool_projects([(name, project(120, 5 - n)) for n, name in enumerate(NAMES)], 100)
    assert np.array_equal(again.rows, pool.rows)
    assert np.array_equal(again.rule, pool.rule)


def test_an_older_history_knows_less(pool: Pool) -> None:
    """A day before, of the first builds nothing is known, and what a change is itself stays as it is."""
    (first, _), *_ = pool.split(np.zeros(720))
    day = 24 * 3600
    known = np.array([np.count_nonzero(first.finished_at + day < at) for at in first.pushed_at])
    builds, files = FEATURE_NAMES.index("project_builds"), FEATURE_NAMES.index("files")
    assert pool.old.rows[:120, builds] == pytest.approx(np.log1p(known))
    assert np.array_equal(pool.old.rows[:, files], pool.rows[:, files])
    assert not pool.old.echo[:120][known == 0].any()
    assert pool.old.rule[:120][known == 0] == pytest.approx(GLOBAL_RATE)


def test_projects_of_few_builds_are_left_out() -> None:
    assert pool_projects([("a/b", project(99)), ("c/d", project(100))], 100).projects == ("c/d",)


def test_every_project_is_in_one_fold(pool: Pool) -> None:
    folds = deal_folds(len(pool), SMALL)
    assert len(folds) == SMALL.folds
    assert sorted(np.concatenate(folds).tolist()) == list(range(6))
    assert deal_folds(2, SMALL)[0].size


def test_a_left_out_project_is_scored_by_a_forest_of_the_others(pool: Pool) -> None:
    fold = deal_folds(len(pool), SMALL)[0]
    rows, scores, old = next(score_left_out(pool, [fold], SMALL))
    others = np.setdiff1d(np.arange(720), rows)
    forest = fit_forest(pool.rows[others], pool.failed[others], forest_settings(SMALL, others.size))
    assert rows.tolist() == pool.spans(fold.tolist()).tolist()
    assert np.array_equal(scores, score(forest, pool.rows[rows]))
    assert np.array_equal(old, score(forest, pool.old.rows[rows]))


def test_a_projects_outcomes_change_nothing_in_its_own_scores(pool: Pool) -> None:
    fold = deal_folds(len(pool), SMALL)[0]
    rows, scores, _ = next(score_left_out(pool, [fold], SMALL))
    failed = pool.failed.copy()
    failed[rows] = ~failed[rows]
    assert np.array_equal(next(score_left_out(replace(pool, failed=failed), [fold], SMALL))[1], scores)


def test_the_budget_is_kept_on_average_over_projects() -> None:
    """A project with a thousand builds counts as one with a hundred."""
    draw = np.random.default_rng(0)
    scored = [(draw.random(size) ** power, np.ones(size, np.bool_)) for size, power in ((1000, 1), (100, 4))]
    warn = budget_of_projects(scored, 0.1)
    shares = [float(np.mean(p >= warn)) for p, _ in scored]
    assert np.mean(shares) <= 0.1
    lower = max(max(p[p < warn]) for p, _ in scored)
    assert np.mean([np.mean(p >= lower) for p, _ in scored]) > 0.1


def test_only_green_rows_count_and_hardly_any_do_not() -> None:
    p, green = np.linspace(0, 1, 100), np.arange(100) < 50
    assert budget_of_projects([(p, green)], 0.1) == pytest.approx((p[44] + p[45]) / 2)
    assert budget_of_projects([(p, green), (p, np.arange(100) > 95)], 0.1) == pytest.approx(
        (p[44] + p[45]) / 2
    )
    assert budget_of_projects([(p, ~(p >= 0))], 0.1) == 0.5


def test_rows_that_all_score_alike_are_not_warned_about() -> None:
    tied = [(np.full(60, 0.3), np.ones(60, np.bool_))]
    assert budget_of_projects(tied, 0.1) > 0.3


def test_figures_are_those_of_the_last_half(pool: Pool) -> None:
    half = last_half(pool.datasets[0])
    assert np.array_equal(half.failed, pool.datasets[0].failed[60:])
    p = np.random.default_rng(1).random(60)
    seen = judge_half(half, p, p >= 0.5)
    assert [*seen, "first_200_auc", "lag_loss"] == list(FIGURES)
    assert seen["auc"] == metrics.auc(half.failed, p)
    assert seen["f1"] == metrics.confusion(half.failed, p >= 0.5).f1
    assert seen["f1_over_echo"] == seen["f1"] - metrics.confusion(half.failed, half.echo).f1


def test_the_threshold_of_f1_is_chosen_on_what_had_finished_before(pool: Pool) -> None:
    """Outcomes of the last half, and of builds still running when it began, choose nothing."""
    dataset = pool.datasets[0]
    p = np.random.default_rng(3).random(len(dataset))
    threshold = operating_threshold(dataset, p)
    start = len(dataset) // 2
    unknown = dataset.finished_at >= dataset.pushed_at[start]
    unknown[start:] = True
    flipped = replace(dataset, failed=dataset.failed ^ unknown)
    assert operating_threshold(flipped, p) == threshold
    f1 = metrics.confusion(dataset.failed[start:], p[start:] >= threshold).f1
    figures = judge_project(dataset, p, p[::-1], best_on_the_past)
    assert figures["f1"] == f1
    assert figures["lag_loss"] == figures["auc"] - metrics.auc(dataset.failed[start:], p[::-1][start:])
    assert figures["first_200_auc"] == metrics.auc(dataset.failed[:200], p[:200])


def test_each_judge_alarms_in_its_own_way(pool: Pool) -> None:
    """Probabilities by a threshold that follows them, the echo wherever it says so."""
    dataset = pool.datasets[0]
    p = np.random.default_rng(4).random(len(dataset))
    start = len(dataset) // 2
    followed, _ = track_alarms(p[:start], p[start:], 0.5)
    assert np.array_equal(tracked(dataset, p)[start:], followed)
    assert np.array_equal(likely(dataset, dataset.echo.astype(float)), dataset.echo)


def test_a_local_auc_compares_within_fifths_of_all_builds() -> None:
    failed = np.array([True, False] * 10)
    everywhere = np.ones(20, np.bool_)
    p = np.random.default_rng(2).random(20)
    assert local_auc_where(failed, p, everywhere) == pytest.approx(metrics.local_auc(failed, p))
    drifting = np.repeat(np.arange(5.0), 4) + np.where(failed, 0.5, 0.0)
    assert local_auc_where(failed, drifting, everywhere) == 1.0
    assert np.isnan(local_auc_where(failed, p, failed))


def test_medians_leave_out_what_is_unknown() -> None:
    known = dict.fromkeys(FIGURES, 0.5)
    tested = Results({"a/b": known, "c/d": known | {"auc": float("nan")}, "e/f": known | {"auc": 0.9}})
    assert tested.medians()["auc"] == pytest.approx(0.7)
    assert tested.plain_medians()["f1"] == 0.5


def test_only_a_better_f1_is_ahead_of_the_echo() -> None:
    gains = {"a/b": 0.1, "c/d": 0.0, "e/f": -0.1, "g/h": float("nan")}
    tested = Results({name: {"f1_over_echo": gain} for name, gain in gains.items()})
    assert tested.ahead_of_echo() == pytest.approx(1 / 3)
    assert np.isnan(Results({}).ahead_of_echo())


def test_the_forest_is_shown_beside_rule_and_echo(pool: Pool, found: Study) -> None:
    assert list(found.judges) == ["forest", "rule", "echo"]
    assert 0 < found.warned < 1.5 * SMALL.budget  # the budget is kept on all branches that are not red
    other = study(pool, replace(SMALL, seed=1))
    page = render_page(pool, SMALL, found, [other])
    assert "| | forest | rule | echo |" in page
    low, high = sorted(seen.judges["forest"].medians()["auc"] for seen in (found, other))
    assert f"| AUC | {(low + high) / 2:.3f} ({low:.3f}-{high:.3f}) |" in page
    assert "the mean of 2 seeds" in page
    ahead = sorted(seen.judges["forest"].ahead_of_echo() for seen in (found, other))
    assert f"| projects with a better F1 | {sum(ahead) / 2:.3f} ({ahead[0]:.3f}-{ahead[1]:.3f}) |" in page
    assert "| AUC lost with history 24 h old | " in page
    assert f"| AUC | {found.judges['forest'].medians()['auc']:.3f} |" in render_page(pool, SMALL, found)
    for name in NAMES:
        assert f"| {name} | 120 |" in page
    assert "nan" not in page


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    """Labels and mined records of six projects: what a second run of the recipe starts from."""
    for seed, name in enumerate(NAMES):
        labels(tmp_path / "labels", name, [])
        store = open_store(f"sqlite:///{tmp_path}/work/{name.replace('/', '__')}.sqlite")
        store.append(project(120, seed))
        store.close()
    table = "".join(f"{name}\t/nowhere\n" for name in (*reversed(NAMES), "no/labels"))
    (tmp_path / "table.tsv").write_text(table)
    return [
        f"--repos={tmp_path}/table.tsv",
        f"--labels={tmp_path}/labels",
        f"--work={tmp_path}/work",
    ]


def test_the_same_inputs_give_the_same_bytes(inputs: list[str], tmp_path: Path) -> None:
    for run in ("one", "two"):
        assert main([*inputs, f"--out={tmp_path / run}", f"--page={tmp_path / run}.md"], SMALL) == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["manifest.json", "model.onnx"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert (tmp_path / "one.md").read_bytes() == (tmp_path / "two.md").read_bytes()


def test_the_bundle_says_what_it_is(inputs: list[str], tmp_path: Path) -> None:
    assert main([*inputs, f"--out={tmp_path / 'made'}", f"--page={tmp_path / 'made'}.md"], SMALL) == 0
    bundle = read_bundle(str(tmp_path / "made"))
    check_features(bundle.manifest, FEATURES)
    check_structure(bundle.model, bundle.manifest.features)
    assert bundle.history == b""
    assert (bundle.manifest.thresholds.block, bundle.manifest.thresholds.block_why) == (None, BLOCK_WHY)
    assert bundle.manifest.created_at == SMALL.created_at
    text = json.dumps(bundle.manifest.card)
    assert "TravisTorrent" in text
    assert '"projects": 6' in text
    assert "MIT" in text
    assert '"ann/one": "120 builds, 20' in text
    for secret in (str(tmp_path), "author0"):
        assert secret not in text


def test_too_few_projects_are_refused(
    inputs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in NAMES[:3]:
        (tmp_path / "work" / f"{name.replace('/', '__')}.sqlite").unlink()
    assert main([*inputs, f"--out={tmp_path / 'made'}"], SMALL) == 3
    err = capsys.readouterr().err
    assert "left out: ann/one" in err
    assert "3 projects" in err
    assert not (tmp_path / "made").exists()
