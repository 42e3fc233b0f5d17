"""A training learns only from what was known in time, and keeps its parts apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cigate.change import BuildRecord
from cigate.errors import TooLittleHistory
from cigate_train.batch import score_rows
from cigate_train.export import export
from cigate_train.fit import score
from cigate_train.training import Course, train
from tests.train_data import make_records, with_outcome
from tests.trained import course, learn


def test_the_parts_follow_each_other_in_time() -> None:
    made = course()
    data, test = made.dataset, made.test
    assert test.late.size == 80
    assert (data.finished_at[test.early] < data.pushed_at[test.late].min()).all()
    past = data.take(test.early)
    assert (past.finished_at[made.validation.early] < made.validation.at).all()
    assert past.pushed_at[made.validation.late].min() == made.validation.at
    assert made.choice.validated == made.validation.late.size


def test_the_forest_beats_the_echo_on_a_pattern_that_can_be_learned() -> None:
    seen = course().evaluation
    assert seen.forest.auc > seen.echo.auc
    assert seen.green_forest.auc > 0.6
    assert seen.green_echo.auc == 0.5


def test_the_figures_are_those_of_the_tested_builds_at_the_chosen_threshold() -> None:
    made = course()
    assert made.test_scores.size == made.test.late.size == made.evaluation.forest.builds
    assert made.evaluation.threshold == made.choice.thresholds.warn
    by_state = made.alarms_by_state
    assert sum(seen["builds"] for seen in by_state.values()) == made.test.late.size
    assert sum(seen["alarms"] for seen in by_state.values()) == made.evaluation.forest.alarms
    assert by_state["green"]["builds"] == made.evaluation.green_forest.builds


def test_the_same_builds_and_seed_train_the_same() -> None:
    again = train(learn(make_records(400))[0])
    assert np.array_equal(again.test_scores, course().test_scores)
    assert again.choice == course().choice


def test_flipping_an_outcome_after_the_split_changes_nothing_before_it_was_known() -> None:
    records = make_records(400)
    made = course()
    tested = [made.dataset.pushed_at[i] for i in made.test.late]
    for number in (325, 360, 399):
        victim = records[number]
        assert victim.finished_at > made.test.at
        other = train(learn([_flipped(r) if r is victim else r for r in records])[0])
        known_before = np.array(tested) < victim.finished_at
        assert known_before.any()
        assert np.array_equal(other.test_scores[known_before], made.test_scores[known_before])
        assert other.choice == made.choice


def _flipped(record: BuildRecord) -> BuildRecord:
    return with_outcome(record, "passed" if record.failed else "failed")


def test_flipping_an_outcome_before_the_split_does_change_what_is_learned() -> None:
    records = make_records(400)
    records[200] = _flipped(records[200])
    other = train(learn(records)[0])
    assert not np.array_equal(other.test_scores, course().test_scores)


def test_a_training_part_of_one_class_gives_careful_thresholds() -> None:
    records = make_records(200)
    made = train(learn([with_outcome(r, "passed") if n < 164 else r for n, r in enumerate(records)])[0])
    assert made.choice.warn_rule == "default"
    assert made.choice.thresholds.block is None
    assert (made.test_scores == 0).all()
    assert made.evaluation.forest.alarms == 0


def test_a_tested_part_of_one_class_has_no_auc() -> None:
    records = make_records(200)
    records = [with_outcome(r, "passed") if n >= 150 else r for n, r in enumerate(records)]
    made = train(learn(records)[0])
    assert np.isnan(made.evaluation.forest.auc)
    assert made.evaluation.forest.failures == 0


def test_builds_that_were_all_still_running_are_refused() -> None:
    records = make_records(100, duration_s=10**9)
    with pytest.raises(TooLittleHistory, match="had finished") as refused:
        train(learn(records)[0])
    assert "times" in refused.value.hint


def test_without_branches_no_build_is_green_and_f1_chooses() -> None:
    made = train(learn(make_records(300, branches=("main",)))[0])
    assert made.choice.warn_rule == "budget"
    blind = replace(learn(make_records(300, branches=("main",)))[0], has_branches=False)
    assert not blind.green.any()
    assert blind.blockable.all()
    assert blind.states == {}
    assert train(blind).choice.warn_rule == "f1"


@pytest.fixture
def ample(monkeypatch: pytest.MonkeyPatch) -> Course:
    """Return a training for which 250 builds are ample."""
    monkeypatch.setattr("cigate_train.training.AMPLE", 250)
    made = train(learn(make_records(400))[0])
    assert made.validation.early.size > 250
    return made


def test_where_builds_are_ample_one_forest_grows(ample: Course) -> None:
    """It knows the part before the validation alone, and gave the scores of both later parts."""
    past = ample.dataset.take(ample.test.early)
    assert np.array_equal(score(ample.forest, ample.dataset.take(ample.test.late).rows), ample.test_scores)
    validated = score(ample.forest, past.take(ample.validation.late).rows)
    assert np.array_equal(validated, ample.rivals[-1].validation)
    assert course().forest is None


def test_what_was_evaluated_is_what_is_exported(ample: Course) -> None:
    bundle = export(ample, b"", 0).bundle
    tested = ample.dataset.take(ample.test.late).rows
    assert np.abs(score_rows(bundle, tested) - ample.test_scores).max() < 1e-6
    assert "that very forest is evaluated" in " ".join(map(str, bundle.manifest.card["procedure"]))  # type: ignore[call-overload]


def test_no_outcome_of_the_validated_and_tested_builds_is_in_the_one_forest(ample: Course) -> None:
    """Nor does a tested one decide anything."""
    data = ample.dataset
    first = int(ample.test.early[ample.validation.late[0]])
    for since, same_choice in ((first, False), (int(ample.test.late[0]), True)):
        failed = data.failed.copy()
        failed[since:] ^= True
        other = train(replace(data, failed=failed))
        assert np.array_equal(other.test_scores, ample.test_scores)
        assert (other.choice == ample.choice) is same_choice


def test_the_one_forest_gives_the_same_bytes_again(ample: Course) -> None:
    again = train(learn(make_records(400))[0])
    assert export(again, b"", 0).bundle == export(ample, b"", 0).bundle
