"""The ledger: whole lines whatever happens, bounded, deletable, and never in the way of a push."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate import ledger
from cigate.ledger import Entry, append_report, can_append, parse_ledger, read_ledger, render_entry
from cigate.places import ledger_path
from tests import builds as b
from tests.judged import HARMLESS, RISKY, Judged, run_cigate
from tests.reports import PASSED, judgement, report

ROOT = Path(__file__).resolve().parent.parent
WRITER = """
import sys
from cigate import ledger
from tests.reports import judgement, report

class Repo: common_dir = sys.argv[1]
ledger.MAX_BYTES = 20_000
for number in range(100):
    assert ledger.append_report(Repo, report(judgement(f"{sys.argv[2]}-{number}")), "hook")
"""


class Somewhere:
    """A repository, as far as places care."""

    def __init__(self, common_dir: Path) -> None:
        self.common_dir = str(common_dir)


@pytest.fixture
def repo(tmp_path: Path) -> Somewhere:
    return Somewhere(tmp_path)


def entries() -> st.SearchStrategy[Entry]:
    """Return random entries, with any text where text is free."""
    return st.builds(
        Entry,
        st.integers(0, 2**40),
        st.sampled_from(["hook", "predict", "run"]),
        st.sampled_from(["warn", "block"]),
        st.sampled_from(["pass", "warn", "block", "skip"]),
        st.booleans(),
        st.booleans(),
        st.floats(0, 1).map(lambda p: round(p, 6)),
        st.floats(0, 1).map(lambda p: round(p, 6)),
        st.just("a" * 40),
        st.sampled_from(["", "b" * 64]),
        st.integers(0, 2**40),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    )


@given(st.lists(entries(), max_size=5))
@b.examples(80)
def test_what_is_written_is_read(made: list[Entry]) -> None:
    assert parse_ledger(b"".join(map(render_entry, made))) == made


@given(b.ANY_TEXT)
@b.examples(60)
def test_any_name_fits_in_one_line(name: str) -> None:
    (entry,) = parse_ledger(
        render_entry(Entry(1, "hook", "warn", "pass", False, True, 0.5, 0.1, "a" * 40, "", 0, "m", name))
    )
    assert entry.head == "a" * 40


@given(st.lists(entries(), min_size=3, max_size=3), st.data())
@b.examples(80)
def test_a_torn_line_costs_itself_only(made: list[Entry], data: st.DataObject) -> None:
    """Wherever a crash cuts a line short, the lines before and after it are read."""
    first, torn, last = map(render_entry, made)
    cut = data.draw(st.integers(0, len(torn) - 2))
    assert parse_ledger(first + torn[:cut] + last) == [made[0], made[2]]


@given(st.binary(max_size=300))
@b.examples(60)
def test_rubbish_is_passed_over(data: bytes) -> None:
    assert parse_ledger(data) == []


def test_every_judged_commit_of_a_report_is_noted(repo: Somewhere) -> None:
    made = report(judgement("main", 0.62), judgement("side", 0.02, PASSED, ()))
    assert append_report(repo, made, "hook")
    found = read_ledger(repo)
    assert [(e.ref, e.action, e.p_fail, e.model_id) for e in found] == [
        ("main", "warn", 0.62, "forest-7"),
        ("side", "pass", 0.02, "forest-7"),
    ]
    assert {(e.at, e.as_of, e.head, e.base, e.mode) for e in found} == {
        (made.at, made.at - 3 * 3600, "1" * 40, "2" * 40, "warn")
    }


def test_many_refs_are_written_in_pieces_that_hold_whole_lines(
    repo: Somewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[bytes] = []
    monkeypatch.setattr(ledger, "_append", lambda _, data: pieces.append(data))
    append_report(repo, report(*(judgement(f"topic/{n}") for n in range(100))), "hook")
    assert max(map(len, pieces)) <= ledger.MOST_AT_ONCE
    assert sum(len(parse_ledger(piece)) for piece in pieces) == 100


def test_it_is_bounded(repo: Somewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of the largest size, and the newest judgements are in them."""
    monkeypatch.setattr(ledger, "MAX_BYTES", 5000)
    for number in range(200):
        append_report(repo, report(judgement(f"topic-{number}")), "hook")
    folder = Path(ledger_path(repo)).parent
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2 * 5000 + 2 * 300
    found = [entry.ref for entry in read_ledger(repo)]
    assert found == [f"topic-{number}" for number in range(200)][-len(found) :]
    assert len(found) > 25


def test_many_writers_lose_nothing(repo: Somewhere) -> None:
    """Pushes run at the same time, and one of them starts a new file under the others' hands."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, repo.common_dir, str(n)], cwd=ROOT) for n in range(3)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    data = b"".join(path.read_bytes() for path in sorted(Path(ledger_path(repo)).parent.glob("ledger.tsv*")))
    assert len(parse_ledger(data)) == sum(1 for line in data.split(b"\n") if line)
    assert len(read_ledger(repo)) >= 20_000 // 250


def test_it_may_be_deleted_at_any_time(repo: Somewhere) -> None:
    assert read_ledger(repo) == []
    append_report(repo, report(judgement()), "hook")
    os.unlink(ledger_path(repo))
    assert read_ledger(repo) == []
    assert append_report(repo, report(judgement()), "hook")
    assert len(read_ledger(repo)) == 1


def test_where_it_cannot_be_written_that_is_no_error(repo: Somewhere) -> None:
    os.makedirs(ledger_path(repo))
    assert not append_report(repo, report(judgement()), "hook")


def test_asking_whether_it_can_be_written_writes_nothing(repo: Somewhere) -> None:
    assert can_append(repo)
    assert os.listdir(repo.common_dir) == []


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


def test_a_push_a_prediction_and_a_run_are_noted(judged: Judged) -> None:
    work = judged.work
    head = work.commit(RISKY)
    done = run_cigate("predict", "--mode", "warn", cwd=work.path)
    assert done.returncode == 0, done.stderr
    assert run_cigate("run", "--mode", "warn", "--", "true", cwd=work.path).returncode == 0
    assert judged.push("main")[0] == 0
    found = read_ledger(Somewhere(work.path / ".git"))
    assert [(e.door, e.action, e.ref, e.head) for e in found] == [
        (door, "warn", "main", head) for door in ("predict", "run", "hook")
    ]
    assert found[0].p_fail == pytest.approx(found[2].p_fail)


def test_the_ledger_names_nobody(judged: Judged) -> None:
    judged.work.commit(HARMLESS, author="zoltan", message="a secret of zoltan's")
    judged.push("main")
    data = Path(ledger_path(Somewhere(judged.work.path / ".git"))).read_bytes()
    assert b"\tmain\t" in data
    assert b"zoltan" not in data
    assert b"secret" not in data


def test_worktrees_share_one(judged: Judged, tmp_path: Path) -> None:
    side = judged.work.worktree(tmp_path / "side", "-b", "side")
    side.commit(HARMLESS)
    assert side.push("side").returncode == 0
    assert [e.ref for e in read_ledger(Somewhere(judged.work.path / ".git"))] == ["side"]


def test_a_push_goes_on_where_nothing_can_be_written_and_doctor_says_so(judged: Judged) -> None:
    (judged.state / "ledger.tsv").mkdir()
    judged.work.commit(HARMLESS)
    code, said = judged.push("main")
    assert code == 0
    assert said.startswith("cigate  main -> origin   looks fine")
    screen = run_cigate("doctor", cwd=judged.work.path).stdout
    assert "CANNOT BE READ" in screen
    assert "give your user access to " in screen
