"""The online model: finite whatever it is fed, and it learns what its tokens say."""

from __future__ import annotations

from math import isfinite, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.errors import HistoryError
from cigate.history.online import SHARE, SLOTS, OnlineLogit
from tests.builds import examples

slots = st.lists(st.integers(0, SLOTS - 1), max_size=40, unique=True)


def test_no_tokens_say_nothing() -> None:
    """Neither asked nor taught."""
    model = OnlineLogit()
    model.learn([], 0.0, True)
    assert model.excess([]) == 0.0
    assert not any(model.weights)


def test_new_tokens_say_nothing_yet() -> None:
    """The answer starts at the usual rate."""
    assert OnlineLogit().excess([1, 2, 3]) == 0.0


def test_tokens_of_failures_raise_the_odds_and_of_passes_lower_them() -> None:
    """Each side learns its own; tokens of neither stay as they were."""
    model = OnlineLogit()
    for _ in range(20):
        model.learn([1, 2], log(0.25), True)
        model.learn([3, 4], log(0.25), False)
    assert model.excess([1, 2]) > 1.0
    assert model.excess([3, 4]) < -0.3
    assert model.excess([5, 6]) == 0.0


def test_steps_become_smaller() -> None:
    """What is known well is moved less by one more build."""
    model = OnlineLogit()
    moves = []
    for _ in range(5):
        before = model.excess([7])
        model.learn([7], 0.0, True)
        moves.append(model.excess([7]) - before)
    assert moves == sorted(moves, reverse=True)


def test_answer_is_the_sum_over_a_power_of_the_number() -> None:
    """A push of many files is not many times as certain."""
    model = OnlineLogit()
    model.weights[1], model.weights[2] = 3.0, 1.0
    assert model.excess([1, 2]) == pytest.approx(4.0 / 2.0**SHARE)


@given(st.lists(st.tuples(slots, st.floats(-6, 6), st.booleans()), max_size=40), slots)
@examples(60)
def test_weights_stay_finite(lessons: list[tuple[list[int], float, bool]], asked: list[int]) -> None:
    """No row of lessons drives a weight away."""
    model = OnlineLogit()
    for tokens, usual, failed in lessons:
        model.learn(tokens, usual, failed)
    assert isfinite(model.excess(asked))
    assert all(map(isfinite, model.weights))
    assert min(model.squares) >= 0.0


def test_strange_weights_are_learned_on_without_overflow() -> None:
    """A snapshot may hold any finite number; a step from there is a step."""
    model = OnlineLogit()
    for weight in (1e30, -1e30):
        model.weights[0] = weight
        for failed in (True, False):
            model.learn([0, 1], 0.0, failed)
        assert isfinite(model.excess([0, 1]))


def test_load_takes_over_what_was_learned() -> None:
    """The two arrays are all there is."""
    model, copy = OnlineLogit(), OnlineLogit()
    model.learn([1, 2], 0.0, True)
    copy.load(memoryview(model.weights.tobytes()), memoryview(model.squares.tobytes()))
    assert (copy.weights, copy.squares) == (model.weights, model.squares)


@pytest.mark.parametrize("cut", [0, 4])
def test_load_refuses_arrays_of_another_size(cut: int) -> None:
    """A model of other slots would mix up tokens."""
    model = OnlineLogit()
    data = memoryview(model.weights.tobytes())
    with pytest.raises(HistoryError, match="wrong size"):
        model.load(data[: len(data) - 4 + cut], data[cut:])


def test_load_refuses_negative_sums_of_squares() -> None:
    """Their root is taken."""
    model = OnlineLogit()
    model.squares[5] = -1.0
    with pytest.raises(HistoryError, match="negative"):
        model.load(memoryview(model.weights.tobytes()), memoryview(model.squares.tobytes()))
