"""`cigate export` writes each build once, whatever cuts it short, and `cigate import` reads it back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cigate.change import BuildRecord
from cigate.cli import main
from cigate.spool import parse_record
from cigate.stores import open_store
from cigate_train.scale import exporting
from cigate_train.scale.prefix import Folder, open_prefix
from tests.servers import Bucket
from tests.stores.conftest import fresh_url
from tests.stores.samples import record, strange_record

Said = pytest.CaptureFixture[str]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A store whose builds have numbers, of each kind."""
    return fresh_url(request.param, request)


def add(url: str, *records: BuildRecord) -> None:
    store = open_store(url)
    store.append(records)
    store.close()


def export(url: str, out: Path | str, *words: str) -> int:
    return main(["export", "--store", url, "--out", str(out), *words])


def exported(folder: Path) -> list[BuildRecord]:
    """Return the builds in all files of a folder, in the order of their names."""
    files = sorted(folder.glob("*.jsonl.gz"))
    return [parse_record(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def test_each_night_brings_what_is_new(url: str, tmp_path: Path, capsys: Said) -> None:
    """A build that ended long ago and came late is new as well; a night without builds writes no file."""
    out = tmp_path / "exported"
    add(url, record(5), record(6))
    assert export(url, out) == 0
    assert "2 builds into 1 new files" in capsys.readouterr().out
    add(f"{url}?repository=o/r", record(1))
    add(url, strange_record())
    assert (export(url, out), export(url, out)) == (0, 0)
    assert "0 builds into 0 new files" in capsys.readouterr().out
    assert exported(out) == [record(5), record(6), record(1), strange_record()]
    assert len(list(out.glob("*.gz"))) == 2


def test_a_file_says_where_the_next_begins(url: str, tmp_path: Path, capsys: Said) -> None:
    add(url, record(1), record(2))
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl.gz"
    assert export(url, first) == 0
    since = capsys.readouterr().out.split("--since ")[1].strip()
    add(f"{url}?repository=o/r", record(3))
    assert export(url, second, "--since", since) == 0
    assert [parse_record(line) for line in first.read_bytes().splitlines()] == [record(1), record(2)]
    line = json.loads(gzip.decompress(second.read_bytes()))
    assert (line["repository"], line["record"]["id"]) == ("o/r", record(3).id)
    assert line["number"] > int(since)
    assert sorted(path.name for path in tmp_path.glob("*.jsonl*")) == ["1.jsonl", "2.jsonl.gz"]


def test_what_was_exported_can_be_imported(url: str, tmp_path: Path) -> None:
    out, copy = tmp_path / "exported", f"sqlite:///{tmp_path}/copy.sqlite"
    made = [*map(record, range(1, 9)), strange_record()]
    add(url, *made)
    assert export(url, out) == 0
    files = [str(path) for path in out.glob("*.jsonl.gz")]
    assert main(["import", "jsonl", *files, "--store", copy]) == 0
    assert list(open_store(copy).read()) == list(open_store(url).read())


def test_the_part_of_a_repository_is_exported_alone(url: str, tmp_path: Path) -> None:
    add(f"{url}?repository=o/mine", record(1))
    add(f"{url}?repository=o/other", record(2))
    assert export(f"{url}?repository=o/mine", tmp_path / "exported") == 0
    assert exported(tmp_path / "exported") == [record(1)]


@pytest.mark.parametrize("broken_write", range(1, 8))
def test_a_run_that_is_cut_short_is_finished(
    broken_write: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever write never happens, and whatever came meanwhile, no build is missing or there twice."""
    monkeypatch.setattr(exporting, "PORTION", 2)
    url, out, writes = f"sqlite:///{tmp_path}/builds.sqlite", tmp_path / "exported", 0
    add(url, *map(record, range(5)))
    write = Folder.write

    def failing(self: Folder, name: str, content: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes == broken_write:
            raise KeyboardInterrupt
        write(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "write", failing)
        assert export(url, out) == 130
    add(url, record(5), record(6))
    assert export(url, out) == 0
    assert exported(out) == [record(number) for number in range(7)]


def test_another_stores_export_is_left_alone(tmp_path: Path, capsys: Said) -> None:
    """Numbers of two stores in one folder would hide builds from both."""
    one, other, out = (
        f"sqlite:///{tmp_path}/1.sqlite",
        f"sqlite:///{tmp_path}/2.sqlite",
        tmp_path / "exported",
    )
    add(one, record(1))
    add(other, record(2))
    assert (export(one, out), export(other, out)) == (0, 3)
    assert "holds the export of" in capsys.readouterr().err
    assert exported(out) == [record(1)]


def test_a_damaged_state_is_told_and_since_mends_it(tmp_path: Path, capsys: Said) -> None:
    url, out = f"sqlite:///{tmp_path}/builds.sqlite", tmp_path / "exported"
    add(url, record(1), record(2))
    assert export(url, out) == 0
    (out / exporting.STATE).write_text("{")
    assert export(url, out) == 3
    assert "--since" in capsys.readouterr().err
    assert export(url, out, "--since", "0") == 0
    assert exported(out) == [record(1), record(2)]


def test_an_object_store_takes_it(seaweedfs: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    url, out = f"sqlite:///{tmp_path}/builds.sqlite", f"{seaweedfs.create()}/exported"
    add(url, record(1))
    assert (export(url, out), export(url, out)) == (0, 0)
    content = open_prefix(out).read(f"{1:012}-{1:012}.jsonl.gz")
    assert content is not None
    assert parse_record(gzip.decompress(content)) == record(1)


@pytest.mark.parametrize("number", ["-1", "x", "1e3", "1" * 19, "\u0664"])
def test_a_number_that_is_none_is_refused(number: str, tmp_path: Path) -> None:
    assert export(f"sqlite:///{tmp_path}/b.sqlite", tmp_path / "x", f"--since={number}") == 2


def test_a_place_without_numbers_says_so(
    tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CIGATE_STORE", raising=False)
    assert export(f"file://{tmp_path}/builds", tmp_path / "x") == 3
    assert "does not number its builds" in capsys.readouterr().err
    assert main(["export", "--out", "x"]) == 2
    assert "CIGATE_STORE" in capsys.readouterr().err
    assert export(f"sqlite:///{tmp_path}/b.sqlite", tmp_path / "no" / "x.jsonl") == 2
