"""A bundle on disk: model.onnx, manifest.json and history.bin, always whole.

manifest.json is the only switch. A writer first puts the new files beside the old ones under names
that carry their digests, then replaces the manifest, then gives them their plain names; a reader
takes whichever file has the digest that its manifest demands. Killed anywhere, the folder reads as
the old bundle or the new one. A bundle whose history is empty (the starter's) has no history.bin. On
the path of every push: digests and metadata, no deep checks.
"""

from __future__ import annotations

import os
import stat
from hashlib import sha256

from cigate.change import Fact
from cigate.errors import DamagedBundle, ModelError, NoModel
from cigate.model.manifest import parse_manifest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from cigate.model.manifest import Manifest

MANIFEST = "manifest.json"
HISTORY = "history.bin"
MAX_MANIFEST_BYTES = 1 << 20
# plain name -> (prefix and suffix of the staged name, size cap in bytes)
PARTS = {
    "model.onnx": ("model-", ".onnx", 16 << 20),
    HISTORY: ("history-", ".bin", 64 << 20),
}
NOTHING_SHA256 = sha256().hexdigest()
MAX_ATTEMPTS = 50
FETCH_HINT = "train a new model with `cigate train --export-onnx`, or fetch it anew"


class Bundle(Fact):
    """A manifest with the bytes that its digests promise."""

    __slots__ = ("history", "manifest", "model")
    manifest: Final[Manifest]
    model: Final[bytes]
    history: Final[bytes]

    def __init__(self, manifest: Manifest, model: bytes, history: bytes) -> None:
        self.manifest = manifest
        self.model = model
        self.history = history

    def __repr__(self) -> str:
        return f"Bundle({self.manifest.model_id!r})"


def has_bundle(folder: str) -> bool:
    """Return whether there is a bundle in `folder`, or what is left of one."""
    return any(os.path.lexists(os.path.join(folder, name)) for name in (MANIFEST, *PARTS))


def read_bundle(folder: str) -> Bundle:
    """Return the bundle in `folder`; its digests were checked on the very bytes returned.

    Raises:
        NoModel: where there is none.
        DamagedBundle: where a file is missing, too large or not the one that the manifest means.
        ModelError: where a file cannot be read.
    """
    for _ in range(MAX_ATTEMPTS):
        head = _read_manifest(folder)
        try:
            return _read_parts(folder, parse_manifest(head))
        except DamagedBundle:
            # A writer may have gone by: only an unchanged manifest makes it damage.
            if _read_manifest(folder) == head:
                raise
    raise ModelError(f"the model in {folder} does not stop changing", "try again later")


def _read_manifest(folder: str) -> bytes:
    head = read_file(os.path.join(folder, MANIFEST), MAX_MANIFEST_BYTES)
    if head is not None:
        return head
    if has_bundle(folder):
        raise DamagedBundle(f"{MANIFEST} is missing in {folder}", FETCH_HINT)
    raise NoModel(
        f"there is no model in {folder}", "train one with `cigate train --export-onnx`, or fetch one"
    )


def _read_parts(folder: str, manifest: Manifest) -> Bundle:
    model = _read_part(folder, "model.onnx", manifest.model_sha256)
    history = _read_part(folder, HISTORY, manifest.history_sha256)
    return Bundle(manifest, model, history)


def _read_part(folder: str, name: str, digest: str) -> bytes:
    """Return the file of that digest: plain, staged, or plain again if it was just renamed."""
    if name == HISTORY and digest == NOTHING_SHA256:
        return b""
    seen = False
    for candidate in (name, staged_name(name, digest), name):
        data = read_file(os.path.join(folder, candidate), PARTS[name][2])
        if data is not None and sha256(data).hexdigest() == digest:
            return data
        seen = seen or data is not None
    what = "is not the file that manifest.json was written for" if seen else "is missing"
    raise DamagedBundle(f"{name} in {folder} {what}", FETCH_HINT)


def staged_name(name: str, digest: str) -> str:
    """Return the name under which a part waits until the manifest has switched to it."""
    prefix, suffix, _ = PARTS[name]
    return f"{prefix}{digest[:16]}{suffix}"


def read_file(path: str, max_bytes: int) -> bytes | None:
    """Return a regular file's content, or None where there is no such file.

    Raises:
        DamagedBundle: where it is no regular file or larger than `max_bytes`.
        ModelError: where the system does not let it be read.
    """
    name = os.path.basename(path)
    try:
        # Without O_NONBLOCK a named pipe of that name would hang the push.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise DamagedBundle(f"{name} is not a regular file", FETCH_HINT)
        chunks, size = [], 0
        expected = min(status.st_size, max_bytes)
        while chunk := os.read(file, max(expected - size, 0) + 1):
            chunks.append(chunk)
            size += len(chunk)
            if size > max_bytes:
                raise DamagedBundle(f"{name} is larger than {max_bytes >> 20} MiB", FETCH_HINT)
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(file)
    return b"".join(chunks)


def _unreadable(path: str, error: OSError) -> ModelError:
    reason = error.strerror or type(error).__name__
    return ModelError(f"{path} cannot be read: {reason}", "check the folder's owner and permissions")
