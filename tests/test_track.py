"""The track record: what a warning may claim of the warnings before it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.judgement import Past
from cigate.ledger import read_ledger
from cigate.places import track_path
from cigate.snapshots import refresh_history
from cigate.stores import open_store
from cigate.track import FEWEST, MOST, MOST_BYTES, Judged, parse_track, past_of, read_track, render_track
from cigate.track import write_track as write
from tests import builds as b
from tests.judged import RISKY, run_cigate
from tests.judged import Judged as JudgedRepo
from tests.test_ledger import Somewhere


def judged(failed: bool = True, action: str = "warn", red: bool = False, p_fail: float = 0.5) -> Judged:
    return Judged(1_700_000_000, action, p_fail, red, True, failed)


def some() -> st.SearchStrategy[Judged]:
    """Return random judgements."""
    shares = st.floats(0, 1).map(lambda p: round(p, 6))
    actions = st.sampled_from(["pass", "warn", "block", "skip"])
    return st.builds(
        Judged, st.integers(0, 2**40), actions, shares, st.booleans(), st.booleans(), st.booleans()
    )


@given(st.lists(some(), max_size=6))
@b.examples(60)
def test_what_is_written_is_read(made: list[Judged]) -> None:
    assert parse_track(render_track(made)) == made


@given(st.binary(max_size=200))
@b.examples(60)
def test_rubbish_says_nothing(data: bytes) -> None:
    assert parse_track(data) == []
    assert parse_track(b"cigate-track 1\n" + data + b"\n") == []


def test_a_torn_file_says_nothing_false() -> None:
    data = render_track([judged(), judged(False)])
    for cut in range(len(data)):
        assert parse_track(data[:cut]) in ([], [judged()])


def test_only_the_newest_are_kept_and_a_reader_reads_them_all(tmp_path: Path) -> None:
    made = [judged(p_fail=n / 1000) for n in range(MOST + 50)]
    write(Somewhere(tmp_path / "x"), [])
    (tmp_path / "cigate").mkdir()
    write(Somewhere(tmp_path), made)
    assert os.stat(track_path(Somewhere(tmp_path))).st_size < MOST_BYTES
    assert read_track(Somewhere(tmp_path)) == made[-MOST:]


def test_where_nothing_is_known_none_is_left(tmp_path: Path) -> None:
    repo = Somewhere(tmp_path)
    (tmp_path / "cigate").mkdir()
    write(repo, [judged()])
    write(repo, [])
    assert os.listdir(tmp_path / "cigate") == []
    assert read_track(repo) == []


def test_the_last_twenty_warnings_are_spoken_of() -> None:
    made = [judged()] * 30 + [judged(False)] * 7 + [judged(action="block")] * 3
    assert past_of(made) == Past(20, 13)


def test_passes_and_red_branches_are_no_warnings_of_this_kind() -> None:
    """That a red branch stays red is no feat."""
    made = [judged(action="pass"), judged(action="skip")] * 5 + [judged(red=True)] * 9 + [judged(False)] * 5
    assert past_of(made) == Past(5, 0)
    assert past_of(made, red=True) == Past(9, 9)


def test_few_warnings_say_nothing() -> None:
    assert past_of([judged()] * (FEWEST - 1)) is None


@pytest.fixture
def repo(tmp_path: Path) -> JudgedRepo:
    return JudgedRepo.make(tmp_path)


def test_a_warning_says_how_the_warnings_before_it_did(repo: JudgedRepo) -> None:
    """From a real push to the next: noted, joined to its build when the history is renewed, and said."""
    store = open_store(f"sqlite:///{repo.state}/builds.sqlite")
    now = int(time.time())
    for number in range(FEWEST + 1):
        head = repo.work.commit({path: f"{content}#{number}\n" for path, content in RISKY.items()})
        _, said = repo.push("main")
        assert "likely to break CI" in said
        assert ("came true" in said) == (number == FEWEST)
        failed = number not in (1, 2)
        store.append([b.build("failed" if failed else "passed", head=head, at=now + number)])
        refresh_history(Somewhere(repo.work.path / ".git"), store)
        (repo.state / "history.bin").unlink()  # the bundle's own is what these pushes are judged by
    store.close()
    assert "  past  3 of the last 5 warnings here came true · model of " in said
    assert len(read_ledger(Somewhere(repo.work.path / ".git"))) == FEWEST + 1


def test_blocks_that_were_wrong_here_end_the_blocking(repo: JudgedRepo) -> None:
    """The same push, the same model: refused first, and only warned about once the record speaks."""
    block = {"CIGATE_MODE": "block"}
    repo.work.commit(RISKY)
    assert repo.push("main", env=block)[0] != 0
    write(Somewhere(repo.work.path / ".git"), [judged(failed=False, p_fail=0.99)] * 8)
    code, said = repo.push("main", env=block)
    assert code == 0
    assert "warned, not blocked: only 0 of the last 8 pushes as risky as that failed here" in said
    assert "never blocks: only 0 of the last 8" in run_cigate("doctor", cwd=repo.work.path).stdout


def test_more_precision_than_the_model_showed_is_not_believed(repo: JudgedRepo) -> None:
    repo.work.commit(RISKY)
    code, said = repo.push("main", env={"CIGATE_MODE": "block", "CIGATE_BLOCK_PRECISION": "0.95"})
    assert code == 0
    assert "warned, not blocked: the model was held to 80 % only, 95 % is asked for" in said
