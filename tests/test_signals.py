"""What a push broke is found in its files as they are at its head, within bounds, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path
from shutil import which
from time import monotonic

import pytest

from cigate import signals as s
from cigate.broken import CONFLICT, Broken
from cigate.git import Repository
from cigate.git.contents import Contents, modes
from cigate.signals import Look
from cigate.walk import change_of
from tests.judged import Judged, run_cigate
from tests.repo import Repo

MARKED = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\n"
SPAN_S = 60.0


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo.init(tmp_path / "work")
    made.commit({"package.json": "{}\n", "README.md": "words\n"})
    made.branch("base")
    return made


def look(repo: Repo, head: str = "main", base: str = "base") -> tuple[tuple[Broken, ...], str]:
    """Look into what `head` has and `base` has not."""
    opened = Repository.open(str(repo.path))
    oid = opened.resolve(head)
    commits = {c.sha: c for c in opened.read_commits([oid], [opened.resolve(base)] if base else [])}
    change = change_of(oid, commits, (), branch="main", pushed_at=repo.now)
    (found,), note = Look(opened, [change], thorough=True).signals(monotonic() + SPAN_S)
    return found, note


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_push_that_breaks_a_file_is_told_where(tmp_path: Path, object_format: str) -> None:
    repo = Repo.init(tmp_path / "work", object_format=object_format)
    repo.commit({"deep/er/package.json": "{}\n"})
    repo.branch("base")
    repo.commit({"deep/er/package.json": '{"a": 1,}\n', "src/b.rb": MARKED, "c d.py": "x = 1\n"})
    found, note = look(repo)
    assert [(b.kind, b.path, b.line) for b in found] == [
        ("json", "deep/er/package.json", 1),
        (CONFLICT, "src/b.rb", 2),
    ]
    assert note == ""


def test_only_the_head_counts_and_only_what_the_push_broke(repo: Repo) -> None:
    """What is mended by a later commit, or was broken before, is no news."""
    repo.commit({"old/package.json": "{", "old.rb": MARKED})
    repo.branch("base")
    repo.commit({"package.json": "{", "b.rb": MARKED})
    repo.commit({"package.json": "{}", "b.rb": "b\n", "old/package.json": "{ ", "old.rb": MARKED + "more\n"})
    assert look(repo) == ((), "")


def test_a_new_file_may_be_another_dialect_but_a_conflict_is_one_everywhere(repo: Repo) -> None:
    repo.commit({"new/package.json": "{ // words\n}", "new.py": "x = (", "new.rb": MARKED})
    found, _ = look(repo)
    assert [b.path for b in found] == ["new.rb"]


def test_a_first_push_has_nothing_before_it(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "work")
    repo.commit({"a.rb": MARKED, "b/package.json": "{"})
    found, _ = look(repo, base="")
    assert [b.path for b in found] == ["a.rb"]


def test_a_conflict_left_over_by_a_merge_is_found(repo: Repo) -> None:
    """The merge alone holds it: its own commits beside it do not touch the file."""
    repo.checkout("topic", "base")
    repo.commit({"x.rb": "one\n"})
    repo.checkout("main")
    repo.commit({"y.rb": "two\n"})
    repo.git("merge", "-q", "--no-ff", "--no-commit", "topic")
    repo.write({"x.rb": MARKED})
    repo.commit()
    found, _ = look(repo)
    assert [(b.kind, b.path) for b in found] == [(CONFLICT, "x.rb")]


def test_links_submodules_lfs_binaries_and_strange_names_are_no_news(repo: Repo) -> None:
    repo.commit(
        {
            "l/package.json": "{}",
            "s/package.json": "{}",
            "p/package.json": "{}",
            "b/package.json": "{}",
            "gone/package.json": "{}",
        }
    )
    repo.branch("base")
    for name in ("l/package.json", "s/package.json", "gone/package.json"):
        (repo.path / name).unlink()
    os.symlink("somewhere/else", repo.path / "l/package.json")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},s/package.json")
    repo.write({b"bytes\xff.rb": MARKED, b"two\nlines.rb": MARKED})
    repo.commit(
        {
            "p/package.json": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
            "b/package.json": b"\x00\x01{",
        }
    )
    found, note = look(repo)
    assert [b.path for b in found] == [os.fsdecode(b"bytes\xff.rb")]
    assert note == ""


def test_a_link_to_something_with_conflict_like_a_name_is_no_file(repo: Repo) -> None:
    os.symlink(MARKED, repo.path / "link.rb")
    repo.commit()
    assert look(repo) == ((), "")


def test_it_says_what_it_did_not_get_to(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "MOST_FILES", 5)
    repo.commit({f"f{n}.rb": "x\n" for n in range(8)})
    assert look(repo) == ((), "3 changed files were not looked into")
    monkeypatch.setattr(s, "MOST_FILE_BYTES", 10)
    repo.branch("base")
    repo.commit({"a.rb": MARKED, "b.rb": "y\n"})
    assert look(repo) == ((), "1 changed file was not looked into")


def test_it_stops_at_its_bytes(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file too many is not taken for one without a fault."""
    monkeypatch.setattr(s, "MOST_BYTES", 5000)
    repo.commit({"a.rb": MARKED, "b.rb": "x" * 10_000, "c.rb": MARKED})
    found, note = look(repo)
    assert [b.path for b in found] == ["a.rb"]
    assert note == "2 changed files were not looked into"


