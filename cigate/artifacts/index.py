"""What a pointer says: every model that was published under a name, and which one is the latest.

Pure. What is read comes from a server: each field is checked, and nothing in it is believed of a model
beyond what the model's own manifest, which is found by its digest, says again.
"""

from __future__ import annotations

import json

from cigate.artifacts.layout import is_digest
from cigate.change import Fact
from cigate.errors import ArtifactError, UsageError
from cigate.model.strict_json import parse_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

FORMAT = 1
MAX_VERSIONS = 200
MAX_INDEX_BYTES = 1 << 18
MIN_PREFIX = 6


class Version(Fact):
    """One published model: `digest` names its manifest, `signature` ("": none) the signature of that."""

    __slots__ = ("created_at", "digest", "model_id", "published_at", "signature")
    digest: Final[str]
    model_id: Final[str]
    created_at: Final[int]
    published_at: Final[int]
    signature: Final[str]

    def __init__(
        self, digest: str, model_id: str, created_at: int, published_at: int, signature: str = ""
    ) -> None:
        self.digest = digest
        self.model_id = model_id
        self.created_at = created_at
        self.published_at = published_at
        self.signature = signature


class Index(Fact):
    """The versions in the order in which they were published, and the digest of the latest."""

    __slots__ = ("latest", "versions")
    latest: Final[str]
    versions: Final[tuple[Version, ...]]

    def __init__(self, latest: str = "", versions: tuple[Version, ...] = ()) -> None:
        self.latest = latest
        self.versions = versions

    def publish(self, version: Version) -> Index:
        """Return the index with `version` as the last and latest one; the oldest leave a full list."""
        others = [known for known in self.versions if known.digest != version.digest]
        return Index(version.digest, (*others, version)[-MAX_VERSIONS:])

    def choose(self, digest: str) -> Index:
        """Return the index with another of its versions as the latest."""
        return Index(digest, self.versions)

    def find(self, start: str) -> Version:
        """Return the one version whose digest begins with `start`.

        Raises:
            UsageError: where none or several do, or where `start` is too short to mean one.
        """
        found = [version for version in self.versions if version.digest.startswith(start)]
        if len(start) < MIN_PREFIX or len(found) != 1:
            many = "several models begin with" if len(found) > 1 else "no published model begins with"
            why = f"{many} {start[:64]!r}" if len(start) >= MIN_PREFIX else f"{start!r} is too short"
            raise UsageError(why, f"cigate models list shows them; {MIN_PREFIX} digits or more name one")
        return found[0]

    def before_latest(self) -> Version:
        """Return the version that was published before the latest one."""
        digests = [version.digest for version in self.versions]
        place = digests.index(self.latest)
        if place == 0:
            raise UsageError("no model was published before the latest one", "cigate models list")
        return self.versions[place - 1]


def render_index(index: Index) -> bytes:
    """Return an index as JSON with a newline at its end."""
    plain = {
        "format": FORMAT,
        "latest": index.latest,
        "versions": [{key: getattr(v, key) for key in v.__slots__} for v in index.versions],
    }
    return f"{json.dumps(plain, sort_keys=True, indent=1)}\n".encode("ascii")


def parse_index(data: bytes, shown: str) -> Index:
    """Return the index that `data` describes; `shown` names the place it comes from.

    Raises:
        ArtifactError: where it is not one, or not of this program's format.
    """
    try:
        plain = parse_json(data)
        if type(plain) is dict and type(plain["format"]) is int and plain["format"] > FORMAT:
            raise ArtifactError(
                f"the list of models in {shown} is of format {plain['format']}, this cigate reads {FORMAT}",
                "upgrade cigate here: pip install --upgrade cigate",
            )
        versions = tuple(_read_version(version) for version in plain["versions"])
        index = Index(plain["latest"], versions)
        digests = [version.digest for version in versions]
        if plain["format"] != FORMAT or index.latest not in digests or len(set(digests)) != len(digests):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise ArtifactError(
            f"the list of models in {shown} is damaged, or not cigate's", "is that the right URL and --name?"
        ) from None
    return index


def _read_version(plain: dict[str, Any]) -> Version:
    version = Version(**plain)
    times = (version.created_at, version.published_at)
    texts = (version.digest, version.signature or version.digest)
    name = version.model_id
    fit = all(type(text) is str and is_digest(text) for text in texts)
    fit = fit and all(type(at) is int and 0 <= at < 1 << 53 for at in times)
    if not fit or type(name) is not str or not 0 < len(name) <= 100 or not name.isprintable():
        raise ValueError
    return version
