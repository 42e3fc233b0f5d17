"""Writes a bundle so that no reader and no crash ever leaves a mixed one (see `bundle`).

Never on the path of a push. Refuses to write what a reader or a validator would refuse.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from hashlib import sha256

from cigate.errors import CigateError, DamagedBundle, ModelError
from cigate.model.bundle import (
    HISTORY,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    NOTHING_SHA256,
    PARTS,
    Bundle,
    read_file,
    staged_name,
)
from cigate.model.manifest import parse_manifest, render_manifest
from cigate.model.structure import check_structure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from cigate.model.manifest import Manifest

NEW_MANIFEST = f"{MANIFEST}.new"
LOCK_WAIT_S = 10.0


def write_bundle(folder: str, bundle: Bundle) -> None:
    """Put `bundle` into `folder`, in place of the bundle that may be there, as one step.

    Makes the folder where there is none; leaves files that are not a bundle's alone.

    Raises:
        DamagedBundle: where the bundle would be refused by a reader.
        ModelError: where the folder cannot be written; the old bundle is then still there.
    """
    head = render_manifest(bundle.manifest)
    contents = _contents(bundle)
    for name, (content, digest) in contents.items():
        if sha256(content).hexdigest() != digest or len(content) > PARTS[name][2]:
            raise DamagedBundle(
                f"{name} is too large or not what its manifest says", "export the model again"
            )
    check_structure(bundle.model, bundle.manifest.features)
    try:
        os.makedirs(folder, exist_ok=True)
        with _locked(folder):
            _settle(folder)
            for name, (content, digest) in contents.items():
                if name != HISTORY or content:
                    _write(os.path.join(folder, staged_name(name, digest)), content)
            _write(os.path.join(folder, NEW_MANIFEST), head)
            _sync(folder)
            os.replace(os.path.join(folder, NEW_MANIFEST), os.path.join(folder, MANIFEST))
            _sync(folder)
            _settle(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelError(
            f"the model cannot be written to {folder}: {reason}",
            "check the folder's permissions and the disk's free space; what was there still holds",
        ) from None


def _contents(bundle: Bundle) -> dict[str, tuple[bytes, str]]:
    return {
        "model.onnx": (bundle.model, bundle.manifest.model_sha256),
        HISTORY: (bundle.history, bundle.manifest.history_sha256),
    }


def _settle(folder: str) -> None:
    """Give the current bundle's staged files their plain names and sweep what else was staged."""
    promised = _promised(folder)
    without_history = staged_name(HISTORY, NOTHING_SHA256) in promised
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        name = promised.get(entry)
        if name is not None and _has_digest(path, entry, name):
            os.replace(path, os.path.join(folder, name))
        elif entry == NEW_MANIFEST or _is_staged(entry) or (entry == HISTORY and without_history):
            os.unlink(path)
    _sync(folder)


def _promised(folder: str) -> dict[str, str]:
    """Return staged name -> plain name for the parts of the bundle that is valid now."""
    try:
        head = read_file(os.path.join(folder, MANIFEST), MAX_MANIFEST_BYTES)
        manifest = parse_manifest(head) if head is not None else None
    except CigateError:  # a damaged bundle is about to be replaced
        return {}
    if manifest is None:
        return {}
    return {staged_name(name, digest): name for name, digest in _digests(manifest).items()}


def _digests(manifest: Manifest) -> dict[str, str]:
    return {"model.onnx": manifest.model_sha256, HISTORY: manifest.history_sha256}


def _has_digest(path: str, entry: str, name: str) -> bool:
    try:
        content = read_file(path, PARTS[name][2])
    except CigateError:
        return False
    return content is not None and staged_name(name, sha256(content).hexdigest()) == entry


def _is_staged(entry: str) -> bool:
    for prefix, suffix, _ in PARTS.values():
        middle = entry.removeprefix(prefix).removesuffix(suffix)
        if entry == f"{prefix}{middle}{suffix}" and len(middle) == 16:
            return not middle.strip("0123456789abcdef")
    return False


def _write(path: str, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
    finally:
        os.close(file)


def _sync(folder: str) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Hold the folder's writing lock, which the system drops when the process dies."""
    from fcntl import LOCK_EX, LOCK_NB, flock

    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                flock(file, LOCK_EX | LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ModelError(
                        f"another process is writing the model in {folder}", "try again later"
                    ) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(file)
