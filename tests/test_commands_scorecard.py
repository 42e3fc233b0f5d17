"""`cigate scorecard` on a real repository: real pushes, judged, built, joined and graded."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from cigate.stores import open_store
from cigate.track import read_track
from tests import builds as b
from tests.judged import HARMLESS, RISKY, Judged, run_cigate
from tests.test_ledger import Somewhere

BLOCK = {"CIGATE_MODE": "block"}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Return a repository with a block that was bypassed, one kept back, a skip, and warnings."""
    judged = Judged.make(tmp_path_factory.mktemp("scored"))
    work = judged.work
    heads: list[tuple[str, bool]] = []
    for number in range(6):
        files = RISKY if number % 2 else HARMLESS
        heads.append((work.commit(dict.fromkeys(files, f"{number}\n")), number in (1, 3)))
        assert judged.push("main")[0] == 0
    work.commit(dict.fromkeys(RISKY, "kept back\n"))
    assert judged.push("main", env=BLOCK)[0] != 0
    work.git("commit", "-q", "--amend", "-m", "Bypassed")
    assert judged.push("main", env=BLOCK)[0] != 0
    work.git("push", "-q", "--no-verify", "origin", "main")
    heads.append((work.head(), True))
    heads.append((work.commit(RISKY, message="x\n\nCigate-Skip: CI is down"), False))
    assert judged.push("main", env=BLOCK)[0] == 0
    heads.append((work.commit({"c": "unseen\n"}), True))
    work.git("push", "-q", "--no-verify", "origin", "main")
    store = open_store(f"sqlite:///{judged.state}/builds.sqlite")
    now = int(time.time()) + 5
    store.append(
        [
            b.build("failed" if failed else "passed", head=head, at=now + n, took_s=600)
            for n, (head, failed) in enumerate(heads)
        ]
    )
    store.close()
    return judged


def scorecard(judged: Judged, *args: str) -> str:
    done = run_cigate("scorecard", *args, cwd=judged.work.path)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_everything_that_happened_is_on_the_card(judged: Judged) -> None:
    card = json.loads(scorecard(judged, "--format", "json"))
    assert card["schema"] == "cigate.scorecard/1"
    assert (card["judged"], card["built"], card["failed"], card["enough"]) == (9, 8, 3, False)
    assert (card["all"]["precision"]["hits"], card["all"]["precision"]["of"]) == (3, 5)
    assert (card["all"]["recall"]["hits"], card["all"]["recall"]["of"]) == (3, 3)
    assert card["all"]["precision"]["low"] < 0.6 < card["all"]["precision"]["high"]
    assert card["echo"]["precision"]["of"] == 0
    assert card["kept_back"] == 1
    assert (card["bypassed"]["pushes"], card["bypassed"]["failed"]["hits"]) == (1, 1)
    assert (card["skipped"]["pushes"], card["skipped"]["failed"]["hits"]) == (1, 0)
    assert card["reasons"] == {"CI is down": 1}
    assert (card["unjudged"]["pushes"], card["unjudged"]["failed"]["hits"]) == (1, 1)
    assert (card["minutes_saved"], card["minutes_wasted"]) == (30, 20)


def test_few_builds_are_told_as_few(judged: Judged) -> None:
    lines = scorecard(judged).splitlines()
    assert lines[1].strip() == "not enough judged builds to tell: 20 are needed, 5 of them failed"
    assert lines[2].startswith(
        "warnings    3 of 5 came true, 60 % (23 to 88 %); 3 of 3 failures met, 100 % ("
    )
    assert "blocks      1 commit kept back for good; 1 pushed all the same, 1 failed" in lines
    assert "skipped     1 let through by Cigate-Skip; 1 built, 0 failed: 'CI is down'" in lines
    assert "not judged  1 built commit that nobody judged from this clone, 1 failed" in lines


def test_the_track_record_is_renewed_on_the_way(judged: Judged) -> None:
    (judged.state / "track.tsv").unlink(missing_ok=True)
    scorecard(judged)
    assert len(read_track(Somewhere(judged.work.path / ".git"))) == 8


def test_a_workflow_may_be_picked(judged: Judged) -> None:
    card = json.loads(scorecard(judged, "--format", "json", "--workflow", "nightly"))
    assert (card["judged"], card["built"]) == (9, 0)


def test_where_nothing_was_judged_it_says_so(tmp_path: Path) -> None:
    empty = Judged.make(tmp_path)
    assert scorecard(empty) == "nothing was judged here yet: `cigate install`, then push\n"
    assert json.loads(scorecard(empty, "--format", "json"))["judged"] == 0


def test_a_ledger_that_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    broken = Judged.make(tmp_path)
    (broken.state / "ledger.tsv").mkdir()
    done = run_cigate("scorecard", cwd=broken.work.path)
    assert done.returncode == 3
    assert done.stderr.startswith("cigate: the ledger cannot be read: Is a directory\n  `cigate doctor`")
