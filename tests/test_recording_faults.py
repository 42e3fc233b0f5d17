"""Nothing is lost and nothing doubled: databases that are down, hung or read-only, kills, many at once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest

from cigate.change import BuildRecord
from cigate.cli import main
from cigate.deadline import Deadline
from cigate.errors import StoreError
from cigate.providers import PROVIDERS
from cigate.spool import Spool
from cigate.stores import open_store
from cigate.stores.sql import SqlStore
from tests.repo import Repo
from tests.servers import Postgres, free_port
from tests.stores.samples import record

OWN = "sqlite:///.git/cigate/builds.sqlite"
SECRET = "s3cret"
KILLS = 200
RECORDS = 10_000
JOBS = 5


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    made = Repo.init(tmp_path / "work")
    for n in range(3):
        made.commit({f"{n}.py": "x\n"})
    monkeypatch.chdir(made.path)
    for provider in PROVIDERS.values():
        monkeypatch.delenv(provider.MARK, raising=False)
    monkeypatch.delenv("CIGATE_STORE", raising=False)
    return made


def runs(url: str) -> list[str]:
    """Return the run of each build in the store; one that is there twice would be listed twice."""
    store = open_store(url)
    found = [r.id.split("/")[1] for r in store.read()]
    store.close()
    return found


def waiting() -> list[Path]:
    return list(Path(".git/cigate/spool").rglob("*.json"))


def record_while_away(url: str, capsys: pytest.CaptureFixture[str], deadline_s: float = 2) -> str:
    """Record a build that the store cannot take, and return the one line that tells it."""
    words = ["--status", "failure", "--run", "2", "--store", url, "--deadline", str(deadline_s)]
    assert main(["record", *words]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "not delivered" in said.err
    assert "cigate flush" in said.err
    assert SECRET not in said.err
    assert len(waiting()) == 1
    return said.err


def deliver(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Flush twice: the waiting record arrives once."""
    for _ in range(2):
        assert main(["flush", "--store", url]) == 0
    assert "delivered  1 " in capsys.readouterr().out
    assert waiting() == []
    assert sorted(runs(url)) == ["1", "2"]


@pytest.fixture
def url(repo: Repo, postgres: Postgres, capsys: pytest.CaptureFixture[str]) -> str:
    """A database in which one build stands already."""
    url = postgres.create()
    assert main(["record", "--status", "success", "--run", "1", "--store", url]) == 0
    capsys.readouterr()
    return url


@contextmanager
def statement(postgres: Postgres, before: str, after: str) -> Iterator[None]:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(before.encode())
        try:
            yield
        finally:
            connection.execute(after.encode())


def test_server_that_is_down(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listens: the step succeeds with one line, and a second one finds its record waiting too."""
    url = f"postgresql://ann:{SECRET}@127.0.0.1:{free_port()}/ci"
    record_while_away(url, capsys)
    assert main(["record", "--status", "success", "--run", "3", "--store", url]) == 0
    assert "waits with 1 others" in capsys.readouterr().err
    assert len(waiting()) == 2
    assert main(["flush", "--store", url]) == 3
    assert SECRET not in capsys.readouterr().err


def test_database_that_refuses_connections(
    url: str, postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """It comes back, and the record arrives once."""
    name = url.rpartition("/")[2]
    with statement(
        postgres,
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS true",
    ):
        assert "not currently accepting connections" in record_while_away(url, capsys)
    deliver(url, capsys)


def test_database_that_is_read_only(url: str, postgres: Postgres, capsys: pytest.CaptureFixture[str]) -> None:
    """A replica answers questions and takes nothing."""
    name = url.rpartition("/")[2]
    with statement(
        postgres,
        f"ALTER DATABASE {name} SET default_transaction_read_only = on",
        f"ALTER DATABASE {name} RESET default_transaction_read_only",
    ):
        assert "read-only transaction" in record_while_away(url, capsys)
    deliver(url, capsys)


def test_database_whose_disk_is_full(
    repo: Repo, postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real disk without room under a real server: the record arrives when there is some again."""
    with small_disk(postgres) as (disk, url):
        assert main(["record", "--status", "success", "--run", "1", "--store", url]) == 0
        # A change that fits into no page that the tables have already.
        chance = random.Random(1)
        repo.commit({f"{chance.getrandbits(200):x}": f"{n}\n" for n in range(400)})
        fill(disk / "ballast")
        capsys.readouterr()
        assert "No space left on device" in record_while_away(url, capsys, deadline_s=30)
        (disk / "ballast").unlink()
        deliver(url, capsys)


@contextmanager
def small_disk(postgres: Postgres) -> Iterator[tuple[Path, str]]:
    """Give a disk of 20 MB, which the server's user can reach, and the URL of a database that lies on it."""
    with tempfile.TemporaryDirectory(prefix="cigate-disk-") as above:
        folder = Path(above, "disk")
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "none", str(folder)]
        if subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("this user may not mount a disk: only root can")
        try:
            shutil.chown(folder, "postgres")
            os.chmod(above, 0o711)
            yield from _database_on(folder, postgres)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def _database_on(folder: Path, postgres: Postgres) -> Iterator[tuple[Path, str]]:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{folder}'".encode())
        connection.execute("CREATE DATABASE small TEMPLATE template0 TABLESPACE small")
        try:
            yield folder, postgres.url("small")
        finally:
            connection.execute("DROP DATABASE small WITH (FORCE)")
            connection.execute("DROP TABLESPACE small")


