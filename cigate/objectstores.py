"""The one way to S3 and other object stores (obstore, an extra): how to connect, and what an error means.

Credentials, region and endpoint come from where the store's own tools take them (AWS_* variables, for
one). Must not let the library's own messages out: they show whole requests.
"""

from __future__ import annotations

import os
import re
from typing import Any, Final
from urllib.parse import urlsplit

from cigate.artifacts.layout import is_local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore

CONNECT_S: Final = 10
_REFUSED: Final = re.compile(r"status code: 40[13]\b")
ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


def connect(url: str, request_s: int) -> ObjectStore:
    """Return the store at `url`, in which one request may last that long; nothing is asked of it yet.

    Raises:
        ModuleNotFoundError: obstore is not installed.
        obstore.exceptions.BaseError, ValueError: the URL cannot be used.
    """
    from obstore.store import from_url

    options: ClientConfig = {
        "timeout": f"{request_s}s",
        "connect_timeout": f"{min(CONNECT_S, request_s)}s",
    }
    if _is_local_endpoint():
        options["allow_http"] = True
    retries: Any = {"max_retries": 2}
    store: ObjectStore = from_url(url, client_options=options, retry_config=retries)
    return store


def reason_of(error: Exception) -> tuple[str, str]:
    """Return what `error` means, and what to do about it."""
    from obstore import exceptions

    refused = isinstance(error, exceptions.UnauthenticatedError | exceptions.PermissionDeniedError)
    # Listing has no error of its own for it.
    if refused or _REFUSED.search(str(error)):
        return "it refuses these credentials", "which ones are set here?"
    if isinstance(error, exceptions.NotSupportedError):
        return "it cannot compare and swap", "use a store that knows If-Match"
    return (
        f"the store did not answer as it should ({type(error).__name__})",
        "are the bucket, region, endpoint and credentials right, and is the server up?",
    )


def _is_local_endpoint() -> bool:
    given = next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), "")
    return is_local(urlsplit(given).netloc)
