"""The made-up history: the same for a seed, calendar-like, and with something in it to learn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from cigate.tables import parse_table
from cigate_train.synthetic import (
    AUTHORS,
    FILE_TYPES,
    MAIN,
    MAX_OPEN,
    QUIET_BUILDS,
    Push,
    end_before,
    generate,
)
from cigate_train.synthetic_table import render_totals

GOLDEN = Path(__file__).parent / "golden" / "synthetic_history.csv"
SEEDS = range(5)


def failed(pushes: list[Push]) -> float:
    return sum(not push.passed for push in pushes) / len(pushes)


def test_history_of_a_seed_never_changes() -> None:
    """Figures in documents and demos stay what they were: the bytes are pinned."""
    assert render_totals(generate(24, 42)) == GOLDEN.read_text("utf-8")


def test_seed_and_number_decide() -> None:
    """Another seed is another history, and a longer one begins like a shorter one."""
    assert list(generate(50, 1)) == list(generate(50, 1)) != list(generate(50, 2))
    quiet = min(QUIET_BUILDS, 50 // 4)
    assert list(generate(200, 1))[: 50 - quiet] == list(generate(50, 1))[: 50 - quiet]


@pytest.mark.parametrize("until", [1_000_000_000, 1_705_000_000, 1_900_000_001])
def test_history_can_end_at_another_time(until: int) -> None:
    """The last push is in the week before; weekdays, hours and all the rest stay as they were."""
    pushes = list(generate(40, 5))
    moved = end_before(pushes, until)
    assert until - 7 * 86400 <= moved[-1].at < until
    by = moved[0].at - pushes[0].at
    assert by % (7 * 86400) == 0
    assert [replace(push, at=push.at - by) for push in moved] == pushes


@pytest.mark.parametrize("builds", [1, 2, 7, 1000])
@pytest.mark.parametrize("branches", [False, True])
def test_any_length_is_whole(builds: int, branches: bool) -> None:
    """As many rows as asked for, each a change that can be, in order of time and in working hours."""
    pushes = list(generate(builds, 7, branches))
    assert len(pushes) == builds
    times = [push.at for push in pushes]
    assert times == sorted(set(times))
    for push in pushes:
        moment = datetime.fromtimestamp(push.at, UTC)
        assert (moment.weekday() < 5, 8 <= moment.hour < 19) == (True, True)
        if not push.merges:
            assert 1 <= push.files_changed <= push.lines_added
            assert push.author in AUTHORS
            assert push.dominant_file_type in FILE_TYPES


@pytest.mark.parametrize("seed", SEEDS)
def test_failures_have_causes(seed: int) -> None:
    """Newcomers, many files and configuration break more; a broken branch tends to stay broken."""
    pushes = list(generate(1000, seed))
    assert 0.15 < failed(pushes) < 0.35
    by = {name: failed([p for p in pushes if p.author == name]) for name in AUTHORS}
    assert by["new_dev"] > 2 * by["main_dev"]
    many, few = ([p for p in pushes if (p.files_changed > 10) is big] for big in (True, False))
    assert failed(many) > 2 * failed(few)
    config, docs = ([p for p in pushes if p.dominant_file_type == kind] for kind in (".yml", ".md"))
    assert failed(config) > failed(docs)
    after = [push for before, push in pairwise(pushes) if not before.passed]
    assert failed(after) > 1.4 * failed(pushes)


@pytest.mark.parametrize("branches", [False, True])
def test_history_ends_green(branches: bool) -> None:
    """What is judged after it meets a branch that has been passing for a while."""
    pushes = list(generate(300, 3, branches))[-QUIET_BUILDS:]
    assert all(push.passed and push.branch == MAIN for push in pushes)


def test_branches_open_and_merge() -> None:
    """Mostly main, short-lived features beside it, merged when they are green."""
    pushes = list(generate(1000, 42, branches=True))
    on_main = [push for push in pushes if push.branch == MAIN]
    assert 0.5 < len(on_main) / len(pushes) < 0.8
    open_now: set[str] = set()
    for push in pushes:
        if push.merges:
            open_now.remove(push.merges)
        elif push.branch != MAIN:
            open_now.add(push.branch)
        assert len(open_now) <= MAX_OPEN
    assert len([push for push in pushes if push.merges]) > 50


def test_table_says_what_it_is_and_is_recognised() -> None:
    """The header and each row are marked, and the importer reads it without being told anything."""
    pushes = list(generate(60, 9))
    text = render_totals(pushes)
    assert text.splitlines()[0].endswith(",SYNTHETIC")
    assert all(line.endswith(",true") for line in text.splitlines()[1:])
    table = parse_table(text.splitlines(keepends=True), "t.csv", {})
    assert not table.bad
    assert [build.provider for build in table.builds] == ["synthetic"] * 60
    assert [build.outcome == "passed" for build in table.builds] == [push.passed for push in pushes]
    assert [build.pushed_at for build in table.builds] == [push.at for push in pushes]
