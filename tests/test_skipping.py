"""`Cigate-Skip: reason` lets a push through, visibly, and is noted; nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from cigate.git import Repository
from cigate.git.process import RUNNING
from cigate.ledger import read_ledger
from cigate.skipping import LONGEST_REASON, Skips, read_skips
from tests.judged import HARMLESS, RISKY, Judged, run_cigate
from tests.repo import Repo
from tests.test_ledger import Somewhere

BLOCK = {"CIGATE_MODE": "block"}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return Repo.init(tmp_path_factory.mktemp("skips") / "work")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Mend it\n\nCigate-Skip: CI is down\n", "CI is down"),
        ("Mend it\n\ncigate-skip: CI is down\nSigned-off-by: a <a@b.c>\n", "CI is down"),
        ("Mend it\n\nCigate-Skip: one\nCigate-Skip: two\n", "one, two"),
        ("Mend it\n\nCigate-Skip: long\n  and longer\n", "long and longer"),
        ("Mend it\n\nCigate-Skip: " + "x" * 500, "x" * LONGEST_REASON),
        ("Mend it\n\nCigate-Skip:\n", None),
        ("Mend it\n\nCigate-Skip: mentioned in the text\n\nand then more text\n", None),
        ("Cigate-Skip: in the subject", None),
    ],
    ids=["plain", "any case", "two", "folded", "long", "no reason", "not a trailer", "subject"],
)
def test_a_trailer_with_a_reason_counts(repo: Repo, message: str, reason: str | None) -> None:
    head = repo.commit({"a": message}, message=message)
    assert read_skips(Repository.open(str(repo.path)), [head]).get(head) == reason


def test_many_heads_are_asked_at_once_and_a_failing_git_skips_nothing(repo: Repo) -> None:
    heads = [repo.commit({"b": f"{n}"}, message=f"x\n\nCigate-Skip: {n}") for n in range(3)]
    found = read_skips(Repository.open(str(repo.path)), heads)
    assert found == {head: str(n) for n, head in enumerate(heads)}
    assert read_skips(Repository.open(str(repo.path)), ["0" * 39 + "1"]) == {}
    assert read_skips(Repository.open(str(repo.path)), []) == {}


def test_a_question_can_be_dropped(repo: Repo) -> None:
    """Its git is gone then, whether it had answered or not."""
    head = repo.commit({"c": "1"}, message="x\n\nCigate-Skip: because")
    asked = Skips(Repository.open(str(repo.path)), [head])
    asked.close()
    assert not RUNNING


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged.make(tmp_path)


def test_a_blocked_push_goes_through_with_a_reason_and_is_noted(judged: Judged) -> None:
    head = judged.work.commit(RISKY, message="Mend it")
    assert judged.push("main", env=BLOCK)[0] != 0
    assert judged.sees("refs/heads/main") != head
    judged.work.git(
        "commit", "-q", "--amend", "--trailer", "Cigate-Skip: the \x1b[31mred\x1b[0m hotfix", "-C@"
    )
    code, said = judged.push("main", env=BLOCK | {"CIGATE_QUIET": "yes"})
    assert code == 0
    assert said.startswith(
        "cigate  main -> origin   skipped: the \\x1b[31mred\\x1b[0m hotfix  (likely to break CI: "
    )
    assert judged.sees("refs/heads/main") == judged.work.head()
    actions = [entry.action for entry in read_ledger(Somewhere(judged.work.path / ".git"))]
    assert actions == ["block", "skip"]


def test_an_earlier_commits_reason_excuses_nothing_later(judged: Judged) -> None:
    judged.work.commit(HARMLESS, message="x\n\nCigate-Skip: just this")
    judged.work.commit(RISKY)
    assert judged.push("main", env=BLOCK)[0] != 0


def test_a_push_that_passes_is_not_asked_for_a_reason(judged: Judged) -> None:
    judged.work.commit(HARMLESS, message="x\n\nCigate-Skip: needless")
    _, said = judged.push("main", env=BLOCK)
    assert "looks fine" in said


def test_predict_honours_it_too(judged: Judged) -> None:
    judged.work.commit(RISKY, message="x\n\nCigate-Skip: CI is down")
    done = run_cigate("predict", cwd=judged.work.path)
    assert done.returncode == 0
    assert "skipped: CI is down" in done.stdout
