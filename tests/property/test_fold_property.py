"""What must hold for the features of any history: parity, no leak, no clock, no identity."""

from __future__ import annotations

from array import array
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cigate.change import BuildRecord, Change, Commit
from cigate.features import FEATURES, vector
from cigate.history import History
from cigate.replay import replay
from cigate.shelf import judged_at
from tests import builds as b

NAMES = [feature.name for feature in FEATURES]
HASHED = {"words_excess", "green_words_excess"}  # the online model's tokens hold author and branch


def _other(outcome: str) -> str:
    return "failed" if outcome == "passed" else "passed"


@given(b.histories(), st.integers(0, 3 * b.DAY_S))
@b.examples(60)
def test_replay_live_query_and_snapshot_agree(records: list[BuildRecord], lag_s: int) -> None:
    """At each push: replayed, asked of a history that learned, of one restored, and of one opened."""
    for record, row in replay(records, lag_s):
        at = judged_at(record)
        learned = b.history_of([r for r in records if r.finished_at + lag_s < at])
        assert vector(record.change, learned, at) == row
        data = learned.snapshot()
        assert vector(record.change, History.restore(data), at) == row
        assert vector(record.change, History.open(data), at) == row


@given(b.histories(), st.lists(st.integers(0, 13), max_size=3), b.changes())
@b.examples(60)
def test_learning_on_after_a_restore_leaves_no_trace(
    records: list[BuildRecord], stops: list[int], pushed: Change
) -> None:
    """Stopped anywhere, any number of times: the same bytes as never having stopped."""
    history, whole = History(), b.history_of(records)
    for number, record in enumerate(b.in_order(records)):
        if number in stops:
            history = History.restore(history.snapshot())
        history.learn(record)
    assert history.snapshot() == whole.snapshot()
    assert vector(pushed, history) == vector(pushed, whole)


def test_broad_history_learns_on_after_a_restore_as_if_it_had_not_stopped() -> None:
    """Evictions included: 3,000 builds overflow the tables."""
    records = list(b.busy_repository(3000))
    whole, history = History(), History()
    for number, record in enumerate(records):
        whole.learn(record)
        history.learn(record)
        if number in (1500, 2990):
            history = History.restore(history.snapshot())
    assert history.snapshot() == whole.snapshot()
    opened = History.open(whole.snapshot())
    for record in records[::100]:
        assert vector(record.change, opened, history.as_of) == vector(record.change, whole, history.as_of)


@given(b.histories(), st.integers(0, 13), st.integers(0, 2 * b.DAY_S))
@b.examples(80)
def test_outcome_changes_no_vector_before_it_is_known(
    records: list[BuildRecord], number: int, lag_s: int
) -> None:
    """Whatever it turns out to be, all that was pushed until its build had finished looks the same."""
    labelled = [r for r in records if r.failed is not None]
    if not labelled:
        return
    flipped = labelled[number % len(labelled)]
    turned = [
        BuildRecord(r.id, r.change, _other(r.outcome), r.started_at, r.finished_at) if r is flipped else r
        for r in records
    ]
    before = {r.id: row for r, row in replay(records, lag_s)}
    after = {r.id: row for r, row in replay(turned, lag_s)}
    for record in labelled:
        if judged_at(record) <= flipped.finished_at + lag_s:
            assert before[record.id] == after[record.id]


@given(b.histories(), st.randoms(use_true_random=False))
@b.examples(40)
def test_order_in_which_records_are_given_does_not_matter(records: list[BuildRecord], chance: Random) -> None:
    """Ties are told apart by id, never by place."""
    shuffled = chance.sample(records, len(records))
    assert list(replay(shuffled)) == list(replay(records))


@given(b.histories())
@b.examples(40)
def test_replay_ends_with_the_history_that_learned_in_order(records: list[BuildRecord]) -> None:
    """Overtaking, ties and odd clocks included."""
    history = History()
    list(replay(records, history=history))
    assert history.snapshot() == b.history_of(records).snapshot()


def _later(change: Change, by_s: int) -> Change:
    commits = tuple(
        Commit(
            c.sha,
            c.parents,
            c.author,
            c.authored_at + by_s,
            c.committed_at + by_s,
            c.subject,
            c.files,
            c.rest_files,
            c.rest_added,
            c.rest_deleted,
        )
        for c in change.commits
    )
    return _with(change, commits=commits, pushed_at=change.pushed_at + by_s)


def _with(
    change: Change,
    commits: tuple[Commit, ...] | None = None,
    pushed_at: int | None = None,
    author: str | None = None,
) -> Change:
    return Change(
        change.head,
        change.base,
        change.branch,
        change.author if author is None else author,
        change.pushed_at if pushed_at is None else pushed_at,
        change.commits if commits is None else commits,
        change.target,
        change.event,
        change.complete,
    )


@given(b.histories(), b.changes(), st.integers(-1000, 5000))
@b.examples(60)
def test_whole_weeks_later_all_features_are_the_same(
    records: list[BuildRecord], pushed: Change, weeks: int
) -> None:
    """No feature knows the date: only distances, the time of day and the weekend."""
    by_s = weeks * b.WEEK_S
    shifted = [
        BuildRecord(r.id, _later(r.change, by_s), r.outcome, r.started_at + by_s, r.finished_at + by_s)
        for r in records
    ]
    assert vector(_later(pushed, by_s), b.history_of(shifted)) == vector(pushed, b.history_of(records))


def _renamed(change: Change, names: dict[str, str]) -> Change:
    commits = tuple(
        Commit(
            c.sha,
            c.parents,
            names[c.author],
            c.authored_at,
            c.committed_at,
            c.subject,
            c.files,
            c.rest_files,
            c.rest_added,
            c.rest_deleted,
        )
        for c in change.commits
    )
    return _with(change, commits=commits, author=names[change.author])


def _unhashed(row: array[float]) -> dict[str, float]:
    return {name: value for name, value in zip(NAMES, row, strict=True) if name not in HASHED}


@given(b.histories(), b.changes(), st.permutations([a for a in b.AUTHORS if a]))
@b.examples(60)
def test_other_pseudonyms_change_no_feature_but_the_online_models(
    records: list[BuildRecord], pushed: Change, others: list[str]
) -> None:
    """Nobody is a number: who is who is not known, only what each has done."""
    names = {"": ""} | dict(zip((a for a in b.AUTHORS if a), others, strict=True))
    renamed = [
        BuildRecord(r.id, _renamed(r.change, names), r.outcome, r.started_at, r.finished_at) for r in records
    ]
    found = vector(_renamed(pushed, names), b.history_of(renamed))
    assert _unhashed(found) == _unhashed(vector(pushed, b.history_of(records)))
