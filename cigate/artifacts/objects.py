"""S3 and other object stores, through obstore; the extra `s3`.

Pointers are moved with If-Match and If-None-Match: the store itself says who came first.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import obstore
from obstore import exceptions

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
from cigate.errors import ArtifactError, Overtaken
from cigate.objectstores import connect, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from obstore import PutMode

# The longest that one request may take; how long all of it may take is for the caller to say.
REQUEST_S = 60
BLOCK = 1 << 20


class ObjectArtifacts:
    """Objects and pointers below a bucket's prefix."""

    def __init__(self, url: str) -> None:
        self.shown = url.rstrip("/")
        if not urlsplit(url).netloc:
            raise ArtifactError("the URL for models names no bucket", "for example s3://bucket/prefix")
        try:
            self._store = connect(self.shown, REQUEST_S)
        except (exceptions.BaseError, ValueError) as error:
            raise self._trouble(error) from None

    def read(self, digest: str, max_bytes: int) -> bytes:
        """Return an object's bytes."""
        found = self._get(object_path(digest), max_bytes, f"the object {digest[:12]}")
        if found is None:
            raise missing_object(digest, self.shown)
        return check_object(found.content, digest, self.shown)

    def write(self, content: bytes) -> str:
        """Put an object there unless a whole one is."""
        digest = digest_of(content)
        try:
            self._put(object_path(digest), content, "create")
        except Overtaken:
            try:
                self.read(digest, len(content))
            except ArtifactError:  # damaged: only the right bytes may have that name
                self._put(object_path(digest), content, "overwrite")
        return digest

    def read_pointer(self, name: str, max_bytes: int) -> Pointer | None:
        """Return what `name` points to."""
        return self._get(pointer_path(name), max_bytes, f"the pointer {name}")

    def move_pointer(self, name: str, content: bytes, tag: str) -> None:
        """Let `name` point to `content` if the store says that nobody was faster."""
        mode: PutMode = "create"
        if tag:
            e_tag, _, version = tag.partition("\n")
            mode = {"e_tag": e_tag}
            if version:
                mode["version"] = version
        self._put(pointer_path(name), content, mode, name)

    def _get(self, path: str, max_bytes: int, what: str) -> Pointer | None:
        try:
            found = obstore.get(self._store, path)
            meta = found.meta
            if meta["size"] > max_bytes:
                raise too_large(what, self.shown, max_bytes)
            content = bytearray()
            for block in found.stream(min_chunk_size=BLOCK):
                content += block
                if len(content) > max_bytes:
                    raise too_large(what, self.shown, max_bytes)
        except (exceptions.NotFoundError, FileNotFoundError):
            return None
        except (exceptions.BaseError, OSError) as error:
            raise self._trouble(error) from None
        return Pointer(bytes(content), f"{meta['e_tag'] or ''}\n{meta['version'] or ''}")

    def _put(self, path: str, content: bytes, mode: PutMode, name: str = "") -> None:
        try:
            obstore.put(self._store, path, content, mode=mode, use_multipart=False)
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError, FileExistsError):
            raise overtaken(name, self.shown) from None
        except (exceptions.NotFoundError, FileNotFoundError):
            if isinstance(mode, dict):  # what was to be replaced is gone
                raise overtaken(name, self.shown) from None
            raise unusable(self.shown, "there is no such bucket", "make the bucket first") from None
        except (exceptions.BaseError, OSError) as error:
            raise self._trouble(error) from None

    def _trouble(self, error: Exception) -> ArtifactError:
        """Return the error in our words: the library's own show whole requests."""
        return unusable(self.shown, *reason_of(error))
