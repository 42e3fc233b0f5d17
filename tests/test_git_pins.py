"""Nothing a user, a checkout or an environment sets changes a number or starts a program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cigate.change import Commit
from cigate.errors import GitError
from cigate.git import Repository
from tests.repo import Repo, clean_environment

LINES = [f"line {n}\n" for n in range(30)]

SETTINGS = {
    "color.ui": "always",
    "color.diff": "always",
    "core.abbrev": "7",
    "core.bigFileThreshold": "1",
    "core.fsmonitor": "{trap}",
    "core.logAllRefUpdates": "always",
    "core.pager": "{trap}",
    "core.quotePath": "false",
    "core.whitespace": "-trailing-space",
    "core.attributesFile": "{attributes}",
    "diff.algorithm": "patience",
    "diff.colorMoved": "zebra",
    "diff.context": "0",
    "diff.dirstat": "files,10",
    "diff.external": "{trap}",
    "diff.ignoreSubmodules": "all",
    "diff.indentHeuristic": "false",
    "diff.interHunkContext": "9",
    "diff.mnemonicPrefix": "true",
    "diff.noprefix": "true",
    "diff.odd.binary": "true",
    "diff.odd.command": "{trap}",
    "diff.odd.textconv": "{trap}",
    "diff.orderFile": "/nowhere/at/all",
    "diff.relative": "true",
    "diff.renameLimit": "1",
    "diff.renames": "copies",
    "diff.submodule": "log",
    "diff.suppressBlankEmpty": "true",
    "diff.wordRegex": ".",
    "diff.wsErrorHighlight": "all",
    "format.notes": "*",
    "format.pretty": "fuller",
    "gpg.program": "{trap}",
    "i18n.commitEncoding": "ISO-8859-1",
    "i18n.logOutputEncoding": "UTF-16",
    "log.abbrevCommit": "true",
    "log.date": "relative",
    "log.decorate": "full",
    "log.diffMerges": "off",
    "log.follow": "true",
    "log.mailmap": "true",
    "log.showRoot": "false",
    "log.showSignature": "true",
    "mailmap.file": "{mailmap}",
    "pager.log": "true",
    "submodule.recurse": "true",
    "submodule.sub.ignore": "all",
}

ENVIRONMENT = {
    "GIT_ATTR_SOURCE": "HEAD",
    "GIT_DIFF_OPTS": "-u0",
    "GIT_EXTERNAL_DIFF": "{trap}",
    "GIT_INDEX_FILE": "/nowhere/index",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_PAGER": "{trap}",
    "LANGUAGE": "de",
    "LC_ALL": "C",
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Return a repository in which each setting would have something to spoil."""
    made = Repo.init(tmp_path / "work")
    made.commit({"a.py": "".join(LINES), "b.bin": "\0\1", "caf\u00e9 z.py": "1\n", "sub dir/c": "1\n"})
    made.commit({"a.py": "".join(LINES[:20] + LINES[5:15]), "copy.py": "".join(LINES)})
    made.commit({"a.py": None, "moved.py": "".join(LINES[:19] + LINES[5:15])}, message="caf\u00e9")
    made.commit({"x": "a b\n", "y": "e\nc\na\na\n", "m1": "".join(LINES), "m2": "".join(LINES[:20])})
    moved = {"n1": "".join(LINES[:29]), "n2": "".join(LINES[1:20])}
    made.commit({"y": "a\nd\na\nc\n", "m1": None, "m2": None, **moved})
    for oid in ("1" * 40, "2" * 40):
        made.git("update-index", "--add", "--cacheinfo", f"160000,{oid},sub")
        made.git("commit", "-q", "-m", "sub")
    made.git("rm", "-q", "--cached", "sub")
    made.commit({"x": "a  b\n\n"}, author="bea")
    made.checkout("side", "HEAD~1")
    made.commit({"side.py": "1\n2\n"})
    made.checkout("main")
    made.merge("side")
    _sign(made)
    made.git("notes", "add", "-m", "note", "HEAD")
    made.git("tag", "-a", "-m", "t", "v1")
    return made


def _sign(repo: Repo) -> None:
    """Give the last commit a signature, which only `gpg.program` could check."""
    head, _, message = repo.git("cat-file", "commit", "HEAD").partition("\n\n")
    signed = f"{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n{message}"
    oid = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=signed.encode())
    repo.git("reset", "-q", "--hard", oid)


