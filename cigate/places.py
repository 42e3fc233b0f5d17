"""Where a repository's local state lives: in its common git directory, so worktrees share it.

On the path of every push: no heavy imports. Only `author_key(create=True)` writes anything.
"""

from __future__ import annotations

import os

from cigate.errors import GitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class HasCommonDir(Protocol):
        """What is needed of a repository here."""

        @property
        def common_dir(self) -> str:
            """The git directory that all worktrees share."""


KEY_VARIABLE = "CIGATE_AUTHOR_KEY"
KEY_BYTES = 32


def state_dir(repo: HasCommonDir) -> str:
    """Return the folder of everything that cigate keeps for `repo`; it may not exist yet."""
    return os.path.join(repo.common_dir, "cigate")


def store_url(repo: HasCommonDir) -> str:
    """Return the URL of the repository's own store of builds."""
    return "sqlite:///" + store_path(repo)


def store_path(repo: HasCommonDir) -> str:
    """Return the file of that store."""
    return os.path.join(state_dir(repo), "builds.sqlite")


def model_dir(repo: HasCommonDir) -> str:
    """Return the folder of the repository's own bundle."""
    return os.path.join(state_dir(repo), "model")


def starter_dir() -> str:
    """Return the folder of the bundle that comes with cigate, for repositories without one."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "starter")


def history_path(repo: HasCommonDir) -> str:
    """Return the file of the history snapshot that is newer than the bundle's."""
    return os.path.join(state_dir(repo), "history.bin")


def spool_dir(repo: HasCommonDir) -> str:
    """Return the folder of the records that no store has taken yet."""
    return os.path.join(state_dir(repo), "spool")


def ledger_path(repo: HasCommonDir) -> str:
    """Return the file of the judgements that were made here."""
    return os.path.join(state_dir(repo), "ledger.tsv")


def thresholds_path(repo: HasCommonDir) -> str:
    """Return the file of the thresholds that move from push to push."""
    return os.path.join(state_dir(repo), "thresholds.bin")


def track_path(repo: HasCommonDir) -> str:
    """Return the file of the latest judgements whose builds have ended, with how they did."""
    return os.path.join(state_dir(repo), "track.tsv")


def failures_path(repo: HasCommonDir) -> str:
    """Return the file of the last failures, by which a warning finds one that looked like it."""
    return os.path.join(state_dir(repo), "failures.tsv")


def author_key(repo: HasCommonDir, env: Mapping[str, str], create: bool = False, off: bool = False) -> bytes:
    """Return the secret that pseudonyms are keyed with, b"" where there is none.

    The variable CIGATE_AUTHOR_KEY wins over the repository's key file; the file's text is what
    another machine needs in that variable to give the same pseudonyms. With `create`, a random key
    is written on first use, readable by its owner only. `off` is for authors that are not to be kept.

    Raises:
        GitError: the key file cannot be read or written.
    """
    given = given_key(env, off)
    if given:
        return given
    path = os.path.join(state_dir(repo), "author.key")
    try:
        return _read_key(path) or (_create_key(path) if create else b"")
    except OSError as error:
        raise GitError(
            f"the author key {path} cannot be used: {error.strerror}",
            f"give your user access to it, or set {KEY_VARIABLE}",
        ) from error


def given_key(env: Mapping[str, str], off: bool = False) -> bytes:
    """Return the key that the environment gives, b"" where it gives none; NOBODY where authors are `off`."""
    if off:
        from cigate.identity import NOBODY  # rarely needed, and it brings hashlib

        return NOBODY
    return os.fsencode(env.get(KEY_VARIABLE, "").strip())


def _read_key(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(4096).strip()
    except FileNotFoundError:
        return b""


def _create_key(path: str) -> bytes:
    """Put a random key at `path` unless another process did so first; return the one that is there."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_BYTES).hex().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        _claim(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    return _read_key(path)


def _claim(temporary: str, path: str) -> None:
    """Give the finished file its name; a link, unlike a rename, never replaces another's key."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not os.path.exists(path):
            os.rename(temporary, path)
