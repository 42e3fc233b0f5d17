"""The field is judged on the same builds, by what was known, and drawn the same each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.__main__ import main
from benchmarks.quality.field import STEPS, Field, judge_field, recall_curve, render_table
from benchmarks.quality.rivals import CIGATE, TITLES, finished_before, five_features, score_half
from benchmarks.starter.pool import NAMES
from cigate.model import read_bundle
from cigate.places import starter_dir
from cigate.replay import replay
from cigate.stores import open_store
from cigate_train.batch import score_rows
from cigate_train.dataset import collect_dataset
from cigate_train.metrics import auc
from cigate_train.rule import rule_scores
from tests.builds import build_of, change, project
from tests.test_starter_recipe import labels


@pytest.fixture(scope="module")
def field() -> Field:
    """Two projects of 240 builds; a third has too few."""
    given = [("ann/one", project(240, 1)), ("bob/two", project(240, 2)), ("cy/few", project(60, 3))]
    return judge_field(given, read_bundle(starter_dir()))


def test_everybody_is_judged_on_each_project_that_has_enough_builds(field: Field) -> None:
    assert list(field.results) == list(TITLES)
    assert field.builds == {"ann/one": 240, "bob/two": 240}
    for results in field.results.values():
        assert set(results.by_project) == {"ann/one", "bob/two"}


def test_the_page_names_everybody_and_every_project(field: Field) -> None:
    page = render_table(field, "starter-x")
    assert all(title in page for title in TITLES.values())
    assert "| ann/one | 240 |" in page
    assert "starter-x" in page
    assert "nan" not in page


def test_cigate_is_the_bundle_as_it_is_and_the_echo_is_the_last_outcome() -> None:
    records = project(240, 4)
    replayed = list(replay(records))
    dataset, kept = collect_dataset(replayed, NAMES), [record for record, _ in replayed]
    bundle = read_bundle(starter_dir())
    scores = score_half(dataset, rule_scores(kept), five_features(kept), bundle)
    assert np.array_equal(np.concatenate(scores[CIGATE]), score_rows(bundle, dataset.rows))
    assert np.array_equal(scores["echo"][1], dataset.echo[120:].astype(float))


def test_nobody_learns_from_what_had_not_finished() -> None:
    """Outcomes of the newer half, and of builds that ran when it began, change no score of it."""
    replayed = list(replay(project(240, 5)))
    dataset, kept = collect_dataset(replayed, NAMES), [record for record, _ in replayed]
    unknown = np.ones(len(dataset), np.bool_)
    unknown[finished_before(dataset)] = False
    turned = replace(dataset, failed=dataset.failed ^ unknown)
    bundle, rule, five = read_bundle(starter_dir()), rule_scores(kept), five_features(kept)
    before, after = (score_half(given, rule, five, bundle) for given in (dataset, turned))
    for name in TITLES:
        assert np.array_equal(before[name][1], after[name][1]), name


def test_five_features_are_those_of_the_usual_description() -> None:
    """Author and file type are numbered as they come."""
    records = [
        build_of(change({"a.py": (3, 1), "b.py": (1, 0), "c.md": (9, 0)}, author="ann")),
        build_of(change({"c.md": (2, 2)}, author="bob")),
        build_of(change({"d.py": (1, 1)}, author="ann")),
    ]
    assert five_features(records).tolist() == [[0, 3, 13, 1, 0], [1, 1, 2, 2, 1], [0, 1, 1, 1, 0]]


def test_a_recall_curve_encloses_the_auc() -> None:
    draw = np.random.default_rng(0)
    failed = draw.random(4000) < 0.3
    p = np.asarray(np.round(draw.random(4000) + 0.3 * failed, 2), np.float64)
    curve = recall_curve(failed, p)
    assert curve[0] >= 0
    assert curve[-1] == 1
    assert (np.diff(curve) >= 0).all()
    assert np.trapezoid(curve, STEPS) == pytest.approx(auc(failed, p), abs=0.01)


def test_one_command_writes_table_and_plots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    for seed, name in enumerate(("ann/one", "bob/two")):
        labels(tmp_path / "labels", name, [])
        store = open_store(f"sqlite:///{tmp_path}/work/{name.replace('/', '__')}.sqlite")
        store.append(project(240, seed))
        store.close()
    (tmp_path / "table.tsv").write_text("ann/one\t/nowhere\nbob/two\t/nowhere\n")
    given = [f"--repos={tmp_path}/table.tsv", f"--labels={tmp_path}/labels", f"--work={tmp_path}/work"]
    for run in ("one", "two"):
        assert main([*given, f"--out={tmp_path / run}"]) == 0
    assert "auc.svg" in capsys.readouterr().out
    for name in ("table.md", "auc.svg", "recall.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert "<svg" in (tmp_path / "one" / "auc.svg").read_text()


def test_nothing_to_judge_is_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels(tmp_path / "labels", "ann/one", [])
    store = open_store(f"sqlite:///{tmp_path}/work/ann__one.sqlite")
    store.append(project(20, 1))
    store.close()
    (tmp_path / "table.tsv").write_text("ann/one\t/nowhere\n")
    given = [f"--repos={tmp_path}/table.tsv", f"--labels={tmp_path}/labels", f"--work={tmp_path}/work"]
    assert main([*given, f"--out={tmp_path / 'out'}"]) == 3
    assert "no project has enough builds" in capsys.readouterr().err
