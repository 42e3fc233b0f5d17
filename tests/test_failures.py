"""The last failures: bounded, nameless, and the one that looks most like a push is found."""

from __future__ import annotations

import os
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cigate.change import BuildRecord
from cigate.failures import (
    LONGEST,
    MOST,
    MOST_BYTES,
    Failure,
    LastFailures,
    nearest,
    parse_failures,
    read_failures,
    red_since,
    render_failures,
    write_failures,
)
from cigate.history.digest import Digest
from cigate.places import failures_path
from cigate.snapshots import refresh_history
from cigate.stores import open_store
from tests import builds as b
from tests.judged import RISKY, Judged
from tests.test_ledger import Somewhere


def failures(*records: BuildRecord) -> list[Failure]:
    kept = LastFailures()
    for record in records:
        kept.take(record)
    return kept.failures()


def failed(files: b.Files, number: int = 0, **facts: str) -> BuildRecord:
    return b.build("failed", at=b.AT + number, files=files, head=f"{number + 1:040x}", **facts)  # type: ignore[arg-type]


def test_the_failure_that_looked_like_it_is_found() -> None:
    known = failures(
        failed({"src/a.py": (1, 1)}, 1, subject="Mend the parser"),
        failed({"docs/x.md": (1, 1)}, 2, subject="Write more"),
        b.build("passed", files={"src/b.py": (1, 1)}),
    )
    assert len(known) == 2
    found = nearest(known, Digest(b.change({"src/a.py": (9, 9)}, subject="Mend the parser again")))
    assert found
    assert found.head == f"{2:040x}"
    assert 0.25 < found.share <= 1
    assert nearest(known, Digest(b.change({"other/z.c": (1, 1)}, subject="Else"))) is None


def test_what_all_failures_have_in_common_counts_little() -> None:
    """A file that is in every push tells nothing of this one."""
    common = [failed({"CHANGES": (1, 1), f"f{n}/x{n}": (1, 1)}, n, subject=f"w{n}") for n in range(20)]
    wanted = Digest(b.change({"CHANGES": (1, 1), "f7/x7": (2, 2)}, subject="w7"))
    found = nearest(failures(*common), wanted)
    assert found
    assert found.head == f"{8:040x}"
    stranger = Digest(b.change({"CHANGES": (1, 1), "g/y": (2, 2)}, subject="v"))
    assert nearest(failures(*common), stranger) is None


def test_the_same_push_again_is_wholly_alike() -> None:
    record = failed({"a/b.py": (1, 1)}, subject="x y")
    found = nearest(failures(record), Digest(record.change))
    assert found
    assert found.share == 1.0


def test_the_commit_that_turned_a_branch_red_is_known() -> None:
    known = failures(failed({"a": (1, 1)}, 1), failed({"a": (1, 1)}, 2, branch="side"))
    assert red_since(known, "main", b.AT + 1 + 600) == f"{2:040x}"
    assert red_since(known, "side", b.AT + 1 + 600) == ""


def some() -> st.SearchStrategy[list[Failure]]:
    """Return random failures."""
    one = st.builds(
        Failure,
        st.integers(0, 2**40),
        st.just("a" * 40),
        st.sampled_from(["", "main", "fix/ü"]),
        st.sampled_from(["", "https://ci.example/1"]),
        st.frozensets(st.sampled_from(["a1", "b2", "c3"])),
    )
    return st.lists(one, max_size=5)


@given(some())
@b.examples(60)
def test_what_is_written_is_read(made: list[Failure]) -> None:
    assert parse_failures(render_failures(made)) == made


@given(st.binary(max_size=200))
@b.examples(60)
def test_rubbish_says_nothing(data: bytes) -> None:
    assert parse_failures(data) == []
    assert parse_failures(b"cigate-failures 1\n" + data + b"\n") == []


@given(b.histories())
@b.examples(60)
def test_any_failures_can_be_kept(records: list[BuildRecord]) -> None:
    known = failures(*records)
    assert [(f.at, f.head, f.tokens) for f in parse_failures(render_failures(known))] == [
        (f.at, f.head, f.tokens) for f in known
    ]


def test_what_would_break_the_line_or_is_too_long_is_left_out() -> None:
    odd = Failure(1, "a" * 40, "x\ty", "https://ci/" + "1" * LONGEST, frozenset())
    (found,) = parse_failures(render_failures([odd]))
    assert (found.branch, found.url) == ("", "")


def test_it_is_bounded(tmp_path: Path) -> None:
    many = failures(
        *(failed({f"d{n}/{f}": (1, 1) for f in range(40)}, n, subject="some words " * 9) for n in range(700))
    )
    assert len(many) == MOST
    assert many[-1].head == f"{700:040x}"
    (tmp_path / "cigate").mkdir()
    repo = Somewhere(tmp_path)
    write_failures(repo, many)
    assert os.stat(failures_path(repo)).st_size < MOST_BYTES
    assert read_failures(repo) == many
    assert os.listdir(tmp_path / "cigate") == ["failures.tsv"]


def test_a_warning_names_the_failure_that_looked_like_it(tmp_path: Path) -> None:
    """From the store to the words of a real push, with its link, and without anybody's name."""
    judged = Judged.make(tmp_path)
    head = judged.work.commit(RISKY, author="zoltan", message="Change the workflow")
    judged.work.git("push", "-q", "--no-verify", "origin", "main")
    store = open_store(f"sqlite:///{judged.state}/builds.sqlite")
    made = b.build(
        "failed", at=int(time.time()) - 7200, files=dict.fromkeys(RISKY, (1, 0)), head=head, author="zoltan"
    )
    linked = BuildRecord(
        made.id, made.change, "failed", made.started_at, made.finished_at, url="https://ci.example/b/7"
    )
    others = [b.build("passed", at=b.AT + n) for n in range(20)]
    store.append([*others, linked])
    refresh_history(Somewhere(judged.work.path / ".git"), store)
    store.close()
    judged.work.checkout("side", "main")
    judged.work.commit(dict.fromkeys(RISKY, "on: pull_request\n"), message="Change the workflow again")
    said = judged.push("side")[1]
    assert f"  like  {head[:7]}, failed on main 2 h ago: https://ci.example/b/7\n" in said
    assert b"zoltan" not in Path(failures_path(Somewhere(judged.work.path / ".git"))).read_bytes()