def _read(repo: Repo, **env: str) -> list[Commit]:
    opened = Repository.open(str(repo.path), b"", clean_environment() | env)
    refs = [repo.head(name) for name in ("main", "side")]
    live = sorted(opened.start_reading(refs).commits(), key=lambda c: c.sha)
    bulk = [c for c in opened.read_commits(all_refs=True) if not c.subject.startswith("Notes")]
    assert sorted(bulk, key=lambda c: c.sha) == live
    assert opened.missing == 0
    return live


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Path]:
    """Yield a program that leaves a trace if anything starts it; at the end there must be none."""
    program, trace = tmp_path / "trap", tmp_path / "sprung"
    program.write_text(f"#!/bin/sh\necho \"$0 $*\" >>'{trace}'\necho trapped\n")
    program.chmod(0o755)
    yield program
    assert not trace.exists(), trace.read_text()


def _fill(value: str, trap: Path) -> str:
    attributes = trap.with_name("attributes")
    attributes.write_text("* diff=odd\n*.py binary\n")
    mailmap = trap.with_name("mailmap")
    mailmap.write_text("One <one@example.invalid> <ann@example.invalid>\n")
    return value.format(trap=trap, attributes=attributes, mailmap=mailmap)


def test_configuration_changes_nothing(repo: Repo, trap: Path, tmp_path: Path) -> None:
    """Every setting that touches log, diff, attributes or encoding, all at once."""
    before = _read(repo)
    assert {f.status for c in before for f in c.files} == {"A", "D", "M", "R"}
    for name, value in SETTINGS.items():
        repo.set(name, _fill(value, trap))
    env = {name: _fill(value, trap) for name, value in ENVIRONMENT.items()}
    assert _read(repo, **env) == before
    for at, (name, value) in enumerate(SETTINGS.items()):
        env |= {f"GIT_CONFIG_KEY_{at}": name, f"GIT_CONFIG_VALUE_{at}": _fill(value, trap)}
    env["GIT_CONFIG_COUNT"] = str(len(SETTINGS))
    assert _read(repo, **env) == before


def test_attributes_of_the_checkout_change_nothing(repo: Repo, trap: Path) -> None:
    """What happens to be checked out must not count: a bare repository has no checkout at all."""
    before = _read(repo)
    repo.set("diff.odd.textconv", str(trap))
    repo.set("diff.odd.command", str(trap))
    for folder in ("", "sub dir"):
        attributes = repo.path / folder / ".gitattributes"
        attributes.write_text("*.py binary\n* diff=odd\nb.bin diff -binary\nc -diff\n")
    assert _read(repo) == before
    repo.git("add", "-A")
    assert _read(repo) == before


def test_attributes_of_the_repository_start_nothing(repo: Repo, trap: Path) -> None:
    """$GIT_DIR/info/attributes cannot be turned off, but it runs no program."""
    repo.set("diff.odd.textconv", str(trap))
    repo.set("diff.odd.command", str(trap))
    before = _read(repo)
    info = repo.path / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("* diff=odd\n")
    assert _read(repo) == before


def test_replaced_and_grafted_commits_are_seen_as_they_are(repo: Repo) -> None:
    """A push sends the real objects, whatever a user likes to look at instead."""
    before = _read(repo)
    repo.git("replace", "main~1", "main~3")
    repo.git("replace", repo.head("main:x"), repo.head("main:side.py"))
    info = repo.path / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "grafts").write_text(f"{repo.head('main')}\n")
    after = [c for c in _read(repo) if c.sha in {b.sha for b in before}]
    assert after == before


def test_core_worktree_changes_nothing(repo: Repo, tmp_path: Path) -> None:
    """A work tree that is named in the configuration is still no source of attributes."""
    before = _read(repo)
    (repo.path / ".gitattributes").write_text("* binary\n")
    for place in (repo.path, tmp_path):
        repo.git("config", "core.worktree", str(place))
        assert _read(repo) == before


def test_broken_setting_is_an_error_and_not_an_empty_answer(repo: Repo) -> None:
    """What git refuses to work with is passed on in its words."""
    repo.set("diff.renames", "perhaps")
    with pytest.raises(GitError, match=r"diff\.renames"):
        _read(repo)


def test_messages_stay_english(repo: Repo) -> None:
    """The hint for a repository without trust depends on reading what git says."""
    env = clean_environment() | {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}
    assert os.environ.get("LC_ALL") != "de_DE.UTF-8"
    opened = Repository.open(str(repo.path), env=env)
    said = opened.run(["-c", "alias.e=!env", "e"]).decode().splitlines()
    assert "LC_ALL=C" in said
