"""A backtest knows at each push what was known then: on generated builds and on real ones."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from cigate.change import BuildRecord
from cigate.cli import main
from cigate.errors import TooLittleHistory
from cigate.features import FEATURES
from cigate.git import Repository
from cigate.places import store_url
from cigate.shelf import judged_at
from cigate.stores import open_store
from cigate_train.backtest import Backtest, backtest
from cigate_train.backtest_report import render_backtest
from cigate_train.costs import Costs
from cigate_train.judges import BundleJudge, Judge, OwnJudge, split_past
from cigate_train.layout import WIDTH
from cigate_train.timeline import cut_periods, make_timeline
from tests.real import data_folder, repository
from tests.repo import Repo
from tests.train_data import make_records, with_outcome
from tests.trained import exported

NAMES = [feature.name for feature in FEATURES]
DAY_S = 86_400
Said = dict[str, tuple[float, str]]


@functools.cache
def made(protocol: str = "split", lag_s: int = 0) -> Backtest:
    """Return a backtest of 400 generated builds, made once."""
    return backtest(make_records(400), NAMES, OwnJudge(0), protocol=protocol, lag_s=lag_s)


def said(records: Sequence[BuildRecord], judge: Judge, protocol: str, lag_s: int = 0) -> Said:
    """Return the prediction and the verdict on each judged build that was not canceled."""
    found = backtest(records, NAMES, judge, protocol=protocol, lag_s=lag_s)
    ids = [found.timeline.records[place].id for place in found.where]
    return dict(zip(ids, zip(found.scores.tolist(), found.actions, strict=True), strict=True))


def turned(record: BuildRecord, number: int) -> BuildRecord:
    """Return the record with another outcome; one in ten is canceled."""
    if number % 10 == 3:
        return with_outcome(record, "canceled")
    return with_outcome(record, "passed" if record.failed else "failed")


def refuse_leaks(records: Sequence[BuildRecord], judge: Judge, protocol: str, lag_s: int, at: int) -> None:
    """Change every outcome that was not known at `at`, and compare what was said until then."""
    later = [turned(r, n) if r.finished_at + lag_s >= at else r for n, r in enumerate(records)]
    before, after = said(records, judge, protocol, lag_s), said(later, judge, protocol, lag_s)
    pushed = {record.id: judged_at(record) for record in records}
    compared = [id for id in before if pushed[id] <= at and id in after]
    assert len(compared) > 20
    assert [id for id in compared if before[id] != after[id]] == []
    assert any(before[id] != after[id] for id in before.keys() & after.keys()), "the change was seen later"


@pytest.mark.parametrize(("protocol", "lag_s"), [("split", 0), ("folds", 0), ("split", DAY_S)])
def test_no_outcome_changes_a_prediction_before_it_is_known(protocol: str, lag_s: int) -> None:
    records = make_records(400)
    at = judged_at(records[300])
    refuse_leaks(records, OwnJudge(0), protocol, lag_s, at)


def test_nor_where_builds_are_ample_for_one_forest(monkeypatch: pytest.MonkeyPatch) -> None:
    """It learned the older part of the past, and no more."""
    monkeypatch.setattr("cigate_train.judges.AMPLE", 120)
    records = make_records(400)
    refuse_leaks(records, OwnJudge(0), "split", 0, judged_at(records[300]))
    line = make_timeline(records, NAMES)
    (period,) = cut_periods(line, "split")
    assert OwnJudge(0).judge(line, period).learned == split_past(line, period.past)[0].size


def test_with_a_ready_model_either() -> None:
    records = make_records(400)
    refuse_leaks(records, BundleJudge("x", exported().bundle), "folds", 0, judged_at(records[300]))


@pytest.mark.slow
@pytest.mark.parametrize("lag_s", [0, DAY_S])
def test_on_real_builds_either(tmp_path: Path, lag_s: int) -> None:
    table = data_folder() / "builds" / "opal__opal.csv.gz"
    repo = Repo.init(tmp_path / "work")
    objects = repo.path / ".git" / "objects" / "info" / "alternates"
    objects.write_text(f"{repository('opal').resolve()}/objects\n")
    assert main(["import", "csv", str(table), "--repo", str(repo.path)]) == 0
    store = open_store(store_url(Repository.open(str(repo.path))))
    records = list(store.read())[:1200]
    store.close()
    refuse_leaks(records, OwnJudge(0), "split", lag_s, judged_at(records[900]))


@pytest.mark.parametrize(("protocol", "starts"), [("split", [200]), ("folds", [200, 240, 280, 320, 360])])
def test_periods_learn_from_what_had_finished(protocol: str, starts: list[int]) -> None:
    line = make_timeline(make_records(400), NAMES)
    periods = cut_periods(line, protocol)
    assert [int(period.judged[0]) for period in periods] == starts
    assert np.concatenate([p.judged for p in periods]).tolist() == list(range(200, 400))
    for period, start in zip(periods, starts, strict=True):
        begun = line.at[start]
        assert (line.fresh.finished_at[period.past] < begun).all()
        assert period.past.size > start - 10


def test_lag_keeps_back_what_finished_within_it() -> None:
    line = make_timeline(make_records(400), NAMES, 2 * DAY_S)
    period = cut_periods(line, "split")[0]
    assert (line.fresh.finished_at[period.past] + 2 * DAY_S < line.at[200]).all()
    assert (line.fresh.rows != line.seen.rows).any()


def test_canceled_builds_are_judged_and_not_counted() -> None:
    """They stand in the timeline, as a push does not know its end; figures leave them out."""
    records = [with_outcome(r, "canceled") if n % 7 == 0 else r for n, r in enumerate(make_records(400))]
    found = backtest(records, NAMES, OwnJudge(0))
    assert len(found.timeline) == 400
    assert found.where.size == np.count_nonzero(found.timeline.labelled[200:])
    assert len(found.actions) == found.scores.size == found.failed.size == found.where.size


def test_the_model_beats_both_baselines_where_there_is_a_pattern() -> None:
    worth = made().worth(made().subsets["all"])
    assert worth.difference("model", "echo", "auc").low > 0
    assert worth.difference("model", "rule", "auc").low > 0


def test_echo_and_green_are_what_the_last_finished_build_says() -> None:
    """Computed once more, the slow way."""
    found, echo = made(), made().judges()["echo"].p
    records = found.timeline.records
    for row, place in list(enumerate(found.where))[::9]:
        at, branch = judged_at(records[place]), records[place].change.branch
        done = sorted((r for r in records if r.finished_at < at), key=lambda r: (r.finished_at, r.id))
        own = [r for r in done if r.change.branch == branch]
        assert bool(echo[row]) == (own or done)[-1].failed
        assert found.green[row] == bool(own and not own[-1].failed)
        assert found.subsets["first"][row] == (not own)


def test_the_budget_is_kept_in_every_quarter() -> None:
    """Of 1,200 builds whose failure rate and scores drift."""
    found = backtest(make_records(1200), NAMES, OwnJudge(0), budget=0.2)
    for where in found.quarters():
        green = where[found.known_green()[where]]
        assert abs(found.alarmed[green].mean() / 0.2 - 1) <= 1 / 3


def test_costs_decide_in_place_of_the_budget() -> None:
    """Warned is where it saves more than it costs; red branches have their own channel."""
    costs = Costs(20.0, 5.0)
    found = backtest(make_records(400), NAMES, OwnJudge(0), costs=costs)
    red = found.known_red()
    assert 0 < np.count_nonzero(red) < red.size
    assert np.array_equal(found.alarmed[~red], found.scores[~red] >= 0.2)
    report = render_backtest(found)
    assert "warned from p = 0.200 on" in report
    assert "budget:" not in report
    assert max(map(len, report.splitlines())) <= WIDTH


def test_nothing_is_blocked_below_even_odds_or_without_a_past_that_earned_it() -> None:
    for fold in made("folds").folds:
        block = fold.chosen.choice.thresholds.block
        blocked = [p for p, action in zip(fold.scores, fold.actions, strict=True) if action == "block"]
        assert not blocked or (block is not None and min(blocked) >= block >= 0.5)


def test_too_little_history_is_an_answer() -> None:
    with pytest.raises(TooLittleHistory):
        backtest(make_records(30), NAMES, OwnJudge(0))
    late = [
        BuildRecord(r.id, r.change, r.outcome, r.started_at, r.finished_at + 400 * DAY_S)
        for r in make_records(100)
    ]
    with pytest.raises(TooLittleHistory, match="in time"):
        backtest(late, NAMES, OwnJudge(0))


@pytest.mark.parametrize(("protocol", "lag_s"), [("split", 0), ("folds", DAY_S)])
def test_the_report_is_plain_and_narrow(protocol: str, lag_s: int) -> None:
    text = render_backtest(made(protocol, lag_s))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.isascii()
    assert text.endswith("\n")
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert "nan" not in text
    for told in ("green branches", "first builds", "echo", "rule", "AUC, local", "minutes wasted", "block"):
        assert told in text
    assert text.count("quarter ") == 4
    assert ("24h old" in text) == bool(lag_s)


def test_a_model_that_may_have_seen_the_builds_is_named() -> None:
    found = backtest(make_records(400), NAMES, BundleJudge("x", exported().bundle))
    assert "judged too kindly" in " ".join(render_backtest(found).split())
    assert "kindly" not in render_backtest(made())
