"""A folder, on this machine or on a disk that several share.

Files appear whole: written beside their place, fsynced, renamed. Pointers are compared and moved
under a lock, which the system drops when its holder dies.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from cigate.artifacts import Pointer
from cigate.artifacts.layout import (
    check_object,
    digest_of,
    missing_object,
    object_path,
    overtaken,
    pointer_path,
    too_large,
    unusable,
)
from cigate.errors import ArtifactError

INCOMING = "incoming"
STALE_S = 86_400


class FolderArtifacts:
    """Objects and pointers as files below one folder, which is made on the first write."""

    def __init__(self, url: str) -> None:
        """Take ``file:///path`` or a path; a relative one is relative to where cigate was started."""
        path = os.path.expanduser(url)
        if "://" in url:
            parts = urlsplit(url)
            path = unquote(parts.path)
            if parts.netloc not in ("", "localhost") or not path or "\0" in path:
                raise ArtifactError("a file URL must name a folder of this machine", "file:///srv/models")
        self.root = os.path.abspath(path)
        self.shown = self.root

    def read(self, digest: str, max_bytes: int) -> bytes:
        """Return an object's bytes."""
        content = self._read(object_path(digest), max_bytes, f"the object {digest[:12]}")
        if content is None:
            raise missing_object(digest, self.shown)
        return check_object(content, digest, self.shown)

    def write(self, content: bytes) -> str:
        """Put an object there unless a whole one is."""
        digest = digest_of(content)
        try:
            self.read(digest, len(content))
        except ArtifactError:  # missing or damaged: either way it is written
            self._write(object_path(digest), content)
        return digest

    def read_pointer(self, name: str, max_bytes: int) -> Pointer | None:
        """Return what `name` points to."""
        content = self._read(pointer_path(name), max_bytes, f"the pointer {name}")
        return None if content is None else Pointer(content, digest_of(content))

    def move_pointer(self, name: str, content: bytes, tag: str) -> None:
        """Let `name` point to `content` if nobody was faster."""
        path = pointer_path(name)
        with self._locked():
            found = self._read(path, 1 << 30, f"the pointer {name}")
            if (digest_of(found) if found is not None else "") != tag:
                raise overtaken(name, self.shown)
            self._write(path, content)
            self._sweep()

    def _read(self, path: str, max_bytes: int, what: str) -> bytes | None:
        try:
            # Without O_NONBLOCK a named pipe of that name would hang for ever.
            file = os.open(os.path.join(self.root, path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._trouble(error) from None
        with open(file, "rb") as opened:
            try:
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    raise unusable(self.shown, f"{what} is not a regular file")
                content = opened.read(max_bytes + 1)
            except OSError as error:
                raise self._trouble(error) from None
        if len(content) > max_bytes:
            raise too_large(what, self.shown, max_bytes)
        return content

    def _write(self, path: str, content: bytes) -> None:
        target = os.path.join(self.root, path)
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.makedirs(os.path.join(self.root, INCOMING), exist_ok=True)
            file, temporary = tempfile.mkstemp(dir=os.path.join(self.root, INCOMING))
            try:
                with open(file, "wb") as opened:
                    opened.write(content)
                    opened.flush()
                    os.fchmod(file, 0o666 & ~_umask())  # mkstemp lets nobody else read
                    os.fsync(file)
                os.replace(temporary, target)
            except BaseException:
                os.unlink(temporary)
                raise
            folder = os.open(os.path.dirname(target), os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._trouble(error) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from fcntl import LOCK_EX, flock

        try:
            os.makedirs(self.root, exist_ok=True)
            file = os.open(self.root, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise self._trouble(error) from None
        try:
            flock(file, LOCK_EX)
            yield
        finally:
            os.close(file)

    def _sweep(self) -> None:
        """Remove what a publisher who died left behind, a day later."""
        incoming = os.path.join(self.root, INCOMING)
        for name in os.listdir(incoming):
            path = os.path.join(incoming, name)
            with suppress(OSError):  # somebody else may sweep as well
                if os.stat(path).st_mtime < time.time() - STALE_S:
                    os.unlink(path)

    def _trouble(self, error: OSError) -> ArtifactError:
        reason = error.strerror or type(error).__name__
        return unusable(self.shown, reason, "check the folder's owner, permissions and free space")


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
