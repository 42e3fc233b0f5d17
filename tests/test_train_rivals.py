"""The starter, the own forest and their mean: compared on the same builds, and the best one is kept."""

from __future__ import annotations

import functools
from array import array
from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from cigate.change import BuildRecord
from cigate.features import FEATURES
from cigate.history import History
from cigate.model import Bundle, Manifest, check_structure, features_digest, open_predictor, read_metadata
from cigate.model.outline import FEATURES_KEY
from cigate_train.contest import ECHO, contest_plain, contest_table, kept_text
from cigate_train.convert import join_models
from cigate_train.export import Export, export
from cigate_train.fit import fit_forest, score
from cigate_train.layout import WIDTH
from cigate_train.metrics import auc
from cigate_train.report import render_report
from cigate_train.rivals import (
    BLEND,
    OWN,
    POOLED,
    STARTER,
    Rival,
    blend_trees,
    first_trees,
    keep_best,
    mean_of,
    merit,
    score_kept,
)
from cigate_train.training import Course, train
from tests.judged import wary_bundle
from tests.train_data import make_records
from tests.trained import learn

FEATURE_LIST = tuple((feature.name, feature.version) for feature in FEATURES)


def careful_records() -> list[BuildRecord]:
    """Return builds of another project, in which the same pattern holds."""
    return make_records(1500, seed=9)


@functools.cache
def good_starter() -> Bundle:
    """Return a model that learned the pattern from far more builds than the tests train on, and long ago."""
    made = export(train(learn(careful_records())[0]), b"", 1_700_000_000).bundle
    return Bundle(with_card(made.manifest, {"data": {"last_pushed": "2001-01-01"}}), made.model, made.history)


@functools.cache
def contest(starter: str = "good") -> Course:
    """Return a training on few builds, held against a starter that is good or one that knows nothing."""
    dataset = learn(make_records(400))[0]
    return train(dataset, starter=good_starter() if starter == "good" else wary_bundle(b""))


@functools.cache
def exported(kept: str) -> Export:
    """Return the export of the contest as if `kept` had won it."""
    history = History()
    return export(replace(contest(), kept=kept), history.snapshot(), 1_700_000_000)


def test_every_candidate_is_scored_on_the_same_builds() -> None:
    made = contest()
    assert [rival.name for rival in made.rivals] == [STARTER, BLEND, OWN]
    for rival in made.rivals:
        assert rival.validation.size == made.validation.late.size
        assert rival.test.size == made.test.late.size
    own, starter = made.rivals[2], made.rivals[0]
    assert np.array_equal(own.test, train(made.dataset).test_scores)
    rows = made.dataset.rows[made.test.late]
    served = open_predictor(good_starter()).score([array("f", row.tobytes()) for row in rows])
    assert starter.test.tolist() == served


def test_the_best_on_validation_is_kept_and_its_scores_are_reported() -> None:
    made = contest()
    best = max(made.rivals, key=lambda rival: rival.merit)
    assert made.kept == best.name
    assert np.array_equal(made.test_scores, best.test)
    assert made.evaluation.forest.auc == pytest.approx(contest_auc(made, best))


def contest_auc(made: Course, rival: Rival) -> float:
    shown = contest_plain(made)["test"]
    assert isinstance(shown, dict)
    return float(shown[rival.name]["AUC"])


def test_a_starter_that_knows_nothing_is_not_kept() -> None:
    made = contest("wary")
    assert made.kept != STARTER
    assert contest_plain(made)["kept"] == made.kept


@pytest.mark.parametrize(("until", "compared"), [("2001-01-01", True), ("2035-01-01", False), (None, True)])
def test_a_starter_is_no_judge_of_builds_that_it_may_have_learned_from(
    until: str | None, compared: bool
) -> None:
    """Its card says until when its own builds were pushed."""
    bundle = good_starter()
    told = Bundle(with_card(bundle.manifest, {"data": {"last_pushed": until}}), bundle.model, b"")
    made = train(learn(make_records(400))[0], starter=told)
    assert (STARTER in [rival.name for rival in made.rivals]) is compared
    assert ("may know these" in made.left_out) is not compared


def pooled(last_pushed: str) -> Bundle:
    """Return the good starter as if `cigate train --data` had made it of mined repositories."""
    manifest = good_starter().manifest
    values = {name: getattr(manifest, name) for name in manifest.__slots__}
    values |= {"model_id": f"{POOLED}{manifest.model_id}", "card": {"data": {"last_pushed": last_pushed}}}
    return Bundle(Manifest(**values), good_starter().model, b"")


def test_a_pooled_model_takes_the_starters_place() -> None:
    """The organisation's model is what a new repository begins with, so that it is what must be beaten."""
    made = train(learn(make_records(400))[0], starter=wary_bundle(b""), pooled=pooled("2001-01-01"))
    assert made.starter == pooled("2001-01-01")
    assert made.left_out == ""
    shown = contest_table(made).index
    assert [title.removesuffix(" (kept)") for title in shown] == [
        "pooled model",
        "mean of both",
        "own forest",
        ECHO,
    ]
    told = contest_plain(made)["starter"]
    assert isinstance(told, dict)
    assert told["model_id"] == pooled("").manifest.model_id
    assert export(replace(made, kept=STARTER), b"", 1).reference == "the pooled model as it came"