def test_a_deadline_that_passes_is_said_and_nothing_is_claimed(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git that does not answer is stopped."""
    repo.commit({"a.rb": MARKED})
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text(f'#!/bin/sh\ncase "$*" in *--batch) exec sleep 600;; esac\nexec {which("git")} "$@"\n')
    slow.chmod(0o755)
    opened = Repository.open(str(repo.path))
    oid = opened.resolve("main")
    commits = {c.sha: c for c in opened.read_commits([oid], [opened.resolve("base")])}
    change = change_of(oid, commits, (), branch="main", pushed_at=repo.now)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    (found,), note = Look(opened, [change], thorough=True).signals(monotonic() + 0.1)
    assert found == ()
    assert note.startswith("changed files were not looked into: git took too long")


def test_a_push_whose_names_call_for_nothing_starts_no_git(repo: Repo) -> None:
    repo.commit({"README.md": "more\n", "a.rb": "x\n", "tests/fixtures/package.json": "{"})
    opened = Repository.open(str(repo.path))
    commits = {c.sha: c for c in opened.read_commits([opened.resolve("main")], [opened.resolve("base")])}
    change = change_of(opened.resolve("main"), commits, (), branch="main", pushed_at=repo.now)
    made = Look(opened, [change])
    assert made._contents is None


def test_contents_come_in_order_and_what_is_not_there_is_none(repo: Repo) -> None:
    head = repo.commit({"a b.txt": "x\n", "empty": "", "folder/c": "c"})
    asked = [(head, "a b.txt"), (head, "no such"), (head, "empty"), (head, "folder"), (head, "")]
    opened = Repository.open(str(repo.path))
    one, none, empty, folder, top = Contents(opened, asked, 1 << 20).read(monotonic() + SPAN_S)
    assert (one, none, empty) == ((b"blob", b"x\n"), None, (b"blob", b""))
    assert folder is not None
    assert modes(folder[1], 20) == {b"c": b"100644"}
    assert top is not None
    assert modes(top[1], 20)[b"folder"] == b"40000"


@pytest.mark.parametrize(
    ("env", "code", "said"),
    [
        ({}, 0, "warned, not blocked"),
        ({"CIGATE_HARD_SIGNALS": "block"}, 0, "warned, not blocked"),
        (
            {"CIGATE_HARD_SIGNALS": "block", "CIGATE_MODE": "block"},
            1,
            "blocked: a file in it cannot be right",
        ),
        ({"CIGATE_MODE": "block"}, 0, "warned, not blocked"),
        ({"CIGATE_HARD_SIGNALS": "off"}, 0, "looks fine"),
    ],
)
def test_a_real_push_is_warned_about_and_blocked_where_that_is_configured(
    tmp_path: Path, env: dict[str, str], code: int, said: str
) -> None:
    judged = Judged.make(tmp_path)
    judged.work.commit({"package.json": MARKED})
    ended, told = judged.push("main", env=env)
    assert (ended, said in told) == (code, True), told
    assert ("conflict markers in package.json:2" in told) == (said != "looks fine")


def test_predict_takes_the_time_to_parse_python_and_the_hook_does_not(tmp_path: Path) -> None:
    judged = Judged.make(tmp_path)
    judged.work.commit({"src/a.py": "x = (1\n"})
    done = run_cigate("predict", "--mode", "warn", cwd=judged.work.path)
    assert "src/a.py:1 is no Python: '(' was never closed" in done.stdout
    assert "looks fine" in judged.push("main")[1]


def test_the_hook_looks_into_all_files_where_a_merge_is_pushed(tmp_path: Path) -> None:
    """There conflicts are left over; `cigate predict` looks everywhere."""
    judged = Judged.make(tmp_path)
    judged.work.commit({"a.rb": MARKED})
    assert "looks fine" in judged.push("main")[1]
    judged.work.checkout("topic", "main")
    judged.work.commit({"b.rb": "x\n"})
    judged.work.checkout("main")
    judged.work.commit({"c.rb": MARKED})
    judged.work.merge("topic")
    done = run_cigate("predict", "--mode", "warn", cwd=judged.work.path)
    assert "conflict markers in c.rb:2" in done.stdout
    assert "conflict markers in c.rb:2" in judged.push("main")[1]
