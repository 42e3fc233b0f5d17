"""An author can be left out from the start, or taken out afterwards; nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from cigate.change import BuildRecord
from cigate.cli import main
from cigate.forgetting import names, record_without, without
from cigate.identity import pseudonym
from cigate.places import given_key
from cigate.providers import PROVIDERS
from cigate.stores import open_store
from cigate.stores.sql import SqlStore
from tests.repo import Repo
from tests.servers import free_port
from tests.stores.samples import record, strange_record

OWN = "sqlite:///.git/cigate/builds.sqlite"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    made = Repo.init(tmp_path / "work")
    made.commit({"a": "1"}, author="ann")
    made.commit({"a": "2"}, author="bob")
    monkeypatch.chdir(made.path)
    monkeypatch.setenv("CIGATE_AUTHOR_KEY", "k")
    for name in [provider.MARK for provider in PROVIDERS.values()] + ["CIGATE_STORE", "CIGATE_AUTHOR"]:
        monkeypatch.delenv(name, raising=False)
    return made


def stored() -> list[BuildRecord]:
    store = open_store(OWN)
    found = list(store.read())
    store.close()
    return found


def key_of(name: str) -> str:
    return pseudonym(f"{name}@example.invalid".encode(), given_key({"CIGATE_AUTHOR_KEY": "k"}))


def build(repo: Repo, rev: str, run: str, *more: str) -> None:
    assert main(["record", "--status", "failure", "--run", run, "--head", rev, *more]) == 0


def test_only_the_one_author_goes() -> None:
    """Every other field stays, whatever it holds."""
    for one in (record(1), strange_record()):
        author = one.change.commits[0].author
        if author:
            assert names(one.change, author)
            assert not names(without(one.change, author), author)
        assert record_without(one, "0" * 16) == one


def test_off_keeps_nobody(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither import nor record keeps an author, and no key is needed."""
    monkeypatch.setenv("CIGATE_AUTHOR", "off")
    monkeypatch.delenv("CIGATE_AUTHOR_KEY")
    build(repo, "HEAD~1", "1")
    rows = f"build_id,commit_sha,branch,status,started_at\n2,{repo.head()},main,failed,1700000000\n"
    Path("builds.csv").write_text(rows)
    assert main(["import", "csv", "builds.csv"]) == 0
    assert [(r.change.author, {c.author for c in r.change.commits}) for r in stored()] == [("", {""})] * 2
    assert not Path(".git/cigate/author.key").exists()


def test_forgotten_author_is_nowhere(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """Not in a record, not in a change that nobody points at, not in the history; others stay."""
    for run, head in (("1", "HEAD~1"), ("2", "HEAD"), ("3", "HEAD~1")):
        build(repo, head, run, "--started-at", f"170000000{run}")
    before = stored()
    history = Path(".git/cigate/history.bin").read_bytes()
    capsys.readouterr()
    assert main(["forget-author", "Ann@Example.Invalid"]) == 0
    said = capsys.readouterr().out
    assert "in 2 changes" in said
    assert "ann" not in said.lower().replace("cannot", "")
    assert stored() == [record_without(r, key_of("ann")) for r in before]
    assert {c.author for r in stored() for c in r.change.commits} == {"", key_of("bob")}
    assert Path(".git/cigate/history.bin").read_bytes() != history
    store = open_store(OWN)
    assert isinstance(store, SqlStore)
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM changes")).scalar_one() == 3
    assert main(["forget-author", "ann@example.invalid"]) == 0
    assert "in 0 changes" in capsys.readouterr().out


def test_waiting_records_forget_too(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """What is delivered later must not bring the author back; a store that is away is told."""
    url = f"postgresql://127.0.0.1:{free_port()}/ci"
    build(repo, "HEAD~1", "1", "--store", url)
    (file,) = Path(".git/cigate/spool").rglob("*.json")
    assert key_of("ann") in file.read_text()
    assert main(["forget-author", "ann@example.invalid", "--store", url]) == 3
    assert key_of("ann") not in file.read_text()
    assert "ann@" not in capsys.readouterr().err


def test_without_the_key_nobody_can_be_found(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Forgetting nobody must not look like success."""
    monkeypatch.delenv("CIGATE_AUTHOR_KEY")
    assert main(["forget-author", "ann@example.invalid"]) == 2
    assert "CIGATE_AUTHOR_KEY" in capsys.readouterr().err


SECRET = "hunter2"
URLS = [
    f"postgresql://ann:{SECRET}@127.0.0.1:1/ci",
    f"postgresql://ann:{SECRET}@127.0.0.1:port/ci",
    f"postgresql://ann:{SECRET}@127.0.0.1:99999/ci",
    f"postgresql://ann:{SECRET}@@127.0.0.1:1/ci",
    f"postgresql://ann:/{SECRET}@127.0.0.1:1/ci",
    f"postgresql://ann:{SECRET}@127.0.0.1:1",
    f"postgresql://127.0.0.1:1/ci?password={SECRET}",
    f"postgresql://127.0.0.1:1/ci?sslpassword={SECRET}&sslmode=nonsense",
    f"postgresql://ann:{SECRET}@127.0.0.1:1/ci?{SECRET}=1",
    f"postgresql://ann:{SECRET}@127.0.0.1:1/ci?connect_timeout={SECRET}",
    f"postgres:/ann:{SECRET}@127.0.0.1:1/ci",
    f"mysql://ann:{SECRET}@127.0.0.1/ci",
    f"sqlite://ann:{SECRET}@127.0.0.1/ci",
    f"ann:{SECRET}@127.0.0.1",
    SECRET,
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("debug", ["", "1"], ids=["plain", "debug"])
def test_no_output_holds_a_password(
    repo: Repo, url: str, debug: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is wrong with a URL, and however it is given, nothing that is printed repeats it."""
    monkeypatch.setenv("CIGATE_DEBUG", debug)
    words = ["record", "--status", "success", "--run", "1", "--deadline", "1"]
    main([*words, "--store", url])
    if url != SECRET:  # a bare word is no more secret than any other
        main([*words, f"--stores={url}"])
        main(["flush", url])
    main(["flush", "--store", url])
    main(["forget-author", "ann@example.invalid", "--store", url])
    main(["train", "--store", url])
    monkeypatch.setenv("CIGATE_STORE", url)
    main(words)
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err
    assert "cigate broke" not in said.err
    for path in Path(".git/cigate").rglob("*"):
        assert SECRET not in str(path)
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()