def test_a_pooled_model_that_may_know_the_builds_leaves_its_place_to_the_starter() -> None:
    """An organisation's model of last night has learned from the very builds that would judge it."""
    made = train(learn(make_records(400))[0], starter=good_starter(), pooled=pooled("2035-01-01"))
    assert made.starter == good_starter()
    assert "rivals  not compared: the pooled model: it learned" in render_report(made)


def with_card(manifest: Manifest, card: dict[str, object]) -> Manifest:
    values = {name: getattr(manifest, name) for name in manifest.__slots__}
    return Manifest(**{**values, "card": card})


def test_merit_is_the_mean_over_all_and_green_builds() -> None:
    failed = np.array([True, False] * 10)
    p = np.where(failed, 0.9, 0.1)
    green = np.arange(20) < 10
    assert merit(failed, p, green) == 1.0
    p[green] = 0.5
    assert merit(failed, p, green) == pytest.approx((auc(failed, p) + 0.5) / 2)


def test_a_part_that_cannot_tell_has_no_say() -> None:
    failed = np.array([True, False] * 10)
    green = np.arange(20) < 4
    assert merit(failed, np.where(failed, 0.9, 0.1), green) == 1.0
    assert isnan(merit(failed[:4], failed[:4] * 1.0, green[:4]))


def test_of_equals_the_starter_is_kept() -> None:
    """On builds that tell nothing, what learned from many projects is the better guess."""
    nothing = np.zeros(0)
    rivals = [Rival(name, nothing, nothing, float("nan")) for name in (STARTER, BLEND, OWN)]
    assert keep_best(rivals).name == STARTER
    assert keep_best([replace(rival, merit=0.7) for rival in rivals]).name == STARTER
    assert keep_best([*rivals[:2], replace(rivals[2], merit=0.6)]).name == OWN


def test_the_kept_starter_is_exported_as_it_is_with_the_repositorys_own_thresholds() -> None:
    made = exported(STARTER)
    assert made.bundle.model == good_starter().model
    assert made.bundle.manifest.thresholds != good_starter().manifest.thresholds
    assert made.bundle.manifest.typical != good_starter().manifest.typical
    assert made.reference == "the starter as it came"
    assert made.difference < 1e-6


def test_the_mean_is_exported_as_one_model_that_gives_the_mean() -> None:
    made, course = exported(BLEND), contest()
    check_structure(made.bundle.model, made.bundle.manifest.features)
    assert read_metadata(made.bundle.model) == {FEATURES_KEY: features_digest(FEATURE_LIST)}
    forest = first_trees(
        fit_forest(course.dataset.rows, course.dataset.failed, course.settings), course.blend_trees
    )
    rows = course.dataset.rows[:200]
    expected = mean_of(score(forest, rows), score_kept(STARTER, None, good_starter(), rows))
    for backend in ("capi", "python"):
        served = open_predictor(made.bundle, backend).score([array("f", row.tobytes()) for row in rows])
        assert np.abs(np.array(served) - expected).max() < 1e-6


def test_joining_gives_the_same_bytes_every_time() -> None:
    model, digest = good_starter().model, features_digest(FEATURE_LIST)
    assert join_models(model, model, digest) == join_models(model, model, digest)


def test_a_blend_has_only_the_trees_that_there_is_room_for() -> None:
    settings, starter = contest().settings, good_starter()
    assert blend_trees(settings, 0, None) == 0
    few = blend_trees(settings, 1_600_000, starter)
    assert 0 <= few < blend_trees(settings, 0, starter) <= settings.trees
    assert blend_trees(settings, 3_000_000, starter) == 0


def test_the_first_trees_leave_the_forest_whole() -> None:
    made = contest()
    forest = fit_forest(made.dataset.rows, made.dataset.failed, made.settings)
    few = first_trees(forest, 7)
    assert (len(few.estimators_), len(forest.estimators_)) == (7, made.settings.trees)
    assert not np.array_equal(score(few, made.dataset.rows), score(forest, made.dataset.rows))


def test_where_no_branch_is_known_the_starter_is_left_out_and_the_report_says_so() -> None:
    blind = replace(learn(make_records(300, branches=("main",)))[0], has_branches=False)
    made = train(blind, starter=good_starter())
    assert (made.kept, [rival.name for rival in made.rivals]) == (OWN, [OWN])
    assert "not compared: the starter: no branches are known" in render_report(made)
    assert contest_plain(made)["starter"] == made.left_out


def test_the_report_shows_the_candidates_beside_the_echo() -> None:
    text = render_report(contest())
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    table = contest_table(contest())
    assert [title.removesuffix(" (kept)") for title in table.index] == [
        "starter",
        "mean of both",
        "own forest",
        "echo",
    ]
    for line in table.to_string().splitlines():
        assert line.rstrip() in text
    assert kept_text(contest())[:30] in text


def test_the_card_tells_what_was_kept_and_against_what() -> None:
    told = exported(STARTER).bundle.manifest.card["model"]
    assert isinstance(told, dict)
    assert told["kept"] == STARTER
    assert told["starter"]["model_id"] == good_starter().manifest.model_id
    assert set(told["merit"]) == {STARTER, BLEND, OWN}
    assert set(told["test"]) == {STARTER, BLEND, OWN, "echo"}
