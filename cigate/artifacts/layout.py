"""Where objects and pointers stand in a place, which names there may be, and what is said of trouble.

Pure. The same paths below a folder, a bucket's prefix and a web address: any of them can be served
or copied as another. No message made here holds anything that was in a refused URL.
"""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit

from cigate.errors import ArtifactError, Overtaken, UsageError

MAX_NAME = 64
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def parse_url(url: str) -> str:
    """Return the scheme of `url`, "file" for a plain path.

    Raises:
        ArtifactError: where it holds a user, a password, options or signs that have no place there.
    """
    if "://" not in url:
        if not url or "\0" in url:
            raise ArtifactError("no place for models is named", "give a folder or a URL")
        return "file"
    try:
        parts = urlsplit(url)
        wrong = "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable() or " " in url
        wrong = wrong or bool(parts.port and parts.scheme == "file")
    except ValueError:
        wrong = True
    if wrong:
        raise ArtifactError(
            "the URL for models cannot be used (it is not shown: it may hold a password)",
            "leave user, password, ? and # out of it: each kind of place has its own way to log in",
        )
    return parts.scheme


def is_local(host: str) -> bool:
    """Return whether `host` (with or without a port) is this machine, where http is as good as https."""
    return host.partition(":")[0] in ("127.0.0.1", "localhost") or host.startswith("[::1]")


def check_name(name: str) -> str:
    """Return `name` if a model may be published under it."""
    fit = 0 < len(name) <= MAX_NAME and name[0] in LETTERS and not name.strip(LETTERS + "._-")
    if not fit or name.startswith("sha256-"):
        raise UsageError(
            f"{name[:MAX_NAME]!r} is no name for a model",
            f"small letters, digits and . _ -, beginning with a letter or digit, at most {MAX_NAME}",
        )
    return name


def is_digest(text: str) -> bool:
    """Return whether `text` is a SHA-256 as cigate writes it."""
    return len(text) == 64 and not text.strip("0123456789abcdef")


def object_path(digest: str) -> str:
    """Return the path of an object, with / between its parts."""
    return f"objects/sha256/{digest[:2]}/{digest}"


def pointer_path(name: str) -> str:
    """Return the path of a pointer, with / between its parts."""
    return f"models/{check_name(name)}.json"


def digest_of(content: bytes) -> str:
    """Return the SHA-256 that names an object."""
    return sha256(content).hexdigest()


def check_object(content: bytes, digest: str, shown: str) -> bytes:
    """Return `content` if it is the object that `digest` names."""
    if digest_of(content) != digest:
        raise ArtifactError(
            f"the object {digest[:12]} in {shown} is damaged: its SHA-256 is another one",
            "publish that model again; another one can be chosen with cigate models",
        )
    return content


def missing_object(digest: str, shown: str) -> ArtifactError:
    """Return the error for an object that is not there."""
    return ArtifactError(
        f"the object {digest[:12]} is missing in {shown}",
        "publish that model again; another one can be chosen with cigate models",
    )


def too_large(what: str, shown: str, max_bytes: int) -> ArtifactError:
    """Return the error for more bytes than what is asked for may have."""
    size = f"{max_bytes >> 20} MiB" if max_bytes >= 1 << 20 else f"{max_bytes >> 10} KiB"
    return ArtifactError(f"{what} in {shown} is larger than {size}", "is that the right URL?")


def overtaken(name: str, shown: str) -> Overtaken:
    """Return the error for a pointer that somebody else moved in the meantime."""
    return Overtaken(
        f"somebody else published {name} to {shown} in the meantime; theirs is the latest",
        "look with cigate models list, and publish again if yours should be the latest",
    )


def unusable(shown: str, why: str, hint: str = "is the URL right, and the server up?") -> ArtifactError:
    """Return the error for a place that does not do what it is asked for."""
    return ArtifactError(f"{shown} cannot be used: {why}", hint)
