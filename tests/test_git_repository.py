"""A Repository is the one that git means, wherever cigate is started from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cigate.errors import GitError
from cigate.git import Repository
from tests.repo import Repo, clean_environment

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo.init(tmp_path / "work")
    made.commit({"a.py": "x\n"})
    return made


def _places(repo: Repository) -> tuple[str, str, str | None]:
    return repo.git_dir, repo.common_dir, repo.top


def _open(path: Path, **env: str) -> Repository:
    return Repository.open(str(path), env=clean_environment() | env)


def test_open_finds_the_repository_from_a_folder_inside(repo: Repo) -> None:
    """The root, the git directory and the hash are known after one process."""
    (repo.path / "deep" / "er").mkdir(parents=True)
    opened = _open(repo.path / "deep" / "er")
    git_dir = str(repo.path / ".git")
    assert _places(opened) == (git_dir, git_dir, str(repo.path))
    assert (opened.path, opened.hash_bytes, opened.shallow) == (str(repo.path), 20, False)


def test_open_inside_the_git_directory(repo: Repo) -> None:
    """There the work tree is not around one, but it is known."""
    assert _open(repo.path / ".git").git_dir == str(repo.path / ".git")


def test_open_bare(tmp_path: Path) -> None:
    """A bare repository has no root of a work tree."""
    bare = Repo.init(tmp_path / "it.git", bare=True)
    opened = _open(bare.path)
    assert _places(opened) == (str(bare.path), str(bare.path), None)
    assert opened.path == str(bare.path)


def test_open_worktree_shares_the_common_directory(repo: Repo, tmp_path: Path) -> None:
    """Linked worktrees have a git directory each and the rest in common."""
    linked = repo.worktree(tmp_path / "linked", "-b", "other")
    opened = _open(linked.path)
    own = str(repo.path / ".git" / "worktrees" / "linked")
    assert _places(opened) == (own, str(repo.path / ".git"), str(linked.path))


def test_open_sha256(tmp_path: Path) -> None:
    """Ids of 32 bytes are read like the others."""
    made = Repo.init(tmp_path / "new", object_format="sha256")
    oid = made.commit({"a": "1\n"})
    opened = _open(made.path)
    assert (opened.hash_bytes, opened.resolve("HEAD"), len(oid)) == (32, oid, 64)


def test_open_folder_with_an_odd_name(tmp_path: Path) -> None:
    """Names that are not UTF-8, or hold blanks and quotes, are only names."""
    made = Repo.init(tmp_path / os.fsdecode(b" it's \xff \xc3\xa9"))
    assert _open(made.path).top == str(made.path)


def test_open_folder_with_a_line_feed_in_its_name_is_refused(tmp_path: Path) -> None:
    """What git answers line by line cannot be told apart there: better no answer than half of one."""
    made = Repo.init(tmp_path / "two\nlines")
    with pytest.raises(GitError, match="does not understand"):
        _open(made.path)


@pytest.mark.parametrize("folder", ["nothing", "."])
def test_open_without_a_repository(tmp_path: Path, folder: str) -> None:
    """A folder that is in no repository, or that does not exist, is named as such."""
    with pytest.raises(GitError, match=r"not a git repository|cannot change to"):
        _open(tmp_path / folder, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))


def test_open_names_dubious_ownership(repo: Repo) -> None:
    """Somebody else's repository is not read, and the line that trusts it is given."""
    with pytest.raises(GitError, match="does not trust") as caught:
        _open(repo.path, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert f"safe.directory '{repo.path}" in caught.value.hint


def test_open_elsewhere_forgets_the_repository_of_the_environment(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside a hook GIT_DIR names the hook's repository; a path that is given names another."""
    other = Repo.init(tmp_path / "other")
    env = {"GIT_DIR": str(repo.path / ".git"), "GIT_WORK_TREE": str(repo.path)}
    assert _open(other.path, **env).top == str(other.path)
    monkeypatch.chdir(other.path)
    here = Repository.open(".", env=clean_environment() | env)
    assert here.git_dir == str(repo.path / ".git")
    here = Repository.open(env=clean_environment())
    assert here.git_dir == str(other.path / ".git")


def test_of_hook_starts_no_git(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git has just said by starting a hook beside .git, it need not be asked again."""
    monkeypatch.chdir(repo.path)
    monkeypatch.setenv("PATH", "/nowhere")
    found = Repository.of_hook({})
    git_dir = str(repo.path / ".git")
    assert _places(found) == (git_dir, git_dir, str(repo.path))
    assert not found.shallow


@pytest.mark.parametrize("folder", ["", "sub", ".git/refs"])
def test_of_hook_asks_git_where_it_is_not_plain(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """Anywhere but at the root of a usual work tree git decides, and its refusals stand."""
    (repo.path / "sub").mkdir()
    monkeypatch.chdir(repo.path / folder)
    found = Repository.of_hook(clean_environment())
    assert found.git_dir == str(repo.path / ".git")
    (repo.path / ".git" / "HEAD").unlink()
    with pytest.raises(GitError):
        Repository.of_hook(clean_environment() | {"GIT_CEILING_DIRECTORIES": str(repo.path.parent)})


def test_of_hook_does_not_trust_a_repository_of_somebody_else(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without git's word (GIT_DIR) a foreign .git is git's to judge."""
    monkeypatch.chdir(repo.path)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(GitError, match="does not trust"):
        Repository.of_hook(clean_environment() | {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})


def test_of_hook_knows_the_hash_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cheap way claims nothing it did not look up."""
    made = Repo.init(tmp_path / "new", object_format="sha256")
    monkeypatch.chdir(made.path)
    assert Repository.of_hook(clean_environment()).hash_bytes == 32


_HOOK = """#!/bin/sh
PYTHONPATH='{root}' exec '{python}' -c '
import os
from cigate.git import Repository
hook, asked = Repository.of_hook(os.environ), Repository.open()
assert hook.hash_bytes == asked.hash_bytes
for repo in (hook, asked):
    print(repo.git_dir, repo.common_dir, repo.top, sep="|")
' >>'{out}'
"""


@pytest.mark.parametrize(
    "kind", ["plain", "below", "linked", "separate", "bare", "submodule", "elsewhere", "named"]
)
def test_of_hook_agrees_with_git_in_a_real_push(repo: Repo, tmp_path: Path, kind: str) -> None:
    """Started by git itself, in every kind of repository, both ways name the same places."""
    remote = Repo.init(tmp_path / "remote.git", bare=True)
    source, cwd = repo, repo.path
    if kind == "below":
        cwd = repo.path / "below"
        cwd.mkdir()
    elif kind == "linked":
        source = repo.worktree(tmp_path / "linked", "-b", "other")
        cwd = source.path
    elif kind == "bare":
        source = repo.clone(tmp_path / "clone.git", "--bare")
        cwd = source.path
    elif kind == "separate":
        repo.git("init", "-q", f"--separate-git-dir={tmp_path / 'apart'}")
    elif kind == "submodule":
        outer = Repo.init(tmp_path / "outer")
        allowed = ("-c", "protocol.file.allow=always")
        outer.git(*allowed, "submodule", "--quiet", "add", str(repo.path), "inner")
        source, cwd = Repo(outer.path / "inner"), outer.path / "inner"
    elif kind == "elsewhere":
        (tmp_path / "tree").mkdir()
        repo.set("core.worktree", str(tmp_path / "tree"))
    (tmp_path / "named").mkdir()
    options = [f"--git-dir={repo.path}/.git", f"--work-tree={tmp_path}/named"] if kind == "named" else []
    hook = Path(source.git("rev-parse", "--git-path", "hooks/pre-push"))
    hook = source.path / hook
    hook.parent.mkdir(exist_ok=True)
    out = tmp_path / "said"
    hook.write_text(_HOOK.format(root=ROOT, python=sys.executable, out=out))
    hook.chmod(0o755)
    pushed = source.git_raw(*options, "push", "-q", str(remote.path), "HEAD:refs/heads/new", cwd=cwd)
    assert (pushed.returncode, pushed.stderr) == (0, b"")
    hook_way, git_way = out.read_text().splitlines()
    assert hook_way == git_way


def test_resolve_peels_to_the_commit(repo: Repo) -> None:
    """Branches, annotated tags, expressions and ids all end at a full commit id."""
    first = repo.head()
    repo.tag("v1", annotated=True)
    repo.commit({"a.py": "y\n"}, message="fix the bug")
    opened = _open(repo.path)
    assert opened.resolve("v1") == opened.resolve("HEAD~1") == opened.resolve(first[:10]) == first
    assert opened.resolve("HEAD^{/fix the}") == opened.resolve("HEAD@{0}") == repo.head()


@pytest.mark.parametrize(
    "rev", ["", "nothing", "HEAD:a.py", "v2", "1" * 40, "HEAD\nHEAD", "a\0b", "--all", "HEAD -- ", "\udcff"]
)
def test_resolve_refuses_what_is_no_commit(repo: Repo, rev: str) -> None:
    """Blobs, unknown names and anything that looks like an option are refused."""
    repo.git("tag", "v2", "HEAD:a.py")
    with pytest.raises(GitError, match="no commit is called"):
        _open(repo.path).resolve(rev)


def test_run_raises_in_gits_words(repo: Repo) -> None:
    """A failure of git is never an empty answer."""
    with pytest.raises(GitError, match="bad object"):
        _open(repo.path).run(["rev-list", "--stdin"], b"1" * 40 + b"\n")


def test_no_credentials_or_author_in_the_repository_fact(repo: Repo) -> None:
    """The key that makes pseudonyms is not shown by accident."""
    opened = Repository.open(str(repo.path), b"secret", clean_environment())
    assert "secret" not in repr(opened)
    assert opened.author_key == b"secret"


def test_commands_see_only_the_pinned_environment(repo: Repo) -> None:
    """A user's own git variables do not reach the git that reads."""
    env = {"GIT_EXTERNAL_DIFF": "false", "GIT_DIFF_OPTS": "-u9", "GIT_INDEX_FILE": "/nowhere"}
    env["GIT_SHALLOW_FILE"] = "/nowhere"
    said = _open(repo.path, **env).run(["-c", "alias.show-env=!env", "show-env"]).decode()
    names = {line.partition("=")[0] for line in said.splitlines()}
    assert not names & {*env, "LANGUAGE", "GIT_ATTR_SOURCE"}
    assert {"GIT_NO_LAZY_FETCH", "GIT_NO_REPLACE_OBJECTS", "GIT_OPTIONAL_LOCKS"} <= names


def test_import_starts_no_process_and_is_light() -> None:
    """Importing the reader costs a push next to nothing."""
    program = "import sys, cigate.git; print({'subprocess', 're', 'typing'} & set(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "set()\n"
