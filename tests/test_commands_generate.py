"""`cigate generate` as a user types it; what real git counts is what the rows say."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from cigate.cli import main
from cigate.git import Repository
from cigate.stores import open_store
from tests.repo import Repo

GOLDEN = Path(__file__).parent / "golden" / "synthetic_repository.csv"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_table_of_totals(capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand builds by default, the first word is SYNTHETIC, and the next step is named."""
    assert main(["generate"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("SYNTHETIC: 1,000 builds, ")
    assert said[-1] == "next       cigate train --data build_history.csv"
    with open("build_history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1000
    wanted = "author files_changed lines_added lines_deleted dominant_file_type build_status timestamp"
    assert set(wanted.split()) < rows[0].keys()
    assert f"{sum(row['build_status'] == 'failure' for row in rows)} of them failed" in said[0]


def test_same_seed_same_bytes() -> None:
    """A history can be quoted by its seed."""
    assert main(["generate", "--builds", "50", "--seed", "7", "a.csv"]) == 0
    assert main(["generate", "--builds", "50", "--seed", "7", "b.csv"]) == 0
    assert main(["generate", "--builds", "50", "--seed", "8", "c.csv"]) == 0
    a, b, c = (Path(name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))
    assert a == b != c
    assert sorted(os.listdir()) == ["a.csv", "b.csv", "c.csv"]


def test_last_build_is_in_the_week_before(capsys: pytest.CaptureFixture[str]) -> None:
    """--until moves the whole history; what is no time is a usage error."""
    assert main(["generate", "--builds", "30", "--until", "2026-03-02T00:00:00", "t.csv"]) == 0
    with open("t.csv", newline="") as file:
        last = list(csv.DictReader(file))[-1]
    assert "2026-02-23" <= last["timestamp"] < "2026-03-02"
    assert main(["generate", "--until", "soon", "u.csv"]) == 2
    assert "neither an ISO time nor epoch seconds" in capsys.readouterr().err


def test_nothing_is_overwritten_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a table nor a folder; --force replaces what an earlier run wrote."""
    assert main(["generate", "--builds", "9", "t.csv", "--repo", "r"]) == 0
    before = Path("t.csv").read_bytes()
    for args in (["t.csv"], ["other.csv", "--repo", "r"], ["t.csv", "--repo", "r"]):
        assert main(["generate", "--seed", "1", *args]) == 2
        assert "would be overwritten" in capsys.readouterr().err
    assert Path("t.csv").read_bytes() == before
    assert not Path("other.csv").exists()
    assert main(["generate", "--builds", "9", "--seed", "1", "--force", "t.csv", "--repo", "r"]) == 0
    assert Path("t.csv").read_bytes() != before
    assert main(["import", "csv", "t.csv", "--repo", "r"]) == 0


def test_folder_of_somebody_is_never_removed(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even with --force: only what is marked as made up can be made again."""
    mine = Repo.init(Path("mine").absolute())
    mine.commit({"precious.txt": "x\n"})
    Path("notes").mkdir()
    Path("notes/a.txt").write_text("x")
    for folder in ("mine", "notes", "notes/a.txt"):
        assert main(["generate", "--builds", "9", "--force", "t.csv", "--repo", folder]) == 2
        assert "is no synthetic repository" in capsys.readouterr().err
    assert Path("mine/precious.txt").read_text() == "x\n"
    assert Path("notes/a.txt").read_text() == "x"
    assert not Path("t.csv").exists()


@pytest.mark.parametrize("args", [["nowhere/t.csv"], ["--builds", "0"], ["--builds", "many"], ["."]])
def test_what_cannot_be_done_is_a_usage_error(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, no traceback, no file left behind."""
    assert main(["generate", "--force", *args]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert os.listdir() == []


def test_repository_of_a_seed_never_changes() -> None:
    """Commit ids are a function of the seed: demos and documents can name them."""
    assert main(["generate", "--builds", "40", "t.csv", "--repo", "r"]) == 0
    assert Path("t.csv").read_text() == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("seed", [1, 2, 42])
def test_git_counts_what_the_rows_say(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Every row is joined to its commit, and files, lines and branch are the same on both sides."""
    assert main(["generate", "--builds", "300", "--seed", str(seed), "t.csv", "--repo", "r"]) == 0
    assert main(["import", "csv", "t.csv", "--repo", "r"]) == 0
    assert "joined  300 builds to the 301 commits" in capsys.readouterr().out
    with open("t.csv", newline="") as file:
        rows = {row["commit_sha"]: row for row in csv.DictReader(file)}
    store = open_store("sqlite:///r/.git/cigate/builds.sqlite")
    records = list(store.read())
    store.close()
    assert len(records) == 300
    for record in records:
        row = rows[record.change.head]
        files = list(record.change.files())
        assert len(record.change.commits) == 1
        assert len(files) == int(row["files_changed"])
        assert sum(f.added or 0 for f in files) == int(row["lines_added"])
        assert sum(f.deleted or 0 for f in files) == int(row["lines_deleted"])
        kinds = [os.path.splitext(f.path)[1] for f in files]
        assert kinds.count(row["dominant_file_type"]) == max(map(kinds.count, kinds))
        assert (record.change.branch, record.provider) == (row["branch"], "synthetic")
        assert record.failed == (row["build_status"] == "failure")
    assert any(len(record.change.commits[0].parents) == 2 for record in records)


def test_repository_is_one_to_work_in() -> None:
    """A clean checkout of main that calls itself SYNTHETIC, with nobody's address and no hooks."""
    assert main(["generate", "--builds", "120", "t.csv", "--repo", "deep/er/r"]) == 0
    made = Repo(Path("deep/er/r").absolute())
    assert made.git("status", "--porcelain") == ""
    assert made.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert made.git("fsck", "--strict") == ""
    assert "SYNTHETIC" in (made.path / "SYNTHETIC.md").read_text()
    assert "SYNTHETIC" in made.git("log", "--format=%s", "--max-parents=0")
    emails = set(made.git("log", "--all", "--format=%ae%n%ce").split())
    assert all(email.endswith("@example.invalid") for email in emails)
    assert not (made.path / ".git" / "hooks").exists()
    named = set(made.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split())
    with open("t.csv", newline="") as file:
        assert named <= {row["branch"] for row in csv.DictReader(file)}
    assert Repository.open(str(made.path)).shallow is False


def test_environment_of_a_hook_does_not_leak_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started with GIT_DIR set, as in a hook, it still writes into its own folder only."""
    mine = Repo.init(Path("mine").absolute())
    head = mine.commit({"a": "1"})
    monkeypatch.setenv("GIT_DIR", str(mine.path / ".git"))
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    assert main(["generate", "--builds", "9", "t.csv", "--repo", "r"]) == 0
    monkeypatch.delenv("GIT_DIR")
    assert mine.git("for-each-ref") == f"{head} commit\trefs/heads/main"
    assert mine.git("status", "--porcelain") == ""
