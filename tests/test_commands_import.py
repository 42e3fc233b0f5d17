"""`cigate import csv` as a user types it: over real git and a real SQLite store."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cigate.change import BuildRecord
from cigate.cli import main
from cigate.history import History
from cigate.identity import pseudonym
from cigate.stores import open_store
from tests import real
from tests.repo import Repo
from tests.servers import Postgres, run_postgres

AT = 1_600_000_000
TOTALS = "author,files_changed,lines_added,lines_deleted,dominant_file_type,build_status\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository with five commits on main, in which the test runs."""
    made = Repo.init(tmp_path / "work")
    for n in range(5):
        made.commit({f"src/{n}.py": f"{n}\n"}, author="ann", at=AT + n)
    monkeypatch.chdir(made.path)
    monkeypatch.delenv("CIGATE_AUTHOR_KEY", raising=False)
    return made


def shas(repo: Repo) -> list[str]:
    return repo.git("rev-list", "--reverse", "main").split()


def table(repo: Repo, statuses: str = "passed failed canceled passed errored") -> str:
    rows = [
        f"{n},{sha},main,{status},{AT + 10 * n},7"
        for n, (sha, status) in enumerate(zip(shas(repo), statuses.split(), strict=False))
    ]
    return "\n".join(["build_id,commit_sha,branch,status,started_at,duration_s", *rows, ""])


def stored(url: str = "sqlite:///.git/cigate/builds.sqlite") -> list[BuildRecord]:
    store = open_store(url)
    records = list(store.read())
    store.close()
    return records


