"""Replay: every labelled build once, in the order of pushes, knowing what had finished and nothing else."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import pytest

from cigate.change import BuildRecord
from cigate.features import FEATURES, vector
from cigate.history import History
from cigate.replay import replay
from cigate.shelf import judged_at
from tests import builds as b


def _rows(records: Sequence[BuildRecord], lag_s: int = 0) -> dict[str, array[float]]:
    return {record.id: row for record, row in replay(records, lag_s)}


def _knows(records: Sequence[BuildRecord], judged: BuildRecord, lag_s: int = 0) -> list[str]:
    """Return the ids of the other builds whose outcome the replayed row of `judged` knows."""
    row = _rows(records, lag_s)[judged.id]
    known = [r for r in records if r is not judged]
    while vector(judged.change, b.history_of(known), judged_at(judged)) != row:
        known.remove(max(known, key=lambda r: (r.finished_at, r.id)))
    return [r.id for r in known]


def test_builds_come_in_the_order_of_their_pushes() -> None:
    """However they were given; what is pushed at once comes by id."""
    records = [b.build(at=b.AT + n % 5, id=f"{9 - n}") for n in range(10)]
    replayed = [record for record, _ in replay(reversed(records))]
    assert replayed == sorted(records, key=lambda r: (r.change.pushed_at, r.id))


def test_outcomes_that_say_nothing_are_left_out() -> None:
    """Neither judged nor learned."""
    records = b.builds("pcfs")
    assert [record.outcome for record, _ in replay(records)] == ["passed", "failed"]


def test_outcomes_that_say_nothing_can_be_asked_for() -> None:
    """A push does not know that its build will be canceled; nothing is learned from it all the same."""
    records = b.builds("pcfs")
    asked = list(replay(records, unlabelled=True))
    assert [record.outcome for record, _ in asked] == ["passed", "canceled", "failed", "skipped"]
    assert [row for record, row in asked if record.failed is not None] == [row for _, row in replay(records)]
    for at, (record, row) in enumerate(asked):
        assert row == vector(record.change, b.history_of(records[:at]), judged_at(record))


def test_nothing_to_replay() -> None:
    """No builds, no rows."""
    assert list(replay([])) == []


def test_outcome_is_known_after_its_build_has_finished() -> None:
    """Not while it runs, and not in the second in which it finishes."""
    first = b.build("failed", id="1", took_s=600)
    for after_s, known in ((0, []), (599, []), (600, []), (601, ["1"])):
        second = b.build(at=b.AT + after_s, id="2")
        assert _knows([first, second], second) == known


def test_lag_makes_outcomes_known_later() -> None:
    """A laptop's history is hours old."""
    records = [b.build("failed", id="1", took_s=600), b.build(at=b.AT + 4000, id="2")]
    assert _knows(records, records[1], lag_s=3399) == ["1"]
    assert _knows(records, records[1], lag_s=3400) == []


def test_row_is_that_of_a_live_push() -> None:
    """The very same numbers as asking a history of what had finished."""
    records = b.project(60)
    for record, row in replay(records):
        at = record.change.pushed_at
        finished = [r for r in records if r.finished_at < at]
        assert vector(record.change, b.history_of(finished)) == row


def test_history_at_the_end_knows_everything() -> None:
    """It is the one that learned all builds in the order in which they finished, and it learned on."""
    records = b.project(50)
    history = b.history_of(records[:20])
    later = [r for r in records[20:] if r.finished_at > history.as_of]
    assert list(replay(later, history=history))
    assert history.snapshot() == b.history_of([*records[:20], *later]).snapshot()


def test_builds_that_finish_together_are_learned_by_id() -> None:
    """The same order as anywhere else, whichever was pushed first."""
    one = b.build("failed", "x", at=b.AT, took_s=100, id="b")
    other = b.build("passed", "y", at=b.AT + 50, took_s=50, id="a")
    history = History()
    list(replay([one, other], history=history))
    expected = History()
    expected.learn(other)
    expected.learn(one)
    assert history.snapshot() == expected.snapshot()


def test_build_without_duration_and_one_that_ends_with_it() -> None:
    """Where pushed, started and finished are one moment, order is by id all the same."""
    long = b.build("failed", "x", at=b.AT - 100, took_s=100, id="z")
    short = b.build("passed", "y", at=b.AT, took_s=0, id="b")
    history = History()
    list(replay([long, short], history=history))
    assert history.snapshot() == b.history_of([long, short]).snapshot()


@pytest.mark.parametrize("claimed", [b.AT + 5000, b.AT + 900])
def test_push_after_its_own_build_is_judged_no_later_than_that(claimed: int) -> None:
    """A clock ahead of the server's must not let a push know what happened while its build ran."""
    wrong = BuildRecord("2", b.change(at=claimed), "failed", b.AT + 100, b.AT + 800)
    assert judged_at(wrong) == b.AT + 800
    meanwhile = b.build("failed", "dev", at=b.AT + 150, id="1", took_s=700)
    assert _knows([wrong, meanwhile], wrong) == []


def test_replay_learns_as_it_goes() -> None:
    """Nothing is worked out ahead: who stops early has learned only what had finished by then."""
    history = History()
    rows = replay(b.builds("pfpf"), history=history)
    next(rows)
    assert history.builds == 0
    next(rows)
    assert history.builds == 1


def test_replayed_risk_shows_in_the_features() -> None:
    """On a project where some folders break builds, builds that touch them have higher path rates."""
    at = next(n for n, feature in enumerate(FEATURES) if feature.name.endswith("_rate_max"))
    risky: list[float] = []
    others: list[float] = []
    for record, row in list(replay(b.project(600)))[300:]:
        touches = any(file.path.startswith("src/m0/") for file in record.change.files())
        (risky if touches else others).append(row[at])
    assert sum(risky) / len(risky) > sum(others) / len(others)
