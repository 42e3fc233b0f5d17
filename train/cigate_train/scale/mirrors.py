"""Clone URLs become local mirrors in a cache whose disk is bounded; the one unused for longest goes first.

A mirror in use is locked and stays. Must not let a URL, which may hold a token, into a message.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from hashlib import blake2b
from pathlib import Path

from cigate.git import clone_mirror, update_mirror

from .sources import Source


@contextmanager
def local_copy(source: Source, cache: str, cache_bytes: int) -> Iterator[str]:
    """Give the path of a repository; one behind a URL is cloned, or its mirror brought up to date.

    Raises:
        GitError: git cannot clone or fetch it.
    """
    if not source.is_url:
        yield source.repo
        return
    folder = Path(cache, "mirrors")
    folder.mkdir(parents=True, exist_ok=True)
    mirror = folder / (blake2b(source.repo.encode(), digest_size=12).hexdigest() + ".git")
    with open(mirror.with_suffix(".lock"), "ab") as lock:
        flock(lock, LOCK_EX)
        _bring(source.repo, mirror)
        flock(lock, LOCK_SH)
        os.utime(lock.fileno())
        make_room(folder, cache_bytes, mirror)
        yield str(mirror)


def make_room(folder: Path, cache_bytes: int, keep: Path) -> None:
    """Delete mirrors that nobody uses until the others fit, the one unused for longest first."""
    locks = sorted(folder.glob("*.lock"), key=lambda lock: lock.stat().st_mtime)
    mirrors = [lock.with_suffix(".git") for lock in locks]
    sizes = {mirror: _size(mirror) for mirror in mirrors}
    total = sum(sizes.values())
    for mirror in mirrors:
        if total <= cache_bytes:
            return
        if mirror != keep and sizes[mirror] and _delete_unused(mirror):
            total -= sizes[mirror]


def _bring(url: str, mirror: Path) -> None:
    if mirror.exists():
        update_mirror(str(mirror))
        return
    unfinished = mirror.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        clone_mirror(url, str(unfinished))
        unfinished.rename(mirror)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _delete_unused(mirror: Path) -> bool:
    with open(mirror.with_suffix(".lock"), "ab") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except OSError:
            return False
        shutil.rmtree(mirror, ignore_errors=True)
        return True


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
