"""A web address that serves such a folder: to pull from, never to publish to.

https, or http from this machine itself. A redirect may not leave https.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from email.message import Message
from typing import IO
from urllib.parse import urlsplit

from cigate import __version__
from cigate.artifacts import Pointer
from cigate.artifacts.layout import (
    check_object,
    digest_of,
    is_local,
    missing_object,
    object_path,
    pointer_path,
    too_large,
    unusable,
)
from cigate.errors import ArtifactError, UsageError

# The longest silence; how long all of it may take is for the caller to say.
SILENCE_S = 30.0


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Follow a redirect, unless it leads to where others can listen."""
        if not _is_safe(newurl):
            raise urllib.error.URLError("it redirects to an address without https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_local(parts.netloc))


class WebArtifacts:
    """Objects and pointers below one address."""

    def __init__(self, url: str) -> None:
        if not _is_safe(url):
            raise ArtifactError(
                "models are fetched by https, and by http from this machine itself only",
                "write https:// in the URL",
            )
        self.shown = url.rstrip("/")
        # This machine itself is reached without a proxy.
        proxies = [urllib.request.ProxyHandler({})] if self.shown.startswith("http:") else []
        self._opener = urllib.request.build_opener(_Redirects(), *proxies)
        self._opener.addheaders = [("User-Agent", f"cigate/{__version__}")]

    def read(self, digest: str, max_bytes: int) -> bytes:
        """Return an object's bytes."""
        content = self._get(object_path(digest), max_bytes, f"the object {digest[:12]}")
        if content is None:
            raise missing_object(digest, self.shown)
        return check_object(content, digest, self.shown)

    def write(self, content: bytes) -> str:  # noqa: ARG002
        """Refuse: one reads here only."""
        raise self._read_only()

    def read_pointer(self, name: str, max_bytes: int) -> Pointer | None:
        """Return what `name` points to."""
        content = self._get(pointer_path(name), max_bytes, f"the pointer {name}")
        return None if content is None else Pointer(content, digest_of(content))

    def move_pointer(self, name: str, content: bytes, tag: str) -> None:  # noqa: ARG002
        """Refuse: one reads here only."""
        raise self._read_only()

    def _read_only(self) -> UsageError:
        return UsageError(
            f"{self.shown} can only be read", "publish to the folder or the bucket that is served there"
        )

    def _get(self, path: str, max_bytes: int, what: str) -> bytes | None:
        try:
            with self._opener.open(f"{self.shown}/{path}", timeout=SILENCE_S) as answer:
                content: bytes = answer.read(max_bytes + 1)
                if len(content) > max_bytes:
                    raise too_large(what, self.shown, max_bytes)
                if answer.length:  # read() says so only where no size is given to it
                    raise http.client.IncompleteRead(b"")
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (404, 410):
                    return None
                raise unusable(self.shown, f"it answers {error.code}") from None
        except urllib.error.URLError as error:
            raise unusable(self.shown, _reason(error.reason)) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise unusable(self.shown, _reason(error)) from None
        return content


def _reason(error: object) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "its answer was cut short"
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return error if isinstance(error, str) else f"it does not speak HTTP ({type(error).__name__})"
