"""A shelf holds records small, and gives them back as they were, in the order in which they are judged."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from cigate.change import BuildRecord, Change, Commit, FileChange
from cigate.history import History
from cigate.replay import replay
from cigate.shelf import Shelf, judged_at
from tests import builds as b
from tests.train_data import make_records

TEXT = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates too: git has such paths
NUMBER = st.integers(-(2**70), 2**70)
FILES = st.builds(FileChange, TEXT, st.none() | NUMBER, st.none() | NUMBER, st.sampled_from("AMDRCT"))
PARENTS = st.lists(TEXT, max_size=3).map(tuple)
COMMITS = st.builds(
    Commit,
    *(TEXT, PARENTS, TEXT, NUMBER, NUMBER, TEXT),
    st.lists(FILES, max_size=4).map(tuple),
    *(NUMBER, NUMBER, NUMBER),
)
CHANGES = st.builds(
    Change,
    *(TEXT, TEXT, TEXT, TEXT, NUMBER),
    st.lists(COMMITS, max_size=3).map(tuple),
    *(TEXT, TEXT, st.booleans()),
)
RECORDS = st.builds(
    BuildRecord, *(TEXT, CHANGES, TEXT, NUMBER, NUMBER, TEXT, TEXT, NUMBER, TEXT), st.floats(0, 1)
)


@given(RECORDS)
def test_any_record_comes_back_as_it_was(record: BuildRecord) -> None:
    """Bytes that are no text and numbers beyond 64 bits too."""
    (back,) = Shelf([record])
    assert back == record
    assert Shelf([record])[0] == record


def test_records_stand_in_the_order_of_their_judging() -> None:
    """Whatever the order in which they came: stores give them as they finished."""
    given = sorted(b.project(80), key=lambda record: (record.finished_at, record.id))
    shelf = Shelf(given)
    assert list(shelf) == sorted(given, key=lambda record: (judged_at(record), record.id))
    assert [shelf[place] for place in range(len(shelf))] == list(shelf)


def test_nothing_is_on_an_empty_shelf() -> None:
    assert (len(Shelf()), list(Shelf())) == (0, [])


def test_a_replay_from_the_shelf_is_the_replay_of_the_records() -> None:
    """Row by row to the last bit, and so is the history after it, a lag or not."""
    given = b.project(120)
    for lag_s in (0, 5000):
        one, other = History(), History()
        from_shelf = list(replay(Shelf(given), lag_s, one, unlabelled=True))
        assert from_shelf == list(replay(given, lag_s, other, unlabelled=True))
        assert one.snapshot() == other.snapshot()


def test_a_record_takes_less_than_a_kilobyte() -> None:
    """Two commits of seven files in all, streamed onto the shelf."""
    count = 2000
    tracemalloc.start()
    try:
        shelf = Shelf(_broad(record) for record in make_records(count))
        held = tracemalloc.get_traced_memory()[0] / count
    finally:
        tracemalloc.stop()
    assert len(shelf) == count
    assert held < 1500


def _broad(record: BuildRecord) -> BuildRecord:
    change = record.change
    commits = tuple(_commit(change, names) for names in ("abc", "defg"))
    wide = Change(change.head, change.base, change.branch, change.author, change.pushed_at, commits)
    return BuildRecord(record.id, wide, record.outcome, record.started_at, record.finished_at)


def _commit(change: Change, names: str) -> Commit:
    files = tuple(FileChange(f"source/{name}/{change.head}.py", 10, 2) for name in names)
    return Commit(change.head, (change.base,), change.author, 1, 2, "Say what is new", files)
