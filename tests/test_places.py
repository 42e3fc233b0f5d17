"""State lives in the common git directory, and everybody agrees on the key there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cigate import places
from cigate.errors import GitError
from cigate.git import Repository
from cigate.identity import pseudonym
from tests.repo import Repo


def test_worktrees_share_all_state(tmp_path: Path) -> None:
    """A linked worktree uses the store, model and key of its main one."""
    main = Repo.init(tmp_path / "main")
    main.commit({"a": "1"})
    linked = main.worktree(tmp_path / "linked", "-b", "other")
    here, there = (Repository.open(str(repo.path)) for repo in (main, linked))
    assert places.state_dir(there) == places.state_dir(here) == str(main.path / ".git" / "cigate")
    assert places.store_url(there) == f"sqlite:///{main.path}/.git/cigate/builds.sqlite"
    assert places.model_dir(here) == str(main.path / ".git" / "cigate" / "model")
    assert places.history_path(here) == str(main.path / ".git" / "cigate" / "history.bin")


class Somewhere:
    """A repository, as far as places care."""

    def __init__(self, common_dir: Path) -> None:
        self.common_dir = str(common_dir)


def test_key_is_made_once_and_only_when_asked(tmp_path: Path) -> None:
    """Reading alone leaves no trace; the key that is made stays, and is its owner's alone."""
    repo = Somewhere(tmp_path)
    assert places.author_key(repo, {}) == b""
    assert list(tmp_path.iterdir()) == []
    made = places.author_key(repo, {}, create=True)
    assert len(made) == 64
    assert places.author_key(repo, {}) == places.author_key(repo, {}, create=True) == made
    assert os.listdir(tmp_path / "cigate") == ["author.key"]
    assert (tmp_path / "cigate" / "author.key").stat().st_mode & 0o777 == 0o600


def test_key_of_the_environment_wins(tmp_path: Path) -> None:
    """The text of one machine's key file gives the same pseudonyms on another."""
    made = places.author_key(Somewhere(tmp_path), {}, create=True)
    text = (tmp_path / "cigate" / "author.key").read_text()
    other = places.author_key(Somewhere(tmp_path / "other"), {places.KEY_VARIABLE: text}, create=True)
    assert other == made
    assert pseudonym(b"ann@example.invalid", other) == pseudonym(b"ann@example.invalid", made)
    assert not (tmp_path / "other").exists()


def test_empty_variable_counts_as_none(tmp_path: Path) -> None:
    """A CI secret that a fork does not get is an empty string, not a key."""
    assert places.author_key(Somewhere(tmp_path), {places.KEY_VARIABLE: " "}) == b""


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    """Whoever comes second takes the first one's key, and no temporary file is left."""
    program = (
        "import sys; from cigate import places\n"
        "class Repo: common_dir = sys.argv[1]\n"
        "sys.stdin.read()\n"
        "print(places.author_key(Repo, {}, create=True).decode())"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    keys = {process.communicate(timeout=30)[0] for process in started}
    assert keys == {(tmp_path / "cigate" / "author.key").read_text()}
    assert os.listdir(tmp_path / "cigate") == ["author.key"]


def test_file_system_without_links_still_gets_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a name cannot be linked, the finished file is renamed."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    made = places.author_key(Somewhere(tmp_path), {}, create=True)
    assert places.author_key(Somewhere(tmp_path), {}) == made != b""
    assert os.listdir(tmp_path / "cigate") == ["author.key"]


def test_unusable_key_is_told(tmp_path: Path) -> None:
    """A key that cannot be read is no empty key: pseudonyms would silently change."""
    (tmp_path / "cigate" / "author.key").mkdir(parents=True)
    with pytest.raises(GitError, match=r"author key .* cannot be used") as caught:
        places.author_key(Somewhere(tmp_path), {})
    assert places.KEY_VARIABLE in caught.value.hint
