"""Whose newest outcomes contradict the model's scores, and who is left in peace."""

from __future__ import annotations

import numpy as np
import pytest

from cigate_train.arrays import Mask, Scores
from cigate_train.suspicion import LEAST_BUILDS, Suspect, most_suspicious

ANN, BOB, CY = "a" * 16, "b" * 16, "c" * 16


def drawn(seed: int, builds: int = 240) -> tuple[list[str], Mask, Scores]:
    """Return builds of three authors whose outcomes are as likely as the scores say."""
    random = np.random.default_rng(seed)
    p = random.beta(1.5, 3.5, builds)
    return [(ANN, BOB, CY)[n % 3] for n in range(builds)], random.random(builds) < p, p


def of(authors: list[str], author: str) -> Mask:
    return np.array([name == author for name in authors])


def found(authors: list[str], failed: Mask, p: Scores) -> Suspect:
    suspect = most_suspicious(authors, failed, p)
    assert suspect is not None
    return suspect


@pytest.mark.parametrize("seed", range(20))
def test_chance_alone_makes_nobody_a_suspect(seed: int) -> None:
    assert not found(*drawn(seed)).contradicts


@pytest.mark.parametrize("seed", range(20))
def test_who_flips_every_outcome_is_found(seed: int) -> None:
    authors, failed, p = drawn(seed)
    suspect = found(authors, failed ^ of(authors, BOB), p)
    assert (suspect.author, suspect.contradicts) == (BOB, True)


def test_who_began_to_flip_lately_is_found() -> None:
    """The newest outcomes are looked at for themselves."""
    authors, failed, p = drawn(3, 900)
    newest = of(authors, BOB) & (np.arange(900) >= 780)
    suspect = found(authors, failed ^ newest, p)
    assert (suspect.author, suspect.builds, suspect.contradicts) == (BOB, 40, True)


@pytest.mark.parametrize("seed", range(10))
def test_a_bad_week_is_no_contradiction(seed: int) -> None:
    """More failures than expected, but where they were likeliest."""
    authors, _, p = drawn(seed)
    random = np.random.default_rng(seed + 100)
    worse = np.where(of(authors, BOB), np.minimum(1.6 * p, 1), p)
    assert not found(authors, random.random(p.size) < worse, p).contradicts


def test_too_few_builds_and_unknown_authors_are_nobodys() -> None:
    authors, failed, p = drawn(0, 3 * LEAST_BUILDS - 3)
    assert most_suspicious(authors, failed, p) is None
    assert most_suspicious([""] * p.size, failed, p) is None
    assert most_suspicious([ANN] * p.size, failed, p) is None
