"""Splits by time let nothing from the future, and nothing unfinished, through."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cigate_train.split import LEARN_SHARE, MOST_JUDGED, learn_share, split_by_time


def test_the_newest_part_is_judged_and_the_unfinished_are_dropped() -> None:
    pushed_at = np.array([10, 20, 30, 40, 50])
    finished_at = np.array([15, 45, 35, 39, 60])
    split = split_by_time(pushed_at, finished_at, 0.6)
    assert split.at == 40
    assert split.early.tolist() == [0, 2]
    assert split.late.tolist() == [3, 4]
    assert split.unfinished == 1


def test_what_finished_at_the_very_moment_was_not_known_before_it() -> None:
    split = split_by_time(np.array([1, 2, 2]), np.array([2, 2, 3]), 0.5)
    assert split.early.tolist() == []
    assert split.unfinished == 2


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 90)), min_size=2, max_size=60),
    st.floats(0, 1),
)
def test_everything_learned_was_known_before_anything_judged(
    builds: list[tuple[int, int]], share: float
) -> None:
    pushed_at = np.array(sorted(pushed for pushed, _ in builds))
    finished_at = pushed_at + np.array([duration for _, duration in builds])
    split = split_by_time(pushed_at, finished_at, share)
    assert split.late.size
    assert split.early.size + split.unfinished + split.late.size == len(builds)
    assert (finished_at[split.early] < pushed_at[split.late].min()).all()


def test_a_fifth_is_judged_but_no_more_than_is_enough() -> None:
    assert [learn_share(rows) for rows in (2, 400, 15_000)] == [LEARN_SHARE] * 3
    assert round((1 - learn_share(200_000)) * 200_000) == MOST_JUDGED
