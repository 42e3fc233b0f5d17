"""Builds in an object store: many who write, join and read at once lose nothing and double nothing."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cigate.errors import StoreError
from cigate.forgetting import record_without
from cigate.stores import compacting, merging, open_store
from cigate.stores.bucket import Bucket
from cigate.stores.objects import ObjectStore
from tests.servers import PASSWORD, free_port
from tests.servers import Bucket as Server
from tests.stores.conftest import fresh_url
from tests.stores.samples import record

ROOT = Path(__file__).resolve().parents[2]
MONTH_S = 31 * 86400


@pytest.fixture(params=["s3", "folder"])
def url(request: pytest.FixtureRequest) -> str:
    return fresh_url(request.param, request)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "builds here"


def at(folder: Path) -> ObjectStore:
    return ObjectStore(f"file://{str(folder).replace(' ', '%20')}")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_compacting_changes_only_the_number_of_objects(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds of two months, one by one and in batches, become as many objects as they need."""
    monkeypatch.setattr(compacting, "PIECE", 10)
    store = ObjectStore(url)
    made = [record(n, finished_at=1_600_000_000 + n * MONTH_S // 20) for n in range(30)]
    for one in made[:4]:
        store.append([one])
    for start in range(4, 30, 5):
        store.append(made[start : start + 5])
    went, came = store.compact()
    assert went - came == 6
    assert len(store._parts()) == 4
    assert list(store.read()) == made
    assert list(ObjectStore(url).read(since=made[7].finished_at)) == made[7:]
    assert store.append(made) == 0
    assert store.compact() == (0, 0)
    store.append([record(99)])
    assert ObjectStore(url).count().builds == 31


def test_pruning_deletes_what_is_old_and_nothing_else(url: str) -> None:
    """Alone, in batches that hold both, joined or not, and of the repository that is named."""
    made = [record(n) for n in range(12)]
    web, other = ObjectStore(url), ObjectStore(url)
    web.repository, other.repository = "team/web", "team/other"
    for start in range(3):
        web.append(made[start : start + 1])
    web.append(made[3:9])
    web.append(made[9:])
    other.append(made)
    before = made[5].finished_at
    assert web.count_old(before) == 5
    assert sorted(web.prune(before)) == [(1, 1), (1, 1), (1, 1), (2, 1)]
    assert list(web.prune(before)) == []
    assert (web.count_old(before), list(web.read()), list(other.read())) == (0, made[5:], made)
    assert web.compact()[1] == 1
    everything = ObjectStore(url)
    assert everything.count_old(made[7].finished_at) == 2 + 7
    assert sum(builds for builds, _ in everything.prune(made[7].finished_at)) == 2 + 7
    assert [r.id for r in ObjectStore(url).read()] == [r.id for r in made[7:] for _ in "xx"]
    assert [builds for builds, _ in everything.prune(2**40)] == [5, 5]
    assert list(ObjectStore(url).read()) == []


def test_pruning_goes_on_where_objects_are_joined_meanwhile(folder: Path) -> None:
    """What was listed is gone: its old builds are in another object, which is pruned instead."""
    store = at(folder)
    made = [record(n) for n in range(6)]
    for one in made:
        store.append([one])
    portions = store.prune(made[4].finished_at)
    assert next(portions) == (1, 1)
    assert at(folder).compact() == (5, 1)
    assert list(portions)[-1] == (3, 1)
    assert list(at(folder).read()) == made[4:]


def test_compacting_keeps_repositories_apart(url: str) -> None:
    """Their objects are joined each with its own, and each build stays where it was."""
    stores = [ObjectStore(url) for _ in range(3)]
    for store, repository in zip(stores, ("", "o/a", "o/b"), strict=True):
        store.repository = repository
        for n in range(3):
            store.append([record(n)])
    assert ObjectStore(url).compact() == (9, 3)
    assert [list(store.read()) for store in stores[1:]] == [[record(n) for n in range(3)]] * 2
    assert ObjectStore(url).count().builds == 9


def test_a_stream_goes_on_while_its_objects_are_joined(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was listed is gone, and what took its place is read from there on."""
    monkeypatch.setattr(merging, "AT_ONCE", 2)
    store = ObjectStore(url)
    for n in range(20):
        store.append([record(n)])
    stream = store.read()
    first = next(stream)
    assert ObjectStore(url).compact() == (20, 1)
    assert [first, *stream] == [record(n) for n in range(20)]


def test_builds_that_two_wrote_at_once_are_one(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each had looked before the other wrote; the one that ended first counts, also after joining."""
    early, late = record(1), record(1, finished_at=record(1).finished_at + MONTH_S, outcome="errored")
    stores = [ObjectStore(url), ObjectStore(url)]
    for store, mine in zip(stores, ([late, record(2)], [early, record(3)]), strict=True):
        monkeypatch.setattr(store, "_known", set[bytes])
        assert store.append(mine) == 2
    for _ in range(2):
        assert list(ObjectStore(url).read()) == [early, record(2), record(3)]
        assert ObjectStore(url).read_commit(early.change.head) == [early]
        assert ObjectStore(url).count().builds == 3
        assert ObjectStore(url).append([late]) == 0
        ObjectStore(url).compact()


def test_interrupted_joining_doubles_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is killed before the old objects went has lost nothing; the next one removes them."""
    store = at(folder)
    for n in range(5):
        store.append([record(n)])
    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "delete", lambda self, names: None)
        store.compact()
    assert len(files(folder)) == 6
    assert list(at(folder).read()) == [record(n) for n in range(5)]
    assert at(folder).count().builds == 5
    at(folder).compact()
    assert len(files(folder)) == 1
    assert list(at(folder).read()) == [record(n) for n in range(5)]


def test_many_write_join_and_read_at_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three who write, two who join, one who reads: in the end every build is there, once."""
    monkeypatch.setattr(compacting, "PIECE", 7)
    over = threading.Event()
    failed: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def write(first: int) -> None:
        store = ObjectStore(url)
        for n in range(first, first + 30, 3):
            store.append([record(n)])
            store.append([record(n), record(n + 1), record(n + 2), record(0)])

    def join() -> None:
        while not over.is_set():
            ObjectStore(url).compact()

    def read() -> None:
        most = 0
        while not over.is_set():
            found = [r.id for r in ObjectStore(url).read()]
            assert len(found) == len(set(found)) >= most
            most = len(found)

    writers = [guarded(lambda first=first: write(first)) for first in (0, 30, 60)]  # type: ignore[misc]
    others = [guarded(join), guarded(join), guarded(read)]
    for thread in writers:
        thread.join()
    over.set()
    for thread in others:
        thread.join()
    assert not failed
    assert list(ObjectStore(url).read()) == [record(n) for n in range(90)]


def test_killed_writers_and_joiners_lose_and_double_nothing(folder: Path) -> None:
    """At whatever moment: what was acknowledged is there, once."""
    program = (
        "import sys; from tests.stores.samples import record\n"
        "from cigate.stores.objects import ObjectStore\n"
        "store = ObjectStore(sys.argv[1])\n"
        "for n in range(int(sys.argv[2]), int(sys.argv[2]) + 1000):\n"
        "    store.append([record(n)])\n"
        "    print(n, flush=True)\n"
        "    if n % 5 == 4: store.compact()\n"
    )
    chance = random.Random(7)
    acknowledged: set[str] = set()
    for turn in range(6):
        command = [sys.executable, "-c", program, at(folder).shown, str(turn * 1000)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged.add(f"test/{writer.stdout.readline().strip()}/1/")
            time.sleep(chance.uniform(0.0, 0.2))
            writer.kill()
            acknowledged |= {f"test/{n}/1/" for n in writer.stdout.read().split()}
    for _ in range(2):
        there = [r.id for r in at(folder).read()]
        assert acknowledged <= set(there)
        assert len(there) == len(set(there))
        at(folder).compact()


def test_forgotten_stays_forgotten_where_an_old_object_comes_back(folder: Path) -> None:
    """Somebody who joined objects meanwhile wrote the author again: the forgotten build counts."""
    store = at(folder)
    store.append([record(1), record(2)])
    (old,) = files(folder)
    content = old.read_bytes()
    author = record(1).change.author
    assert store.forget_author(author) == 2
    assert not old.exists()
    old.write_bytes(content)
    expected = [record_without(record(n), author) for n in (1, 2)]
    assert list(at(folder).read()) == expected
    at(folder).compact()
    assert list(at(folder).read()) == expected
    assert len(files(folder)) == 1


def test_reading_makes_no_folder(folder: Path) -> None:
    """A question leaves no trace."""
    assert list(at(folder).read()) == []
    assert at(folder).count().builds == 0
    assert not folder.exists()


def test_strangers_in_the_folder_are_left_alone(folder: Path) -> None:
    """A file that cigate did not make is neither read nor removed."""
    store = at(folder)
    store.append([record(1)])
    stranger = folder / "builds" / "2020" / "notes.txt"
    stranger.write_text("mine")
    store.append([record(2)])
    store.compact()
    assert list(at(folder).read()) == [record(1), record(2)]
    assert stranger.read_text() == "mine"


@pytest.mark.parametrize("harm", ["altered", "truncated", "empty"])
def test_a_damaged_object_is_told(folder: Path, harm: str) -> None:
    """Reading stops with what to do; it is not skipped in silence."""
    at(folder).append(record(n) for n in range(300))
    (path,) = files(folder)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes({"altered": bytes(content), "truncated": bytes(content[:-200]), "empty": b""}[harm])
    with pytest.raises(StoreError, match="damaged") as caught:
        list(at(folder).read())
    assert "restore" in caught.value.hint


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=f"file://{tmp_path}/file/builds cannot be used") as caught:
        open_store(f"file://{tmp_path}/file/builds").append([record(1)])
    assert "\n" not in str(caught.value) + caught.value.hint


def test_server_that_is_down_or_refuses(seaweedfs: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line each, without a secret."""
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    url = seaweedfs.create()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD + "wrong")
    with pytest.raises(StoreError, match="refuses these credentials"):
        open_store(url).append([record(1)])
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(StoreError, match=f"{url} cannot be used") as caught:
        open_store(url, 1).append([record(1)])
    said = str(caught.value) + caught.value.hint
    assert "s3cret" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:hunter2@bucket/builds",
        "s3://bucket/builds?secret=hunter2",
        "s3://",
        "file://host-hunter2/builds",
        "file:///",
        "s3://[hunter2/builds",
    ],
)
def test_url_with_a_secret_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(StoreError, match="it is not shown") as caught:
        open_store(url)
    assert "hunter2" not in str(caught.value) + caught.value.hint


def test_without_obstore_it_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from cigate.errors import MissingExtra

    monkeypatch.setitem(sys.modules, "obstore", None)
    for name in [name for name in sys.modules if name.startswith("cigate.stores.") and "sql" not in name]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtra) as caught:
        open_store("s3://bucket/builds")
    assert caught.value.hint == "pip install 'cigate[s3]'"


def test_an_object_store_needs_no_library_for_databases(folder: Path) -> None:
    """Only the extra `s3` is installed: every command works, and what needs a database says so in words."""
    program = (
        "import sys; sys.modules['sqlalchemy'] = sys.modules['psycopg'] = None\n"
        "from cigate.cli import main\n"
        "from cigate.stores import open_store\n"
        "from tests.stores.samples import record\n"
        "assert open_store(sys.argv[1]).append([record(1), record(2)]) == 2\n"
        "words = ['compact'], ['prune', '--older-than', '1d'], ['export', '--out', 'out']\n"
        "sys.exit(str([main([*some, '--store', sys.argv[1]]) for some in words]))"
    )
    url = f"file://{str(folder).replace(' ', '%20')}?repository=o/r"
    ran = subprocess.run(
        [sys.executable, "-c", program, url], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stderr.splitlines()[-1] == "[0, 0, 3]", ran.stderr
    assert "pruned  2 builds and 1 objects" in ran.stdout
    assert "does not number its builds" in ran.stderr
