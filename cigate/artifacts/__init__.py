"""Places that published models are kept in, behind one Protocol; `open_artifacts` picks one by the URL.

An object never changes and is named by the SHA-256 of its bytes; one small pointer for each name says
which model is the latest. Importing this costs nothing: libraries are loaded when a place is opened.
Must not know what the bytes mean (see `bundles`), and keeps no time: callers do (see `deadline`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from cigate.artifacts.layout import parse_url
from cigate.change import Fact
from cigate.errors import ArtifactError, MissingExtra

__all__ = ["ARTIFACTS", "Artifacts", "Pointer", "open_artifacts"]


class Pointer(Fact):
    """What a name points to: `content` as it was published, `tag` for telling whether it moved since."""

    __slots__ = ("content", "tag")

    def __init__(self, content: bytes, tag: str) -> None:
        self.content: Final = content
        self.tag: Final = tag


class Artifacts(Protocol):
    """Objects that never change, and pointers that are moved in one step.

    Every method raises ArtifactError where the place cannot be read or written.
    """

    @property
    def shown(self) -> str:
        """The URL; it holds no secret, because one that does is refused."""

    def read(self, digest: str, max_bytes: int) -> bytes:
        """Return the object of that SHA-256, checked, never more than `max_bytes` of it in memory."""

    def write(self, content: bytes) -> str:
        """Put an object there unless a whole one is, and return its SHA-256."""

    def read_pointer(self, name: str, max_bytes: int) -> Pointer | None:
        """Return what `name` points to, None where nothing was published under it."""

    def move_pointer(self, name: str, content: bytes, tag: str) -> None:
        """Let `name` point to `content` if its tag still is `tag` ("": if there is none yet).

        Raises:
            Overtaken: where somebody else moved it first; it then is as they left it.
        """


def _open_folder(url: str) -> Artifacts:
    from cigate.artifacts.folder import FolderArtifacts

    return FolderArtifacts(url)


def _open_objects(url: str) -> Artifacts:
    try:
        from cigate.artifacts.objects import ObjectArtifacts
    except ModuleNotFoundError as missing:
        raise MissingExtra("an object store", "s3") from missing
    return ObjectArtifacts(url)


def _open_registry(url: str) -> Artifacts:
    try:
        from cigate.artifacts.registry import RegistryArtifacts
    except ModuleNotFoundError as missing:
        raise MissingExtra("an OCI registry", "oci") from missing
    return RegistryArtifacts(url)


def _open_web(url: str) -> Artifacts:
    from cigate.artifacts.web import WebArtifacts

    return WebArtifacts(url)


ARTIFACTS: Final[dict[str, Callable[[str], Artifacts]]] = {
    "file": _open_folder,
    "s3": _open_objects,
    "gs": _open_objects,
    "az": _open_objects,
    "oci": _open_registry,
    "https": _open_web,
    "http": _open_web,
}


def open_artifacts(url: str) -> Artifacts:
    """Return the place at `url`, or at a folder's path; nothing is read or created before its first use.

    Raises:
        MissingExtra: where its library is not installed.
        ArtifactError: where the URL cannot be used; then it is never shown, for it may hold a password.
    """
    scheme = parse_url(url)
    opener = ARTIFACTS.get(scheme)
    if opener is None:
        raise ArtifactError(
            "the URL for models names no kind of place that cigate knows",
            f"a folder's path, or a URL that begins with {', '.join(f'{name}://' for name in ARTIFACTS)}",
        )
    return opener(url)
