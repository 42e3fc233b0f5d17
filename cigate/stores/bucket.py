"""The objects of a store of builds: listed, read and made, never changed.

Wherever obstore can keep them: S3, Google Cloud, Azure, or a folder. Must not know what they mean.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions
from obstore.store import LocalStore

from cigate.errors import StoreError
from cigate.objectstores import connect, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from obstore.store import ObjectStore

REQUEST_S: Final = 60
PAGE: Final = 1000


class Gone(Exception):
    """An object that was listed is not there any more: somebody has joined it with others."""


class Bucket:
    """What lies below one URL; `shown` is that URL, which holds no secret: one that does is refused."""

    def __init__(self, url: str, deadline_s: float | None = None) -> None:
        """Connect to nothing yet.

        Raises:
            StoreError: the URL cannot be used; it is not shown, for it may hold a password.
        """
        _check(url)
        self.shown: Final = url.rstrip("/")
        self._folder = unquote(urlsplit(url).path) if url.startswith("file:") else ""
        self._request_s = REQUEST_S if deadline_s is None else max(1, min(REQUEST_S, math.ceil(deadline_s)))
        self._opened: ObjectStore | None = None

    def names(self, folder: str) -> Sequence[str]:
        """Return the names of all objects below `folder`, with the folder in front."""
        if self._folder and not os.path.isdir(self._folder):
            return ()
        try:
            pages = obstore.list(self._store(), folder, chunk_size=PAGE)
            return [found["path"] for page in pages for found in page]
        except (exceptions.NotFoundError, FileNotFoundError):
            return ()
        except (exceptions.BaseError, OSError) as error:
            raise self._trouble(error) from None

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Return an object, or `length` bytes of it.

        Raises:
            Gone: there is no such object.
        """
        try:
            if length is None:
                return bytes(obstore.get(self._store(), name).bytes())
            return bytes(obstore.get_range(self._store(), name, start=start, length=length))
        except (exceptions.NotFoundError, FileNotFoundError):
            raise Gone(name) from None
        except (exceptions.BaseError, OSError) as error:
            if length is not None and self._ends_before(name, start + length):
                raise damaged(self.shown) from None
            raise self._trouble(error) from None

    def create(self, name: str, content: bytes) -> bool:
        """Make an object unless there is one of that name; return whether it was made."""
        try:
            obstore.put(self._store(), name, content, mode="create", use_multipart=False)
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError, FileExistsError):
            return False
        except (exceptions.NotFoundError, FileNotFoundError):
            raise StoreError(
                f"the store {self.shown} cannot be used: there is no such bucket", "make the bucket first"
            ) from None
        except (exceptions.BaseError, OSError) as error:
            raise self._trouble(error) from None
        return True

    def delete(self, names: Sequence[str]) -> None:
        """Remove objects; one that is gone already is no error."""
        for start in range(0, len(names), PAGE):
            some = names[start : start + PAGE]
            try:
                obstore.delete(self._store(), some)
            except (exceptions.NotFoundError, FileNotFoundError):
                if len(some) > 1:  # one of them, and it may have kept others from going
                    for name in some:
                        self.delete([name])
            except (exceptions.BaseError, OSError) as error:
                raise self._trouble(error) from None

    def _ends_before(self, name: str, length: int) -> bool:
        try:
            return obstore.head(self._store(), name)["size"] < length
        except (exceptions.BaseError, OSError):
            return False

    def _store(self) -> ObjectStore:
        if self._opened is None:
            if self._folder:
                self._opened = LocalStore(Path(self._folder), mkdir=True)
            else:
                self._opened = connect(self.shown, self._request_s)
        return self._opened

    def _trouble(self, error: Exception) -> StoreError:
        if self._folder:
            why = getattr(error, "strerror", None) or type(error).__name__
            return StoreError(
                f"the store {self.shown} cannot be used: {why}", "may you write there, and is there room?"
            )
        why, hint = reason_of(error)
        return StoreError(f"the store {self.shown} cannot be used: {why}", hint)


def damaged(shown: str) -> StoreError:
    """Return the error for an object that is not what was written."""
    return StoreError(
        f"an object of builds in {shown} is damaged",
        "restore it from a backup, or remove it and import again",
    )


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        folder = parts.scheme == "file"
        wrong = "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable() or " " in url
        wrong = wrong or not (parts.path.strip("/") if folder else parts.netloc)
        wrong = wrong or (folder and parts.netloc not in ("", "localhost"))
    except ValueError:
        wrong = True
    if wrong:
        raise StoreError(
            "the URL of the store cannot be used (it is not shown: it may hold a password)",
            "s3://BUCKET/PREFIX or file:///FOLDER, without user, password, ? and #: credentials come from"
            " the AWS_* variables or what else the store's own tools read",
        )