def test_builds_are_joined_and_stored(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """Each build gets its commit's change; what went in is said, and where."""
    Path("builds.csv").write_text(table(repo))
    assert main(["import", "csv", "builds.csv"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.splitlines() == [
        "read    5 builds from 1 file",
        f"joined  5 builds to the 5 commits of {repo.path}",
        "        2 passed, 2 failed, 1 canceled or skipped (kept, but nothing to learn from)",
        f"stored  5 builds more; now 5 in sqlite:///{repo.path}/.git/cigate/builds.sqlite",
        "history pushes are judged by 4 builds, 2 failed",
        "next    cigate init; cigate train tells whether a model of your own would be better",
    ]
    records = stored()
    assert [record.change.head for record in records] == shas(repo)
    assert [record.failed for record in records] == [False, True, None, False, True]
    assert [f.path for f in records[2].change.files()] == ["src/2.py"]


def test_importing_twice_adds_nothing(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """The same file again changes nothing, and a longer one adds its new rows as if read at once."""
    lines = table(repo).splitlines(keepends=True)
    Path("some.csv").write_text("".join(lines[:4]))
    Path("all.csv").write_text("".join(lines))
    for file in ("some.csv", "some.csv", "all.csv", "all.csv"):
        assert main(["import", "csv", file]) == 0
    counts = [line for line in capsys.readouterr().out.splitlines() if line.startswith("stored")]
    assert [line.split()[1] for line in counts] == ["3", "0", "2", "0"]
    assert main(["import", "csv", "all.csv", "--store", "sqlite:///other.sqlite"]) == 0
    assert stored() == stored("sqlite:///other.sqlite")


def test_pushes_open_what_was_imported(repo: Repo) -> None:
    """The snapshot knows every stored build, also where an import before was cut short."""
    Path("builds.csv").write_text(table(repo))
    assert main(["import", "csv", "builds.csv"]) == 0
    snapshot = Path(".git/cigate/history.bin")
    known = snapshot.read_bytes()
    assert History.open(known).builds == 4
    snapshot.unlink()
    assert main(["import", "csv", "builds.csv"]) == 0
    assert snapshot.read_bytes() == known


def test_pushes_are_judged_by_the_configured_workflow(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """Nightly builds do not make a push look risky where the configuration names another workflow."""
    Path(".cigate.toml").write_text('workflow = "ci"\n')
    Path("builds.csv").write_text(table(repo))
    assert main(["import", "csv", "builds.csv", "--workflow", "ci"]) == 0
    Path("nightly.csv").write_text(table(repo).replace("\n0,", "\n10,"))
    assert main(["import", "csv", "nightly.csv", "--workflow", "nightly"]) == 0
    assert "judged by 4 builds of the workflow 'ci', 2 failed" in capsys.readouterr().out
    assert History.open(Path(".git/cigate/history.bin").read_bytes()).builds == 4


def test_a_store_elsewhere_changes_no_history_here(repo: Repo, tmp_path: Path) -> None:
    """What pushes from here are judged by comes from the repository's own store."""
    Path("builds.csv").write_text(table(repo))
    assert main(["import", "csv", "builds.csv", "--store", f"sqlite:///{tmp_path}/other.sqlite"]) == 0
    assert not Path(".git/cigate/history.bin").exists()


def test_authors_are_pseudonyms_with_the_repository_s_key(repo: Repo) -> None:
    """A key is made on the first import, and no name or address is in the store."""
    Path("builds.csv").write_text(table(repo))
    assert main(["import", "csv", "builds.csv"]) == 0
    key = Path(".git/cigate/author.key").read_bytes().strip()
    assert {record.change.author for record in stored()} == {pseudonym(b"ann@example.invalid", key)}
    assert b"ann" not in Path(".git/cigate/builds.sqlite").read_bytes()


def test_what_is_not_joined_is_said(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown commits, other kinds of ids and bad rows are counted by reason; good rows go in."""
    extra = f"8,{'0' * 40},main,passed,{AT},1\n9,{'0' * 64},main,passed,{AT},1\n10,xyz,main,passed,{AT},1\n"
    Path("builds.csv").write_text(table(repo) + extra)
    assert main(["import", "csv", "builds.csv"]) == 0
    said = capsys.readouterr()
    assert said.err == (
        "builds.csv line 9, column commit_sha: 'xyz' is not a full commit id (40 or 64 hexadecimal digits)\n"
    )
    assert "read    7 builds from 1 file; 1 row left out, as said above\n" in said.out
    assert "        2 builds left out: commit not in this repository\n" in said.out
    assert len(stored()) == 5


def test_many_bad_rows_do_not_flood(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten are shown, the others counted."""
    Path("builds.csv").write_text(table(repo) + "x,y,main,passed,1,1\n" * 1000)
    assert main(["import", "csv", "builds.csv"]) == 0
    assert capsys.readouterr().err.splitlines()[10:] == ["... and 990 more such rows"]


def test_commits_that_no_branch_holds_are_found(repo: Repo) -> None:
    """A build of a commit that was pushed away since is joined as long as git has the commit."""
    lost = repo.commit({"src/lost.py": "x\n"}, at=AT + 9)
    text = table(repo)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    Path("builds.csv").write_text(text + f"9,{lost},gone,failed,{AT + 90},1\n")
    assert main(["import", "csv", "builds.csv"]) == 0
    assert stored()[-1].change.head == lost


def test_several_files_pipes_and_compression(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files are read as one table, packed or not, whatever order they come in."""
    lines = table(repo).splitlines(keepends=True)
    Path("late.csv.gz").write_bytes(gzip.compress("".join([lines[0], *lines[3:]]).encode()))
    stdin = io.TextIOWrapper(io.BytesIO("".join(lines[:3]).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main(["import", "csv", "late.csv.gz", "-"]) == 0
    assert "read    5 builds from 2 files" in capsys.readouterr().out
    assert [len(record.change.commits) for record in stored()] == [1] * 5


def test_columns_by_hand_and_one_workflow(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """--map names what is not recognised; --workflow takes one workflow's builds."""
    first, second = shas(repo)[:2]
    rows = [f"{first};ok;{AT};ci", f"{second};ok;{AT + 1};docs", f"{second};broken;{AT + 1};ci"]
    Path("builds.csv").write_text("\n".join(["sha;ergebnis;date;workflow", *rows]))
    assert main(["import", "csv", "builds.csv"]) == 2
    assert "--map status=COLUMN" in capsys.readouterr().err
    assert main(["import", "csv", "builds.csv", "--map", "status=ergebnis", "--workflow", "ci"]) == 0
    assert "1 build of other workflows left out" in capsys.readouterr().out
    assert [(record.workflow, record.outcome) for record in stored()] == [("ci", "passed"), ("ci", "failed")]


def test_other_repository_is_refused(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of some other project's builds is a mistake, not an empty success."""
    Path("builds.csv").write_text(f"sha,status,date\n{'0' * 40},ok,{AT}\n")
    assert main(["import", "csv", "builds.csv"]) == 3
    said = capsys.readouterr().err
    assert "none of the builds belongs to a commit of" in said
    assert "--repo" in said
    assert stored() == []


def test_shallow_clone_is_refused(repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where history is cut off, the oldest commit would look like the whole project."""
    Path("builds.csv").write_text(table(repo))
    shallow = repo.clone(tmp_path / "shallow", "--depth=1")
    assert main(["import", "csv", "builds.csv", "--repo", str(shallow.path)]) == 3
    assert "git fetch --unshallow" in capsys.readouterr().err


def test_totals_without_commits(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """The original description's table becomes changes with those totals; made-up times are owned up to."""
    rows = ["new_dev,18,150,40,.yml,failure", "main_dev,3,20,5,.py,success"]
    Path("build_history.csv").write_text(TOTALS + "\n".join(rows))
    assert main(["import", "csv", "build_history.csv"]) == 0
    said = capsys.readouterr().out
    assert "names no commits: each row is taken as one commit with its totals" in said
    assert "no times either: its rows are taken in order, one an hour from 2000 on" in said
    first, second = stored()
    assert (first.outcome, second.outcome) == ("failed", "passed")
    assert len(list(first.change.files())) == 18
    assert sum(f.added or 0 for f in second.change.files()) == 20


def test_totals_need_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a store of its own, a table of totals can be imported anywhere; without one it cannot."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("CIGATE_AUTHOR_KEY", "secret")
    Path("t.csv").write_text(TOTALS + "ann,1,2,3,.py,success\n")
    assert main(["import", "csv", "t.csv", "--store", "sqlite:///t.sqlite"]) == 0
    (record,) = stored("sqlite:///t.sqlite")
    assert record.change.author == pseudonym(b"ann", b"secret")
    assert main(["import", "csv", "t.csv"]) == 3
    assert "not a git repository" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\x89PNG\0\0", "is not text"),
        (b"a,b\n1,2\n", "has no column for sha, status, started_at"),
        (b"sha,status,date\nx,y,z\n", "no row could be read"),
        (b"\x1f\x8bxxxx", "is damaged"),
        (b"x" * 2_000_000, "line 1 is longer than"),
    ],
)
def test_what_is_no_table_is_a_usage_error(
    repo: Repo, content: bytes, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, one line of what is wrong, no traceback, nothing stored."""
    Path("bad.csv").write_bytes(content)
    assert main(["import", "csv", "bad.csv"]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert "Traceback" not in said
    assert not Path(".git/cigate").exists()


def test_missing_file(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """The system's own words."""
    assert main(["import", "csv", "nowhere.csv"]) == 2
    assert "nowhere.csv cannot be read: No such file or directory" in capsys.readouterr().err


def test_interrupted_import_is_completed_by_the_next(repo: Repo) -> None:
    """Killed in the middle of writing, a store holds whole batches, and importing again completes it."""
    stream = []
    for n in range(1500):
        stream.append(f"commit refs/heads/many\ncommitter a <a@example.invalid> {AT + n} +0000\ndata 1\nx\n")
        stream.append(f"M 100644 inline f\ndata {len(str(n))}\n{n}\n")
    repo.fast_import("".join(stream).encode())
    ids = repo.git("rev-list", "--reverse", "many").split()
    rows = [f"{sha},ok,{AT + n}" for n, sha in enumerate(ids)]
    Path("builds.csv").write_text("\n".join(["sha,status,date", *rows]))
    program = (
        "import os\n"
        "from cigate import cli\n"
        "from cigate.stores.sqlite import SqliteStore\n"
        "insert, calls = SqliteStore.insert_missing, []\n"
        "def dying(store, table):\n"
        "    calls.append(table.name)\n"
        "    return insert(store, table) if calls.count('builds') < 2 else os.kill(os.getpid(), 9)\n"
        "SqliteStore.insert_missing = dying\n"
        "cli.main(['import', 'csv', 'builds.csv'])"
    )
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert killed.returncode == -9
    assert len(stored()) == 1000
    assert main(["import", "csv", "builds.csv"]) == 0
    assert [record.change.head for record in stored()] == ids
    assert {len(record.change.commits) for record in stored()} == {1}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with run_postgres() as server:
        yield server


def test_central_store(repo: Repo, postgres: Postgres, capsys: pytest.CaptureFixture[str]) -> None:
    """A URL of PostgreSQL is all it takes, and its password is not shown."""
    url = postgres.create()
    Path("builds.csv").write_text(table(repo))
    assert main(["import", "csv", "builds.csv", "--store", url]) == 0
    said = capsys.readouterr()
    assert f"now 5 in postgresql://127.0.0.1:{postgres.port}/" in said.out
    assert "s3cret" not in said.out + said.err
    assert len(stored(url)) == 5


@pytest.mark.slow
def test_real_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a real project's real builds, at least 98.7 % are joined to its real history."""
    builds = real.data_folder() / "builds" / "rspec__rspec-core.csv.gz"
    path = real.repository("rspec-core")
    monkeypatch.setenv("CIGATE_AUTHOR_KEY", "key")
    url = f"sqlite:///{tmp_path}/builds.sqlite"
    assert main(["import", "csv", str(builds), "--repo", str(path), "--store", url]) == 0
    assert "read    2,857 builds from 1 file" in capsys.readouterr().out
    records = stored(url)
    assert len(records) >= 0.987 * 2857
    assert sum(len(record.change.commits) for record in records) > len(records)
