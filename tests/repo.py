"""A small language over real git, for tests: no user, clock or configuration leaks in.

    repo = Repo.init(tmp_path / "work")
    first = repo.commit({"a.py": "x\n"}, author="ann", at=100)

Ids come back as full hexadecimal strings. Every method runs git for real.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

Content = str | bytes | None
Name = TypeVar("Name", str, bytes)


def clean_environment(at: int = 1_000_000_000, author: str = "ann") -> dict[str, str]:
    """Return an environment in which git depends on nothing but its arguments."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": author,
        "GIT_AUTHOR_EMAIL": f"{author}@example.invalid",
        "GIT_COMMITTER_NAME": author,
        "GIT_COMMITTER_EMAIL": f"{author}@example.invalid",
        "GIT_AUTHOR_DATE": f"@{at} +0000",
        "GIT_COMMITTER_DATE": f"@{at} +0000",
        "LC_ALL": "C.UTF-8",
    }


class Repo:
    """A repository on disk. `now` moves on by a minute with each commit that gives no `at`."""

    def __init__(self, path: Path, bare: bool = False) -> None:
        self.path = path
        self.bare = bare
        self.now = 1_600_000_000
        self.env: dict[str, str] = {}

    @classmethod
    def init(cls, path: Path, bare: bool = False, object_format: str = "sha1", branch: str = "main") -> Repo:
        """Create an empty repository at `path` (parents are made)."""
        path.mkdir(parents=True, exist_ok=True)
        repo = cls(path, bare)
        options = ["--bare"] if bare else []
        repo.git("init", "-q", "-b", branch, f"--object-format={object_format}", *options)
        return repo

    def git_raw(
        self,
        *args: str | bytes | Path,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git here and return what came of it, whatever the return code."""
        return subprocess.run(
            ["git", *args],
            cwd=cwd or self.path,
            input=stdin,
            capture_output=True,
            env=clean_environment(self.now) | self.env | dict(env or {}),
            check=False,
        )

    def git(
        self,
        *args: str | bytes | Path,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> str:
        """Run git here and return its output without the last newline; fail loudly."""
        done = self.git_raw(*args, stdin=stdin, env=env, cwd=cwd)
        if done.returncode:
            raise AssertionError(f"git {args!r}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="surrogateescape").removesuffix("\n")

    def write(self, files: Mapping[Name, Content]) -> None:
        """Write `files` into the work tree; None deletes one."""
        for name, content in files.items():
            target = os.path.join(os.fsencode(self.path), os.fsencode(name))
            if content is None:
                os.unlink(target)
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as out:
                out.write(content.encode() if isinstance(content, str) else content)

    def commit(
        self,
        files: Mapping[Name, Content] | None = None,
        author: str = "ann",
        at: int | None = None,
        message: str = "Change something",
        email: str | None = None,
    ) -> str:
        """Write `files`, commit all that changed (or nothing at all) and return the commit's id.

        `at` is the commit's time in Unix seconds; `email` defaults to one made from `author`.
        """
        if files:
            self.write(files)
        self.now = self.now + 60 if at is None else at
        env = clean_environment(self.now, author)
        if email is not None:
            env["GIT_AUTHOR_EMAIL"] = email
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-F", "-", stdin=message.encode(), env=env)
        return self.head()

    def head(self, rev: str = "HEAD") -> str:
        """Return the id of the object that `rev` names."""
        return self.git("rev-parse", "--verify", rev)

    def checkout(self, branch: str, start: str = "") -> None:
        """Switch to `branch`; with `start` create or reset it there first."""
        if start:
            self.git("checkout", "-q", "-B", branch, start)
        else:
            self.git("checkout", "-q", branch)

    def branch(self, name: str, at_rev: str = "HEAD") -> None:
        """Create or move the branch `name` without switching to it."""
        self.git("branch", "-q", "-f", name, at_rev)

    def merge(self, *revs: str, author: str = "ann", at: int | None = None) -> str:
        """Merge `revs` into HEAD with a merge commit and return its id."""
        self.now = self.now + 60 if at is None else at
        env = clean_environment(self.now, author)
        self.git("merge", "-q", "--no-ff", "-m", "Merge", *revs, env=env)
        return self.head()

    def tag(self, name: str, rev: str = "HEAD", annotated: bool = False) -> str:
        """Create a tag and return the id it stands for: its own when annotated."""
        self.git("tag", *(("-a", "-m", name) if annotated else ()), name, rev)
        return self.head(f"refs/tags/{name}")

    def bare_remote(self, name: str = "origin", path: Path | None = None) -> Repo:
        """Create an empty bare repository beside this one and add it as remote `name`."""
        remote = Repo.init(path or self.path.with_name(f"{self.path.name}-{name}.git"), bare=True)
        self.git("remote", "add", name, str(remote.path))
        return remote

    def push(
        self,
        *refspecs: str,
        remote: str = "origin",
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a real `git push`, hooks and all; the return code is the caller's to check."""
        return self.git_raw("push", *options, remote, *refspecs, env=env)

    def clone(self, path: Path, *options: str) -> Repo:
        """Clone this repository to `path`."""
        self.git("clone", "-q", *options, f"file://{self.path}", path, cwd=path.parent)
        return Repo(path, bare="--bare" in options)

    def worktree(self, path: Path, *options: str) -> Repo:
        """Add a linked worktree at `path`."""
        self.git("worktree", "add", "-q", *options, path)
        return Repo(path)

    def fast_import(self, stream: bytes) -> None:
        """Load a `git fast-import` stream: the quick way to many commits."""
        self.git("fast-import", "--quiet", "--force", stdin=stream)

    def set(self, name: str, value: str) -> None:
        """Set one option in this repository's own configuration."""
        self.git("config", "--add", name, value)
