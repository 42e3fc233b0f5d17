"""The last failures here, as a file that a warning reads: which looked like it, since when a branch is red.

On the path of a push that is warned about, and of no other. Holds no author; paths and words only as hashes.
Its absence means that nothing is known; it must not stop anything.
"""

from __future__ import annotations

import os
from math import log

from cigate.change import Fact
from cigate.history.digest import Digest
from cigate.history.keys import key_of
from cigate.judgement import Alike
from cigate.places import failures_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from cigate.change import BuildRecord
    from cigate.places import HasCommonDir

HEADER = b"cigate-failures 1\n"
MOST = 200  # failures kept
MOST_FILES = 16  # of one failure: those beyond say little more
MOST_BYTES = 262_144
LONGEST = 300  # of a branch or a link, in bytes
ALIKE = 0.25  # the share of what two changes touch and say, rare things counting more


class Failure(Fact):
    """One failed build: when it finished, what was built, and hashes of what it touched and said."""

    __slots__ = ("at", "branch", "head", "tokens", "url")
    at: Final[int]
    head: Final[str]
    branch: Final[str]
    url: Final[str]
    tokens: Final[frozenset[str]]

    def __init__(self, at: int, head: str, branch: str, url: str, tokens: frozenset[str]) -> None:
        self.at = at
        self.head = head
        self.branch = branch
        self.url = url
        self.tokens = tokens


class LastFailures:
    """Keeps the newest MOST failures of the builds that it is shown, in the order of finishing."""

    def __init__(self) -> None:
        self._records: list[BuildRecord] = []

    def take(self, record: BuildRecord) -> None:
        """Look at one record."""
        if record.failed and record.change.head:
            self._records.append(record)
            if len(self._records) > 2 * MOST:
                del self._records[:MOST]

    def failures(self) -> list[Failure]:
        """Return them, oldest first."""
        return [_failure(record) for record in self._records[-MOST:]]


def tokens_of(digest: Digest) -> frozenset[str]:
    """Return hashes of the files, folders and words of a change."""
    keys = [*digest.file_keys[:MOST_FILES], *digest.folder_keys[:MOST_FILES]]
    return frozenset(f"{key:x}" for key in [*keys, *(key_of("w:" + word) for word in digest.words)])


def nearest(failures: Sequence[Failure], digest: Digest) -> Alike | None:
    """Return the failure that looked most like the change of `digest`, None where none did."""
    return next(iter(rank(failures, digest)), None)


def rank(failures: Sequence[Failure], digest: Digest) -> list[Alike]:
    """Return the failures that looked like the change of `digest`: most first, the latest of equals.

    What many failures have in common counts little.
    """
    own = tokens_of(digest)
    seen: dict[str, int] = {}
    for failure in failures:
        for token in failure.tokens:
            seen[token] = seen.get(token, 0) + 1
    worth = {token: log(1.0 + len(failures) / seen.get(token, 1)) for token in own | seen.keys()}
    mine = sum(worth[token] for token in own)
    found = []
    for failure in failures:
        common = sum(worth[token] for token in failure.tokens & own)
        total = mine + sum(worth[token] for token in failure.tokens) - common
        if total and common / total >= ALIKE:
            found.append(Alike(failure.head, failure.branch, failure.at, failure.url, common / total))
    return sorted(found, key=lambda alike: (-alike.share, -alike.at))


def red_since(failures: Sequence[Failure], branch: str, at: int) -> str:
    """Return the commit whose build turned `branch` red at the moment `at`, "" where it is not known."""
    return next((f.head for f in failures if f.at == at and f.branch == branch), "")


def read_failures(repo: HasCommonDir) -> list[Failure]:
    """Return what is known, oldest first; nothing where it cannot be read."""
    try:
        with open(failures_path(repo), "rb") as file:
            return parse_failures(file.read(MOST_BYTES))
    except OSError:
        return []


def parse_failures(data: bytes) -> list[Failure]:
    """Return the failures of a file's bytes; nothing where it is of another form."""
    if not data.startswith(HEADER):
        return []
    found = []
    for line in data[len(HEADER) :].split(b"\n")[:-1]:
        try:
            at, head, branch, url, tokens = line.decode().split("\t")
            found.append(Failure(int(at), head, branch, url, frozenset(tokens.split())))
        except ValueError:
            return []
    return found


def render_failures(failures: Sequence[Failure]) -> bytes:
    """Return the newest MOST of `failures` as `parse_failures` reads them."""
    return HEADER + b"".join(map(_line, failures[-MOST:]))


def write_failures(repo: HasCommonDir, failures: Sequence[Failure]) -> None:
    """Put the failures in place in one step.

    Raises:
        OSError: it cannot be written.
    """
    path = failures_path(repo)
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        with open(temporary, "xb") as file:
            file.write(render_failures(failures))
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _failure(record: BuildRecord) -> Failure:
    change = record.change
    return Failure(record.finished_at, change.head, change.branch, record.url, tokens_of(Digest(change)))


def _line(failure: Failure) -> bytes:
    tokens = " ".join(sorted(failure.tokens)).encode()
    facts = (b"%d" % failure.at, failure.head.encode(), _text(failure.branch), _text(failure.url), tokens)
    return b"\t".join(facts) + b"\n"


def _text(text: str) -> bytes:
    """Return a name on one line; one too long to be shown is left out: half a link leads nowhere."""
    data = text.encode("utf-8", "backslashreplace")
    return b"" if len(data) > LONGEST or set(data) & set(b"\t\r\n") else data
