"""What a group of features is worth is what forests lose that never saw it, on projects they never saw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.starter import ablation
from benchmarks.starter.ablation import ALL, costs, groups, judge_without, main, render
from benchmarks.starter.pool import NAMES, Pool, pool_projects
from cigate.features import FEATURES, GROUPS
from cigate.stores import open_store
from cigate_train.feature_docs import measured_of
from tests.builds import project
from tests.test_starter_recipe import NAMES as PROJECTS
from tests.test_starter_recipe import SMALL, labels


@pytest.fixture(scope="module")
def pool() -> Pool:
    return pool_projects([(name, project(120, seed)) for seed, name in enumerate(PROJECTS)], 100)


def test_every_feature_is_in_one_group_and_the_two_halves_are_all() -> None:
    left_out = groups()
    own = [name for title, _ in GROUPS for name in left_out[title]]
    assert sorted(own) == sorted(feature.name for feature in FEATURES)
    halves = [*left_out["All that the history tells"], *left_out["All that the change itself tells"]]
    assert sorted(halves) == sorted(own)
    assert set(left_out["The online model"]) <= set(own)


def test_what_is_left_out_changes_nothing(pool: Pool) -> None:
    """Whatever stands in its columns."""
    names = groups()["The branch"]
    places = [NAMES.index(name) for name in names]
    rows = pool.rows.copy()
    rows[:, places] = np.random.default_rng(0).normal(size=(len(rows), len(places)))
    without = judge_without(pool, names, SMALL)
    assert judge_without(replace(pool, rows=rows), names, SMALL) == without
    assert without != judge_without(pool, (), SMALL)
    assert list(without) == list(PROJECTS)


def test_costs_are_shares_of_all_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablation, "TIMED", 40)
    shares = costs(project(80))
    assert shares[ALL] == 1.0
    assert all(0 <= share < 2 for share in shares.values())


def test_the_table_holds_differences_with_their_errors(pool: Pool) -> None:
    """Of pairs: a project that is easy with all features is so without some, too."""
    full = {name: {"auc": 0.7 + n / 100} for n, name in enumerate(PROJECTS)}
    less = {name: {"auc": 0.6 + n / 100} for n, name in enumerate(PROJECTS)}
    unknown = {name: dict.fromkeys(ablation.FIGURES, float("nan")) for name in PROJECTS}
    run = {
        title: {name: unknown[name] | (full if title == ALL else less)[name] for name in PROJECTS}
        for title in (ALL, *groups())
    }
    text = render(pool, [run, run], dict.fromkeys((ALL, *groups()), 0.25))
    assert "6 projects with\n720 builds, five folds of projects, 2 seeds" in text
    assert "| The branch | 15 | -.100±.000 | - | - | - | 25 % |" in text


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And writes its part of the page only."""
    for seed, name in enumerate(PROJECTS):
        labels(tmp_path / "labels", name, [])
        store = open_store(f"sqlite:///{tmp_path}/work/{name.replace('/', '__')}.sqlite")
        store.append(project(120, seed))
        store.close()
    (tmp_path / "table.tsv").write_text("".join(f"{name}\t/nowhere\n" for name in PROJECTS))
    page = tmp_path / "page.md"
    inputs = [f"--repos={tmp_path}/table.tsv", f"--labels={tmp_path}/labels", f"--work={tmp_path}/work"]
    small = replace(SMALL, trees=2, folds=2)
    judged: list[tuple[str, ...]] = []

    def stopping(pool: Pool, left_out: tuple[str, ...], settings: object) -> ablation.ByProject:
        judged.append(left_out)
        if len(judged) == 3:
            raise KeyboardInterrupt
        return judge_without(pool, left_out, small)

    two = {title: groups()[title] for title in ("Time", "The message")}
    monkeypatch.setattr(ablation, "groups", lambda: two)
    monkeypatch.setattr(ablation, "judge_without", stopping)
    with pytest.raises(KeyboardInterrupt):
        main([*inputs, "--seeds=1", f"--page={page}"], small)
    assert not page.exists()
    assert main([*inputs, "--seeds=1", f"--page={page}"], small) == 0
    assert len(judged) == 4
    assert "| The message | 10 |" in measured_of(page.read_text("utf-8"))["ablation"]
    assert main([*inputs, "--seeds=1", f"--page={page}"], small) == 0
    assert len(judged) == 4
