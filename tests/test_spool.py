"""A record that was put is on the disk until a store has it, and a store has it once."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cigate.errors import StoreError
from cigate.spool import ABANDONED_S, Spool, parse_record, render_record
from cigate.stores import open_store
from tests.stores.samples import record, strange_record

HERE = "sqlite:///here.sqlite"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/builds.sqlite"


def test_every_record_survives_the_disk() -> None:
    """Also one with the worst that git allows in every field."""
    for one in (record(1), strange_record()):
        assert parse_record(render_record(one)) == one


def test_delivery_empties_the_spool(tmp_path: Path, url: str) -> None:
    """What the store had already is let go of too, and counts as no news."""
    spool, store = Spool(str(tmp_path / "spool"), HERE), open_store(url)
    store.append([record(1)])
    for number in (1, 2, 3, 3):
        spool.put(record(number))
    assert len(spool.waiting()) == 3
    delivery = spool.deliver(store)
    assert (delivery.taken, delivery.new, delivery.damaged) == (3, 2, ())
    assert spool.waiting() == []
    assert list(store.read()) == [record(1), record(2), record(3)]


def test_first_of_two_records_of_one_build_stays(tmp_path: Path, url: str) -> None:
    """A repeated step changes nothing, also while the first record waits."""
    spool, store = Spool(str(tmp_path), HERE), open_store(url)
    spool.put(record(1, outcome="failed"))
    spool.put(record(1, outcome="passed"))
    spool.deliver(store)
    assert [r.outcome for r in store.read()] == ["failed"]


def test_stores_do_not_get_each_other_s_records(tmp_path: Path) -> None:
    """Each store has its own queue, and no file or folder tells a URL."""
    Spool(str(tmp_path), "postgresql://db.example/ci").put(record(1))
    assert Spool(str(tmp_path), HERE).waiting() == []
    shown = [str(path) for path in tmp_path.rglob("*")]
    assert not [name for name in shown if "example" in name]


def test_store_that_refuses_keeps_everything_waiting(tmp_path: Path) -> None:
    """Nothing is let go of before a store has taken it."""
    spool = Spool(str(tmp_path / "spool"), HERE)
    spool.put(record(1))
    (tmp_path / "file").write_text("no database " * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        spool.deliver(open_store(f"sqlite:///{tmp_path}/file"))
    assert len(spool.waiting()) == 1


def test_damaged_file_holds_nobody_up(tmp_path: Path, url: str) -> None:
    """It is named and left to look at; the others are delivered."""
    spool, store = Spool(str(tmp_path / "spool"), HERE), open_store(url)
    spool.put(record(1))
    bad = ('{"format": 1', '{"format": 9}', "[]", '{"format": 1, "record": {}}', "[" * 100_000)
    for number, text in enumerate(bad):
        Path(spool.folder, f"bad{number}.json").write_text(text)
    delivery = spool.deliver(store)
    assert (delivery.taken, len(delivery.damaged)) == (1, 5)
    assert len(spool.waiting()) == 5


def test_half_written_files_are_swept_when_old(tmp_path: Path, url: str) -> None:
    """What a killed writer left goes; what a living one writes stays."""
    spool = Spool(str(tmp_path / "spool"), HERE)
    spool.put(record(1))
    old, young = Path(spool.folder, "a.json.1.aa"), Path(spool.folder, "b.json.2.bb")
    for path in (old, young):
        path.write_text("{")
    os.utime(old, (1, 1))
    assert ABANDONED_S < 1e9
    spool.deliver(open_store(url))
    assert [path.name for path in Path(spool.folder).iterdir()] == [young.name]


def test_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    """A write that the system refuses leaves no file behind and says where."""
    program = (
        "import resource, sys\n"
        "from cigate.errors import StoreError\n"
        "from cigate.spool import Spool\n"
        "from tests.stores.samples import record\n"
        "spool = Spool(sys.argv[1], 'sqlite:///here.sqlite')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "try:\n    spool.put(record(1))\n"
        "except StoreError as error:\n    print(error)\n"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 10
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "cannot be written: File too large" in ran.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
