"""The long form says of each effect what the model says of the changed row, in the right direction."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given

from cigate.change import BuildRecord, Change
from cigate.counterfactual import without_commit, without_file
from cigate.explanation import LEAST_EFFECT, MOST_ALIKE, MOST_SHOWN, explain_change
from cigate.failures import Failure, LastFailures
from cigate.features import FEATURES, vector
from cigate.reporters.explained import TITLES
from cigate.themes import THEMES
from tests import builds as b
from tests.test_reasons import NAMES, RECORDS, TYPICAL, Weighted, learned

FEATURES_OF = {theme.name: theme.features for theme in THEMES}


def as_usual(row: array[float], theme: str, typical: list[float]) -> array[float]:
    changed = array("f", row)
    for name in FEATURES_OF[theme]:
        changed[NAMES.index(name)] = typical[NAMES.index(name)]
    return changed


def failures_of(records: list[BuildRecord]) -> list[Failure]:
    kept = LastFailures()
    for record in b.in_order(records):
        kept.take(record)
    return kept.failures()


@pytest.mark.parametrize("number", range(200, 500, 50))
def test_effects_of_a_forest_are_its_own_words(number: int) -> None:
    """Each theme as usual gives exactly what is stated; whatever moves the probability is told."""
    predictor, typical, replayed = learned()
    record, row = replayed[number]
    known = [r for r in RECORDS if r.finished_at < record.change.pushed_at]
    history = b.history_of(known)
    said = explain_change(record.change, history, predictor, typical, failures_of(known))
    assert [said.p_fail] == predictor.score([row])
    told = {effect.theme: effect.p_without for effect in said.effects}
    for theme in FEATURES_OF:
        (p,) = predictor.score([as_usual(row, theme, typical)])
        if abs(p - said.p_fail) >= LEAST_EFFECT + 1e-6:
            assert told[theme] == pytest.approx(p, abs=1e-6)
    sizes = [abs(said.p_fail - effect.p_without) for effect in said.effects]
    assert sizes == sorted(sizes, reverse=True)


def test_every_theme_has_a_title_that_a_developer_understands() -> None:
    assert list(TITLES) == [theme.name for theme in THEMES]


@given(b.changes(), b.histories(most=8))
@b.examples(50)
def test_any_change_is_explained(pushed: Change, records: list[BuildRecord]) -> None:
    """Effects move the way they say, and what is left out gives what is stated."""
    scorer = Weighted(ci_files=2.0, branch_streak=1.0, files=-0.3, words_excess=1.0)
    history = b.history_of(records)
    said = explain_change(pushed, history, scorer, TYPICAL, failures_of(records))
    row = vector(pushed, history)
    for effect in said.effects:
        assert scorer.score([as_usual(row, effect.theme, TYPICAL)]) == [effect.p_without]
        assert effect.p_without != said.p_fail
    assert len(said.leaving_out) <= MOST_SHOWN
    for less in said.leaving_out:
        rest = (without_file if less.kind == "file" else without_commit)(pushed, less.what)
        assert rest
        assert scorer.score([vector(rest, history)]) == [less.p_without]
    assert len(said.alike) <= MOST_ALIKE
    assert all(alike.at <= pushed.pushed_at for alike in said.alike), "a later failure is no precedent"


def test_what_lowers_the_risk_is_told_too() -> None:
    pushed = b.change({".travis.yml": (9, 9)}, at=b.AT + b.DAY_S)
    said = explain_change(pushed, b.history_of(b.builds("pff")), Weighted(ci_files=-2.0), TYPICAL, [])
    (effect,) = said.effects
    assert (effect.theme, effect.p_without > said.p_fail) == ("kinds", True)
    assert effect.text == "", "a reason to fail must not stand beside what lowers the risk"
    assert said.red_builds == 2
    assert len(FEATURES) == len(TYPICAL)
