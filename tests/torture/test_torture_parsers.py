"""No bytes make a parser do anything but answer or refuse in words."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.judged import ROOT
from tests.torture.amount import amount, count, only_full
from tests.torture.mutants import byte_mutant
from tests.torture.parsers import SEEDS, TARGETS, feed, seeds_of

EXAMPLES = amount(60, 2000)


def test_every_parser_has_seeds_and_takes_one_of_them() -> None:
    """A fuzzer that starts from nothing which is accepted would only ever see the first check fail."""
    assert sorted(path.name for path in SEEDS.iterdir()) == sorted(TARGETS)
    for name in TARGETS:
        assert any(feed(name, seed) for seed in seeds_of(name)), name


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_refused_in_words(name: str) -> None:
    """Mutants of what is right, and of what broke a parser once."""
    chance = random.Random(name)
    seeds = seeds_of(name)
    number = amount(150, 5000)
    for at in range(number):
        feed(name, byte_mutant(chance, seeds[at % len(seeds)]))
    count("mutations of what parsers read", number)


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_at_all_are_refused_in_words(name: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    @given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode())))
    def holds(data: bytes) -> None:
        feed(name, data)

    holds()


@only_full
@pytest.mark.parametrize("name", TARGETS)
def test_coverage_guided_fuzzing_finds_nothing(name: str, tmp_path: Path) -> None:
    """atheris looks for inputs that reach new code; a finding belongs into the seeds."""
    pytest.importorskip("atheris", reason="atheris is not installed")
    runs = 20_000
    command = [sys.executable, "-m", "tests.torture.fuzzing", name, str(runs), str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = [path.read_bytes() for path in tmp_path.glob("crash-*")]
    assert (ran.returncode, found) == (0, []), ran.stderr[-2000:]
    count("coverage-guided runs", runs)
