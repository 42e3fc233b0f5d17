"""An evaluation puts the forest and the echo side by side, over all builds and the green ones."""

from __future__ import annotations

import json
import math

import numpy as np

from cigate_train.evaluate import evaluate, figures


def test_green_figures_are_those_of_the_green_rows_alone() -> None:
    random = np.random.default_rng(0)
    failed, echo, green = (random.random(300) < share for share in (0.3, 0.3, 0.6))
    p = random.random(300)
    seen = evaluate(failed, p, 0.7, echo, green)
    assert seen.green_forest == figures(failed[green], p[green], (p >= 0.7)[green])
    assert seen.green_forest.builds == green.sum()
    assert seen.forest.builds == seen.echo.builds == 300
    assert seen.forest.alarms == (p >= 0.7).sum()
    assert seen.forest.base_rate == failed.mean()


def test_the_echo_is_judged_by_what_it_repeats() -> None:
    failed = np.array([True, True, False, False, False])
    echo = np.array([True, False, True, False, False])
    seen = evaluate(failed, np.full(5, 0.4), 0.5, echo, ~echo).echo
    assert (seen.accuracy, seen.precision, seen.recall, seen.f1) == (3 / 5, 1 / 2, 1 / 2, 1 / 2)
    assert seen.auc == (1 + 0.5 * 1 + 0.5 * 2 + 1) / 6
    assert seen.brier == 2 / 5


def test_no_green_build_gives_figures_that_nobody_knows() -> None:
    failed = np.array([True, False])
    nowhere = np.zeros(2, dtype=np.bool_)
    seen = evaluate(failed, np.array([0.9, 0.1]), 0.5, failed, nowhere)
    assert seen.green_forest.builds == 0
    assert math.isnan(seen.green_forest.auc)
    assert math.isnan(seen.green_forest.base_rate)


def test_the_plain_form_is_valid_json_without_nan() -> None:
    failed = np.array([False, False])
    seen = evaluate(failed, np.array([0.9, 0.1]), 0.5, failed, ~failed)
    text = json.dumps(seen.to_plain(), allow_nan=False)
    assert json.loads(text)["all"]["forest"]["auc"] is None
    assert json.loads(text)["all"]["forest"]["brier"] == 0.41
