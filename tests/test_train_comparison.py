"""When a new model counts as worse than the live one."""

from __future__ import annotations

import math

import pytest

from cigate_train.comparison import Comparison, Standing


def standing(merit: float, calibration: float = 0.05) -> Standing:
    return Standing(merit, merit, merit, calibration)


def objection(new: Standing, live: Standing) -> str:
    return Comparison(100, 20, True, new, live).objection


@pytest.mark.parametrize("new", [standing(0.79), standing(0.781, 0.09), standing(0.95)])
def test_what_is_about_as_good_may_take_over(new: Standing) -> None:
    assert objection(new, standing(0.8)) == ""


def test_a_lower_merit_is_named() -> None:
    assert objection(standing(0.75), standing(0.8)) == "its merit is lower by 0.050 than the live model's"


def test_a_worse_calibration_is_named() -> None:
    assert "calibration error is higher by 0.100" in objection(standing(0.9, 0.15), standing(0.8))


def test_builds_that_tell_nothing_are_no_reason_to_replace_a_model() -> None:
    assert "cannot tell" in objection(standing(math.nan), standing(math.nan))
