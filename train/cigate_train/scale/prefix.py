"""Where results are kept: a folder, or a prefix of an object store. A file is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from cigate.artifacts.layout import is_local
from cigate.errors import ArtifactError, MissingExtra

if TYPE_CHECKING:
    from obstore.store import ClientConfig

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


class Prefix(Protocol):
    """Files under names with slashes in them."""

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, None where there is none."""

    def write(self, name: str, content: bytes) -> None:
        """Put `content` there, in the place of what there was."""


class Folder:
    """A folder that every worker sees under the same path."""

    def __init__(self, path: str) -> None:
        self._path = Path(path).absolute()

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, None where there is none."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._trouble(error) from None

    def write(self, name: str, content: bytes) -> None:
        """Put `content` there in one step."""
        target = self._path / name
        temporary = target.with_name(f".{target.name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(content)
            os.replace(temporary, target)
        except OSError as error:
            raise self._trouble(error) from None
        finally:
            temporary.unlink(missing_ok=True)

    def _trouble(self, error: OSError) -> ArtifactError:
        return ArtifactError(
            f"{self._path} cannot be used: {error.strerror}", "every worker must see the folder and may write"
        )


class Objects:
    """A prefix of an object store."""

    def __init__(self, url: str) -> None:
        from obstore import exceptions
        from obstore.store import from_url

        self._shown = url.rstrip("/")
        self._errors = (exceptions.BaseError, OSError)
        given = next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), "")
        options: ClientConfig = {"timeout": "60s", "connect_timeout": "10s"}
        if is_local(urlsplit(given).netloc):
            options["allow_http"] = True
        try:
            self._store = from_url(self._shown, client_options=options)
        except (*self._errors, ValueError) as error:
            raise self._trouble(error) from None

    def read(self, name: str) -> bytes | None:
        """Return the content of an object, None where there is none."""
        import obstore

        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            return None
        except self._errors as error:
            raise self._trouble(error) from None

    def write(self, name: str, content: bytes) -> None:
        """Put `content` there in one step."""
        import obstore

        try:
            obstore.put(self._store, name, content)
        except self._errors as error:
            raise self._trouble(error) from None

    def _trouble(self, error: Exception) -> ArtifactError:
        """Return the error in our words: the library's own show whole requests."""
        return ArtifactError(
            f"{self._shown} cannot be used: {type(error).__name__}",
            "are the bucket, region, endpoint and credentials right on every worker, and is the server up?",
        )


def open_prefix(url: str) -> Prefix:
    """Return the folder or object store at `url`.

    Raises:
        MissingExtra: it is an object store, and its library is not installed.
    """
    if "://" not in url:
        return Folder(url)
    try:
        return Objects(url)
    except ModuleNotFoundError:
        raise MissingExtra("a prefix in an object store", "s3") from None
