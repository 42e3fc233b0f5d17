"""An object store as the team's store of builds: every command, as a user types it, on a real S3 server."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from cigate.cli import main
from cigate.providers import PROVIDERS
from cigate.stores import open_store, schema
from cigate.stores.sql import SqlStore
from tests.repo import Repo
from tests.servers import Bucket, free_port
from tests.train_data import make_records

Said = pytest.CaptureFixture[str]


@pytest.fixture
def url(seaweedfs: Bucket, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    made = seaweedfs.create()
    monkeypatch.setenv("CIGATE_STORE", made)
    return made


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    made = Repo.init(tmp_path / "work")
    for n in range(3):
        made.commit({f"{n}.py": "x\n"}, author="ann")
    monkeypatch.chdir(made.path)
    for name in [provider.MARK for provider in PROVIDERS.values()] + ["CIGATE_AUTHOR"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CIGATE_AUTHOR_KEY", "k")
    return made


def record(run: str, *more: str) -> int:
    return main(["record", "--status", "failure", "--run", run, *more])


def test_a_pipeline_records_into_a_bucket(repo: Repo, url: str, capsys: Said) -> None:
    """Once each, with the commits that are new, also after compacting; a green re-run shows a flaky one."""
    assert record("1", "--head", "HEAD~2") == 0
    assert main(["compact"]) == 0
    assert record("2", "--head", "HEAD") == 0
    assert record("2", "--head", "HEAD") == 0
    assert "recorded before" in capsys.readouterr().out
    assert main(["compact"]) == 0
    assert f"compacted  2 objects into 1 in {url}\n" in capsys.readouterr().out
    assert main(["record", "--status", "success", "--run", "2", "--attempt", "2"]) == 0
    assert "flaky     local/2/1/ failed on this very commit" in capsys.readouterr().out
    found = list(open_store(url).read())
    assert [(r.id, len(r.change.commits)) for r in found] == [
        ("local/1/1/", 1),
        ("local/2/1/", 2),
        ("local/2/2/", 2),
    ]


def test_a_bucket_that_is_away_gets_its_record_later(
    repo: Repo, seaweedfs: Bucket, url: str, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """The step succeeds with one line, `cigate flush` delivers, once; a forgotten author is nowhere."""
    assert record("1") == 0
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    capsys.readouterr()
    assert record("2", "--deadline", "2") == 0
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)
    assert f"not delivered: the store {url}" in said.err
    assert seaweedfs.environment["AWS_SECRET_ACCESS_KEY"] not in said.err
    monkeypatch.setenv("AWS_ENDPOINT_URL", seaweedfs.environment["AWS_ENDPOINT_URL"])
    for _ in range(2):
        assert main(["flush"]) == 0
    assert f"delivered  1 to {url}, 1 of them new there" in capsys.readouterr().out
    assert main(["forget-author", "ann@example.invalid"]) == 0
    assert capsys.readouterr().out.startswith("forgotten  in ")  # one change, where both fell into one second
    assert [(r.id, r.change.author) for r in open_store(url).read()] == [
        ("local/1/1/", ""),
        ("local/2/1/", ""),
    ]


def test_a_nightly_job_trains_from_a_bucket(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """The very model that the same builds in a database give; compacting changes nothing of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    records = make_records(300)
    for start in range(0, 300, 50):
        open_store(url).append(records[start : start + 50])
    database = f"sqlite:///{tmp_path}/builds.sqlite"
    open_store(database).append(records)
    assert main(["retrain", "--store", database, "--publish", "models"]) == 0
    assert "published: " in capsys.readouterr().out
    assert main(["compact"]) == 0
    assert main(["retrain", "--publish", "models"]) == 0
    assert "already the latest" in capsys.readouterr().out


def test_a_database_gets_its_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    """Once and for good, so that a job may always do it; without a store it asks for one."""
    for _ in range(2):
        assert main(["compact", "--store", f"sqlite:///{tmp_path}/builds.sqlite"]) == 0
    expected = f"tables     of version {len(schema.STEPS)} in sqlite:///{tmp_path}/builds.sqlite\n"
    assert capsys.readouterr().out == expected * 2
    store = open_store(f"sqlite:///{tmp_path}/builds.sqlite")
    assert isinstance(store, SqlStore)
    store.append(make_records(3))
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE builds SET pushed_at = NULL"))  # as builds of older tables are
    for filled in ("filled in  when 3 builds of before were pushed: a training reads them faster\n", ""):
        assert main(["compact", "--store", f"sqlite:///{tmp_path}/builds.sqlite"]) == 0
        assert capsys.readouterr().out == expected + filled
    monkeypatch.delenv("CIGATE_STORE", raising=False)
    assert main(["compact"]) == 2
    assert "no store of builds is named" in capsys.readouterr().err
