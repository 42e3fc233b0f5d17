"""Reasons: what they name really lowers the probability, by the model's own word."""

from __future__ import annotations

import functools
from array import array
from collections.abc import Sequence
from math import exp

import numpy as np
import pytest
from hypothesis import given

from cigate.change import BuildRecord, Change
from cigate.features import FEATURES, Moment, vector_of
from cigate.model import Predictor, open_predictor
from cigate.reasons import LEAST_DROP, MOST_REASONS, explain
from cigate.replay import replay
from cigate.themes import THEMES
from tests import builds as b
from tests.forests import Forest, convert, make_bundle

NAMES = [feature.name for feature in FEATURES]
LATER = b.AT + 2 * b.DAY_S


class Weighted:
    """A scorer that adds up some features: riskier where they are higher."""

    def __init__(self, **weights: float) -> None:
        self.weights = {NAMES.index(name): weight for name, weight in weights.items()}
        self.asked = 0

    def score(self, rows: Sequence[array[float]]) -> list[float]:
        """Return a probability for each row."""
        self.asked += 1
        return [1 / (1 + exp(-sum(w * row[at] for at, w in self.weights.items()))) for row in rows]


TYPICAL = [0.0] * len(FEATURES)


def _explain(scorer: Weighted, change: Change, *records: BuildRecord) -> list[str]:
    moment = Moment(change, b.history_of(records), change.pushed_at)
    row = vector_of(moment)
    return [reason.theme for reason in explain(moment, row, scorer.score([row])[0], TYPICAL, scorer)]


def test_reason_is_what_the_model_looks_at() -> None:
    """Of all that could be said, what moves this model's answer."""
    pushed = b.change({".travis.yml": (900, 900)}, at=LATER)
    records = b.builds("pff")
    assert _explain(Weighted(ci_files=3.0), pushed, *records) == ["kinds"]
    assert _explain(Weighted(lines_added=1.0), pushed, *records) == ["size"]
    assert _explain(Weighted(branch_streak=2.0, lines_added=0.1), pushed, *records) == ["branch", "size"]


def test_what_makes_it_safer_is_no_reason() -> None:
    """Nor what the model does not care about."""
    pushed = b.change({".travis.yml": (900, 900)}, at=LATER)
    assert _explain(Weighted(ci_files=-3.0), pushed) == []
    themed = {name for theme in THEMES for name in theme.features}
    assert _explain(Weighted(**dict.fromkeys(set(NAMES) - themed, 1.0)), pushed) == []


def test_where_nothing_can_be_said_the_model_is_not_asked() -> None:
    """No theme speaks of a small harmless push."""
    pushed = b.change({"README.md": (1, 1)}, at=LATER, author="")
    scorer = Weighted(files=1.0)
    moment = Moment(pushed, b.history_of([b.build(files={"README.md": (9, 9)})]), LATER)
    assert explain(moment, vector_of(moment), 0.9, TYPICAL, scorer) == ()
    assert scorer.asked == 0


def test_all_themes_are_scored_in_one_batch() -> None:
    """A push waits."""
    scorer = Weighted(ci_files=1.0, lines_added=1.0, branch_streak=1.0)
    moment = Moment(b.change({".travis.yml": (900, 9)}, at=LATER), b.history_of(b.builds("pff")), LATER)
    explain(moment, vector_of(moment), 0.9, TYPICAL, scorer)
    assert scorer.asked == 1


RECORDS = b.project(500)


@functools.cache
def learned() -> tuple[Predictor, list[float], list[tuple[BuildRecord, array[float]]]]:
    """Return a real forest that learned a project, what is usual on its green builds, and its rows."""
    from sklearn.ensemble import RandomForestClassifier

    replayed = list(replay(RECORDS))
    rows = np.array([row for _, row in replayed], dtype=np.float32)
    failed = np.array([record.failed for record, _ in replayed])
    classifier = RandomForestClassifier(25, max_leaf_nodes=24, min_samples_leaf=5, random_state=1)
    classifier.fit(rows, failed.astype(int))
    names = tuple((feature.name, feature.version) for feature in FEATURES)
    bundle = make_bundle(Forest(classifier, convert(classifier, names), names, rows))
    typical = [float(value) for value in np.median(rows[~failed], axis=0)]
    return open_predictor(bundle), typical, replayed


@pytest.mark.parametrize("number", range(200, 500, 15))
def test_reasons_of_a_forest_move_the_probability_as_they_say(number: int) -> None:
    """With the theme's features as usual, the same model gives exactly `p_without`, and that is less."""
    predictor, typical, replayed = learned()
    record, row = replayed[number]
    known = [r for r in RECORDS if r.finished_at < record.change.pushed_at]
    moment = Moment(record.change, b.history_of(known), record.change.pushed_at)
    assert vector_of(moment) == row
    (p_fail,) = predictor.score([row])
    reasons = explain(moment, row, p_fail, typical, predictor)
    assert len(reasons) <= MOST_REASONS
    assert [r.p_without for r in reasons] == sorted(r.p_without for r in reasons)
    features = {theme.name: theme.features for theme in THEMES}
    for reason in reasons:
        changed = array("f", row)
        for name in features[reason.theme]:
            changed[NAMES.index(name)] = typical[NAMES.index(name)]
        assert predictor.score([changed]) == [pytest.approx(reason.p_without, abs=1e-6)]
        assert reason.p_without <= p_fail - LEAST_DROP
        assert reason.text.isprintable()


def test_risky_pushes_of_a_forest_have_reasons() -> None:
    """Whatever the forest warns about, there is something to say in most cases."""
    predictor, typical, replayed = learned()
    scores = predictor.score([row for _, row in replayed])
    riskiest = sorted(range(len(scores)), key=lambda n: -scores[n])[:12]
    explained = 0
    for number in riskiest:
        record, row = replayed[number]
        known = [r for r in RECORDS if r.finished_at < record.change.pushed_at]
        moment = Moment(record.change, b.history_of(known), record.change.pushed_at)
        explained += bool(explain(moment, row, scores[number], typical, predictor))
    assert explained >= 9


@given(b.histories(), b.changes())
@b.examples(40)
def test_any_moment_is_explained_without_repeating_a_theme(
    records: list[BuildRecord], pushed: Change
) -> None:
    """At most three, strongest first, each another theme."""
    moment = Moment(pushed, b.history_of(records), pushed.pushed_at)
    row = vector_of(moment)
    scorer = Weighted(**dict.fromkeys(NAMES, 0.05))
    reasons = explain(moment, row, scorer.score([row])[0], TYPICAL, scorer)
    assert len({reason.theme for reason in reasons}) == len(reasons) <= MOST_REASONS