def fill(path: Path) -> None:
    with open(path, "wb", buffering=0) as file, suppress(OSError):
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)


def test_table_that_is_locked(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A database that is busy with something else is waited for until the deadline, no longer."""
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE builds IN ACCESS EXCLUSIVE MODE")
        record_while_away(url, capsys, deadline_s=1)
    deliver(url, capsys)


def test_server_that_is_stopped(url: str, postgres: Postgres, capsys: pytest.CaptureFixture[str]) -> None:
    """SIGSTOP: connections are accepted by the kernel and nobody ever answers."""
    with psycopg.connect(url) as connection:
        master = parent(connection.info.backend_pid)
    again = [sys.executable, "-m", "cigate", "record", "--status", "failure", "--run", "2", "--deadline", "1"]
    with stopped(master):
        record_while_away(url, capsys, deadline_s=1)
        # The process must end as well, although a thread of it still waits.
        ran = subprocess.run([*again, "--store", url], capture_output=True, timeout=60, check=False)
    assert (ran.returncode, len(ran.stderr.splitlines())) == (0, 1)
    deliver(url, capsys)


def test_backend_that_is_stopped_in_the_middle(url: str) -> None:
    """A connection that was good a moment ago cannot hang the step; what ends late is not doubled."""
    store = open_store(url, 1)
    assert isinstance(store, SqlStore)
    with store.engine.connect() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    late = record(2, id="local/2/1/")
    with stopped(pid), pytest.raises(StoreError, match="has not answered within 1 s"):
        Deadline(1).run("the store", lambda: store.append([late]))
    open_store(url).append([late])
    assert sorted(runs(url)) == ["1", "2"]


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_locked_file_waits_in_the_spool(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """The embedded store can be busy too; the next record delivers what waited, and renews the history."""
    assert main(["record", "--status", "success", "--run", "1"]) == 0
    holder = sqlite3.connect(".git/cigate/builds.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    capsys.readouterr()
    assert "not delivered" in record_while_away(OWN.replace("///", f"///{repo.path}/"), capsys, 0.5)
    holder.close()
    assert main(["record", "--status", "success", "--run", "3"]) == 0
    assert waiting() == []
    assert sorted(runs(OWN)) == ["1", "2", "3"]


def run_limited(*words: str) -> subprocess.CompletedProcess[str]:
    """Run cigate where no file can grow: what a full disk does."""
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0));"
        "from cigate.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_full_disk_does_not_keep_a_record_from_a_server(url: str) -> None:
    """The spool cannot take it, the database can: one line, and it is there."""
    ran = run_limited("record", "--status", "failure", "--run", "2", "--store", url)
    assert ran.returncode == 0, ran.stderr
    assert "recorded  failed" in ran.stdout
    assert sorted(runs(url)) == ["1", "2"]


def test_full_disk_and_no_server_is_an_error(repo: Repo) -> None:
    """A record that nobody could keep must not look kept."""
    main(["record", "--status", "success", "--run", "1"])  # makes the author's key
    url = f"postgresql://ann:{SECRET}@127.0.0.1:{free_port()}/ci"
    ran = run_limited("record", "--status", "failure", "--run", "2", "--store", url)
    assert ran.returncode == 3
    assert "the build is not recorded" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert SECRET not in ran.stderr


def start(work: Callable[[], None]) -> int:
    """Run `work` in a process of its own and return its id; what it prints is thrown away."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        work()
        code = 0
    finally:
        os._exit(code)


def finish(pids: list[int]) -> list[int]:
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


@pytest.mark.slow
def test_kill_loses_and_doubles_nothing(repo: Repo) -> None:
    """Whatever moment a writer is killed at, every build that it called recorded is there, once.

    In turn the first build is cut short and the second, at a moment drawn from how long one takes.
    """
    chance = random.Random(KILLS)

    def work(n: int, ack: int) -> None:
        for k in range(50):
            assert main(["record", "--status", "success", "--run", f"{n}-{k}"]) == 0
            os.write(ack, f"{n}-{k}\n".encode())

    acknowledged: list[str] = []
    pace_s = 0.0
    for n in range(KILLS):
        said, ack = os.pipe()
        begun = time.monotonic()
        pid = start(partial(work, n, ack))
        os.close(ack)
        with open(said) as lines:
            if n % 2 == 0:
                acknowledged.append(lines.readline().strip())
                pace_s = time.monotonic() - begun
            time.sleep(chance.uniform(0.0, pace_s))
            os.kill(pid, signal.SIGKILL)
            finish([pid])
            acknowledged += lines.read().split()
    if waiting():
        assert main(["flush"]) == 0
    there = runs(OWN)
    assert len(acknowledged) >= KILLS / 2
    assert set(acknowledged) <= set(there)
    assert len(there) == len(set(there))
    assert waiting() == []


def builds_of(writer: int, number: int) -> list[BuildRecord]:
    return [record(writer * 1000 + n) for n in range(number)]


def write_through_spool(url: str, folder: Path, writer: int, number: int) -> None:
    """Put builds one by one and deliver them some at a time, as pipelines of that many jobs would."""
    store = open_store(url, 30)
    spool = Spool(str(folder / str(writer)), store.shown)
    for done, build in enumerate(builds_of(writer, number), 1):
        spool.put(build)
        if done % JOBS == 0:
            with suppress(StoreError):
                spool.deliver(store)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "writers"), [("sqlite", 16), ("postgresql", 200)])
def test_many_writers_lose_none_of_ten_thousand_records(
    kind: str, writers: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """More than the server has connections for, too: those wait in their spool, and arrive at the end."""
    number = RECORDS // writers
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/builds.sqlite"
    else:
        url = request.getfixturevalue("postgres").create()
    codes = finish(
        [start(partial(write_through_spool, url, tmp_path, writer, number)) for writer in range(writers)]
    )
    assert set(codes) == {0}
    store = open_store(url)
    for writer in range(writers):
        Spool(str(tmp_path / str(writer)), store.shown).deliver(store)
    assert {r.id for r in store.read()} == {b.id for w in range(writers) for b in builds_of(w, number)}
    assert store.count().builds == RECORDS


def test_sixteen_writers_on_sqlite(repo: Repo) -> None:
    """Sixteen pipelines that end at once on one machine lose none of their builds."""

    def work(writer: int) -> None:
        for n in range(3):
            words = ["--status", "success", "--run", f"{writer}-{n}", "--deadline", "60"]
            assert main(["record", *words]) == 0

    assert set(finish([start(partial(work, w)) for w in range(16)])) == {0}
    assert sorted(runs(OWN)) == sorted(f"{w}-{n}" for w in range(16) for n in range(3))
    assert waiting() == []
