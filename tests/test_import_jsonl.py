"""`cigate import jsonl`: what any other CI gives, an object a line, and what cigate itself has written."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from cigate.cli import main
from cigate.spool import render_record
from cigate.stores import open_store
from tests.repo import Repo
from tests.stores.samples import record, strange_record
from tests.test_commands_import import stored

Said = pytest.CaptureFixture[str]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    made = Repo.init(tmp_path / "work")
    for n in range(3):
        made.commit({f"{n}.py": "x\n"}, at=1_600_000_000 + n)
    monkeypatch.chdir(made.path)
    monkeypatch.delenv("CIGATE_STORE", raising=False)
    return made


def write(path: str, *lines: object) -> None:
    Path(path).write_text(
        "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    )


def test_objects_are_rows(repo: Repo, capsys: Said) -> None:
    """Keys mean what columns mean, in any order and number; what is nested is found by both names."""
    shas = repo.git("rev-list", "--reverse", "main").split()
    write(
        "builds.jsonl",
        {
            "id": 7,
            "commit": {"id": shas[0], "message": "a\nb, c"},
            "status": "ok",
            "created_at": "2020-09-13",
        },
        "",
        {
            "id": 8,
            "commit": {"id": shas[1]},
            "created_at": 1_600_000_100,
            "result": None,
            "status": "red",
            "tags": [1],
        },
        {"id": 9, "commit": {"id": shas[2]}, "created_at": "soon", "status": "ok"},
        "not JSON",
        "[1]",
    )
    Path("again.jsonl").write_bytes(gzip.compress(Path("builds.jsonl").read_bytes()))
    assert main(["import", "jsonl", "builds.jsonl", "--map", "sha=commit.id"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "builds.jsonl line 4, column created_at: 'soon' is neither an ISO time nor epoch seconds",
        "builds.jsonl line 5: is no JSON object",
        "builds.jsonl line 6: is no JSON object",
    ]
    assert "read    2 builds from 1 file; 3 rows left out, as said above" in said.out
    assert [(r.id, r.outcome, r.change.head) for r in stored()] == [
        ("csv/7/1/", "passed", shas[0]),
        ("csv/8/1/", "failed", shas[1]),
    ]
    assert main(["import", "jsonl", "again.jsonl"]) == 0
    assert "stored  0 builds more; now 2" in capsys.readouterr().out


def test_a_store_of_objects_can_be_moved_to_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`cat FILES | cigate import jsonl -` needs no repository, and nothing of a build is lost."""
    pytest.importorskip("obstore", reason="obstore is not installed: pip install '.[s3]'")
    monkeypatch.chdir(tmp_path)
    made = [*(record(n) for n in range(5)), strange_record()]
    old = open_store(f"file://{tmp_path}/old")
    old.append(made[:3])
    old.append(made[3:4])
    old.append(made[4:])
    content = b"".join(path.read_bytes() for path in sorted((tmp_path / "old").rglob("*.gz")))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert main(["import", "jsonl", "-", "--store", f"sqlite:///{tmp_path}/new.sqlite"]) == 0
    assert list(open_store(f"sqlite:///{tmp_path}/new.sqlite").read()) == made


def test_waiting_records_can_be_imported(tmp_path: Path, capsys: Said) -> None:
    """What waited on a disk that was rescued; a record of a form that is not known is named."""
    lines = [render_record(record(1)).decode(), '{"format": 9, "record": {}}', '{"record": 1}']
    write(str(tmp_path / "spool.jsonl"), *lines)
    url = f"sqlite:///{tmp_path}/new.sqlite"
    assert main(["import", "jsonl", str(tmp_path / "spool.jsonl"), "--store", url]) == 0
    said = capsys.readouterr()
    assert said.err.count("is no record that this cigate can read") == 2
    assert list(open_store(url).read()) == [record(1)]


@pytest.mark.parametrize("content", ["", "\n\n", "nonsense\n", '{"a": 1}\n'])
def test_a_file_of_nothing(tmp_path: Path, content: str, capsys: Said) -> None:
    """Nothing to read is told as such."""
    (tmp_path / "x.jsonl").write_text(content)
    code = main(["import", "jsonl", str(tmp_path / "x.jsonl"), "--store", f"sqlite:///{tmp_path}/new.sqlite"])
    assert code == (2 if content.strip() else 0)
    assert "Traceback" not in capsys.readouterr().err
