"""A scorecard counts what happened, no more: right and wrong, kept back, bypassed, skipped, unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.grading import Grade, Outcome
from cigate.ledger import Entry
from cigate.scorecard import FEWEST, FEWEST_FAILED, Alarms, Passage, Share, make_scorecard
from tests import builds as b


def entry(number: int, action: str = "warn", p_fail: float = 0.5, red: bool = False) -> Entry:
    return Entry(
        b.AT + number, "hook", "warn", action, red, True, p_fail, 0.1, f"{number:040x}", "", 0, "m", "main"
    )


def outcome(number: int, failed: bool, minutes: int = 10) -> Outcome:
    return Outcome(f"{number:040x}", failed, b.AT, b.AT + 60 * minutes, 60 * minutes, "")


def grade(
    number: int,
    action: str = "warn",
    failed: bool | None = True,
    p_fail: float = 0.5,
    red: bool = False,
    before: str = "",
) -> Grade:
    """Return one judged commit; `before` is what an earlier judgement of it said."""
    made = entry(number, action, p_fail, red)
    all_made = (entry(number, before, p_fail, red), made) if before else (made,)
    return Grade(made, all_made, None if failed is None else outcome(number, failed))


def test_precision_and_recall_are_those_of_the_confusion() -> None:
    grades = [grade(n, failed=n < 3) for n in range(5)] + [grade(n, "pass", n == 5) for n in range(5, 12)]
    card = make_scorecard(grades, [])
    assert (card.judged, card.built, card.failed) == (12, 12, 4)
    assert card.all == Alarms(Share(3, 5), Share(3, 4))


def test_red_branches_are_counted_apart_and_make_the_echo() -> None:
    """The echo says of each push what the branch's last build did."""
    grades = [grade(0, red=True), grade(1, "pass", False, red=True), grade(2), grade(3, failed=False)]
    card = make_scorecard(grades, [])
    assert card.green == Alarms(Share(1, 2), Share(1, 1))
    assert card.red == Alarms(Share(1, 1), Share(1, 1))
    assert card.echo == Alarms(Share(1, 2), Share(1, 2))


def test_blocks_are_kept_back_or_pushed_all_the_same() -> None:
    grades = [
        grade(0, "block", None),
        grade(1, "block", True),
        grade(2, "block", False),
        grade(3, "warn", None),
    ]
    card = make_scorecard(grades, [])
    assert card.kept_back == 1
    assert card.bypassed == Passage(2, Share(1, 2))
    assert card.blocks == Share(1, 2)


def test_a_block_that_was_skipped_later_is_no_bypass() -> None:
    card = make_scorecard([grade(0, "skip", False, before="block"), grade(1, "skip", None)], [])
    assert card.bypassed == Passage(0, Share(0, 0))
    assert card.skipped == Passage(2, Share(0, 1))
    assert card.all.precision == Share(0, 1), "that it was let through makes the alarm no less wrong"


def test_commits_that_were_not_judged_here_are_counted() -> None:
    card = make_scorecard([grade(0)], [outcome(8, True), outcome(9, False)])
    assert card.unjudged == Passage(2, Share(1, 2))


def test_minutes_are_those_of_the_builds_that_were_warned_about() -> None:
    card = make_scorecard([grade(0), grade(1), grade(2, failed=False), grade(3, "pass")], [])
    assert (card.minutes_saved, card.minutes_wasted) == (20, 10)


def test_calibration_holds_what_was_said_against_what_happened() -> None:
    grades = [grade(n, "pass", n % 10 == 0, p_fail=0.08) for n in range(20)]
    grades += [grade(20 + n, failed=True, p_fail=1.0) for n in range(2)]
    card = make_scorecard(grades, [])
    assert [(x.low, x.high, round(x.said, 6), x.failed) for x in card.bins] == [
        (0.05, 0.1, 0.08, Share(2, 20)),
        (0.8, 1.0, 1.0, Share(2, 2)),
    ]
    assert card.brier == pytest.approx((2 * 0.92**2 + 18 * 0.08**2) / 22)
    assert card.brier_usual == pytest.approx(4 / 22 * 18 / 22)


def test_few_builds_are_called_few() -> None:
    assert not make_scorecard([grade(n) for n in range(FEWEST - 1)], []).enough
    assert not make_scorecard([grade(n, failed=False) for n in range(FEWEST)], []).enough
    assert make_scorecard([grade(n, failed=n < FEWEST_FAILED) for n in range(FEWEST)], []).enough


def test_nothing_judged_is_a_scorecard_too() -> None:
    card = make_scorecard([], [])
    assert (card.judged, card.all.precision.value, card.enough) == (0, None, False)


def grades() -> st.SearchStrategy[list[Grade]]:
    """Return random grades of different commits."""
    one = st.tuples(
        st.sampled_from(["pass", "warn", "block", "skip"]),
        st.sampled_from([True, False, None]),
        st.floats(0, 1),
        st.booleans(),
    )
    return st.lists(one, max_size=40).map(
        lambda drawn: [grade(n, a, failed, p, red) for n, (a, failed, p, red) in enumerate(drawn)]
    )


@given(grades())
@b.examples(100)
def test_the_parts_add_up(made: list[Grade]) -> None:
    """Green and red make all; every built commit is in one bin; shares and intervals are shares."""
    card = make_scorecard(made, [])
    for whole, parts in (
        (card.all.precision, (card.green.precision, card.red.precision)),
        (card.all.recall, (card.green.recall, card.red.recall)),
    ):
        assert (whole.hits, whole.of) == (sum(p.hits for p in parts), sum(p.of for p in parts))
    assert sum(x.failed.of for x in card.bins) == card.built
    assert sum(x.failed.hits for x in card.bins) == card.failed
    assert all(x.low <= x.said <= x.high for x in card.bins)
    for share in (card.all.precision, card.echo.recall, card.blocks, card.skipped.failed):
        low, high = share.interval
        assert 0 <= low <= (share.value or 0) <= high <= 1 or share.value is None
    assert 0 <= card.brier <= 1
