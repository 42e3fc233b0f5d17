"""The report is plain, narrow, honest about synthetic data, and names the echo beside the forest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sklearn.metrics import accuracy_score, classification_report

from cigate_train.layout import WIDTH
from cigate_train.report import render_report
from cigate_train.training import train
from tests.train_data import make_records, with_outcome
from tests.trained import course, learn


@pytest.fixture(scope="module")
def text() -> str:
    return render_report(course())


def test_it_is_plain_text_below_eighty_columns(text: str) -> None:
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert text.isascii()
    assert text.endswith("\n")
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert "nan" not in text


def test_forest_and_echo_stand_side_by_side_on_all_and_green(text: str) -> None:
    seen = course().evaluation
    for line in ("all      forest", "green    forest"):
        assert text.count(line) == 2
    assert text.count("         echo") == 4
    for figure in (seen.forest.auc, seen.echo.auc, seen.green_forest.brier, seen.echo.f1, seen.echo.accuracy):
        assert f"{figure:.3f}" in text


def test_the_classification_report_is_scikit_learns(text: str) -> None:
    made = course()
    failed = made.dataset.failed[made.test.late]
    alarmed = made.test_scores >= made.choice.thresholds.warn
    report = classification_report(failed, alarmed, target_names=["passed", "failed"], digits=3)
    for line in str(report).splitlines():
        if line.strip():
            assert line.rstrip() in text
    assert f"{accuracy_score(failed, alarmed):.3f}" in text


def test_real_builds_are_not_called_synthetic(text: str) -> None:
    assert "SYNTHETIC" not in text


def test_made_up_builds_are_called_synthetic() -> None:
    made = replace(course(), dataset=replace(course().dataset, synthetic=7))
    line = next(line for line in render_report(made).splitlines() if "SYNTHETIC" in line)
    assert "7 of them" in line
    assert len(line) <= WIDTH


def test_it_says_why_nothing_is_blocked_or_from_where_it_is(text: str) -> None:
    thresholds = course().choice.thresholds
    if thresholds.block is None:
        assert "block   never" in text
    else:
        assert f"block   from p = {thresholds.block:.3f}" in text
    assert f"warn    from p = {thresholds.warn:.3f}" in text


def test_unknown_branches_and_one_sided_outcomes_are_said_to_be_unknown() -> None:
    records = [with_outcome(r, "passed") if n > 240 else r for n, r in enumerate(make_records(300))]
    dataset = replace(learn(records)[0], has_branches=False)
    text = render_report(train(dataset))
    assert "no branches are known" in text
    assert "green    forest" not in text
    assert "nan" not in text
