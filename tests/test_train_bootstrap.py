"""Bootstrap intervals hold the figure, repeat themselves, and know that failures come in streaks."""

from __future__ import annotations

import math

import numpy as np

from cigate_train.bootstrap import bootstrap
from cigate_train.metrics import auc, brier


def test_bootstrap_holds_the_value_and_repeats_itself() -> None:
    random = np.random.default_rng(0)
    failed = random.random(400) < 0.3
    p = np.clip(failed * 0.3 + random.random(400) * 0.7, 0, 1)
    low, high = bootstrap(auc, failed, p)
    assert low < auc(failed, p) < high
    assert 0 < high - low < 0.15
    assert (low, high) == bootstrap(auc, failed, p)


def test_bootstrap_in_blocks_is_wider_where_failures_come_in_streaks() -> None:
    random = np.random.default_rng(1)
    failed = np.repeat(random.random(40) < 0.4, 10)
    p = np.repeat(random.random(40), 10)
    low, high = bootstrap(auc, failed, p)
    low_blocks, high_blocks = bootstrap(auc, failed, p, block=20)
    assert high_blocks - low_blocks > 1.5 * (high - low)


def test_bootstrap_of_what_cannot_be_known_is_unknown() -> None:
    assert all(math.isnan(v) for v in bootstrap(auc, np.array([True, True]), np.array([0.1, 0.2])))
    assert all(math.isnan(v) for v in bootstrap(auc, np.zeros(0, dtype=np.bool_), np.zeros(0)))


def test_a_larger_level_gives_a_wider_interval() -> None:
    random = np.random.default_rng(2)
    failed, p = random.random(200) < 0.5, random.random(200)
    low, high = bootstrap(brier, failed, p, level=0.5)
    wide_low, wide_high = bootstrap(brier, failed, p, level=0.95)
    assert wide_low < low < high < wide_high
