"""Riskiest paths: what surely fails more than the rest, and nothing that chance could have made."""

from __future__ import annotations

import random

from cigate.change import BuildRecord, Change, Commit, FileChange
from cigate_train.report_paths import riskiest_paths
from tests.train_data import RISKY, make_records, with_outcome


def build(number: int, failed: bool, *paths: str) -> BuildRecord:
    commit = Commit(
        f"{number:040x}", (), "a" * 16, number, number, "s", tuple(FileChange(p, 1, 0) for p in paths)
    )
    change = Change(commit.sha, "", "main", commit.author, number, (commit,))
    return BuildRecord(f"b{number}", change, "failed" if failed else "passed", number, number + 60)


def test_the_risky_folder_is_named_with_the_facts() -> None:
    records = [build(n, n % 2 == 0, "lib/parser/x/a.c", "lib/parser/b.h") for n in range(40)]
    records += [build(100 + n, n % 10 == 0, "docs/a.md") for n in range(100)]
    (found,) = riskiest_paths(records)
    assert (found.path, found.builds, found.failures) == ("lib/parser/", 40, 20)
    assert (found.rate, found.elsewhere) == (0.5, 0.1)
    assert (found.with_kind, found.last_failed_at, found.last_head) == (".c", 38, f"{38:040x}")


def test_made_up_builds_show_the_folder_that_was_made_risky() -> None:
    found = riskiest_paths(make_records(400))
    assert [path.path for path in found] == [RISKY.rsplit("/", 1)[0] + "/"]


def test_rare_folders_and_those_of_every_push_prove_nothing() -> None:
    records = [build(n, True, "rare/a", "all/a") for n in range(9)]
    records += [build(100 + n, n % 3 == 0, "all/a") for n in range(60)]
    assert riskiest_paths(records) == []


def test_chance_alone_shows_next_to_nothing() -> None:
    draw = random.Random(3)
    records = [build(n, draw.random() < 0.2, f"d{draw.randrange(20)}/a") for n in range(1_000)]
    assert len(riskiest_paths(records)) <= 3


def test_files_at_the_top_stand_for_themselves_and_builds_without_outcome_for_nothing() -> None:
    records = [build(n, n % 2 == 0, "setup.cfg") for n in range(20)]
    records += [build(100 + n, False, "a/b") for n in range(20)]
    records += [with_outcome(build(200 + n, True, "c/d"), "canceled") for n in range(20)]
    (found,) = riskiest_paths(records)
    assert (found.path, found.with_kind, found.elsewhere) == ("setup.cfg", ".cfg", 0.0)


def test_no_builds_have_no_risky_path() -> None:
    assert riskiest_paths([]) == []
