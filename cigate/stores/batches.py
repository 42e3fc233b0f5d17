"""What an object of builds is: JSON lines, compressed, whose name and first line say what is in it.

A single build's name tells all that finding it needs. A batch begins with a line that does the same for
each of its builds, then come the builds as they finished, in chunks that can be read one by one.
Must not know where objects are kept.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from typing import Any, Final

from cigate.change import BuildRecord, Fact
from cigate.errors import StoreError
from cigate.spool import parse_record, render_record
from cigate.stores.bucket import damaged

FOLDER: Final = "builds"
REALMS: Final = "repositories"
FORMAT: Final = 1
CHUNK: Final = 200
LEVEL: Final = 6
_END: Final = ".jsonl.gz"
_ONE: Final = re.compile(r"one_(-?\d+)_(-?\d+)_([0-9a-f]{32})_([0-9a-f]+)")
_MANY: Final = re.compile(r"many_(-?\d+)_(-?\d+)_(\d+)_(\d+)_[0-9a-f]+")
_UNUSUAL: Final = re.compile(r"[^A-Za-z0-9_.-]")
_HEX: Final = re.compile(r"[0-9a-f]{1,64}")
_LAST_DAY: Final = 253_402_214_400
# What reading bytes may raise that were written or damaged by somebody else.
_BROKEN: Final = (
    *(EOFError, KeyError, OSError, OverflowError, RecursionError, TypeError, ValueError),
    zlib.error,
)


class Part(Fact):
    """One object, as far as its name tells: its builds finished from `first` to `last`.

    `header` is the length of the part that tells the rest, 0 for a single build.
    """

    __slots__ = ("count", "first", "header", "last", "name")

    def __init__(self, name: str, first: int, last: int, count: int, header: int) -> None:
        self.name: Final = name
        self.first: Final = first
        self.last: Final = last
        self.count: Final = count
        self.header: Final = header

    @property
    def realm(self) -> str:
        """Return what `realm_of` returned for the repository whose builds these are."""
        return self.name.rpartition(f"{FOLDER}/")[0]


class Contents(Fact):
    """What is in an object, build by build in its order; `kinds` are (workflow, outcome), `kind` the place.

    `ids` are digests. A revision counts how often an author was taken out. `chunks` are lengths.
    """

    __slots__ = ("chunks", "finished", "heads", "ids", "kind", "kinds", "revisions", "started")

    def __init__(
        self,
        ids: Sequence[bytes],
        heads: Sequence[str],
        started: Sequence[int],
        finished: Sequence[int],
        revisions: Sequence[int] = (0,),
        kinds: Sequence[tuple[str, str]] = (),
        kind: Sequence[int] = (),
        chunks: Sequence[int] = (),
    ) -> None:
        self.ids: Final = ids
        self.heads: Final = heads
        self.started: Final = started
        self.finished: Final = finished
        self.revisions: Final = revisions
        self.kinds: Final = kinds
        self.kind: Final = kind
        self.chunks: Final = chunks

    def chunk_from(self, at: int) -> int:
        """Return the first chunk that may hold a build which finished at `at` or later."""
        return max(0, bisect_left(self.finished, at)) // CHUNK


class Row(Fact):
    """A build in an object, and its revision there."""

    __slots__ = ("record", "revision")

    def __init__(self, record: BuildRecord, revision: int = 0) -> None:
        self.record: Final = record
        self.revision: Final = revision

    @property
    def key(self) -> tuple[int, str, int]:
        """Return what builds are ordered by; of two of one id and time, the newer revision comes first."""
        return self.record.finished_at, self.record.id, -self.revision


def folder_of(at: int) -> str:
    """Return the folder of the day on which a build finished."""
    day = datetime.fromtimestamp(min(max(at, 0), _LAST_DAY), UTC)
    return f"{FOLDER}/{day:%Y/%m/%d}"


def realm_of(repository: str) -> str:
    """Return below what the objects of a repository lie, with a slash at its end; "" for no repository.

    A name may hold what no object store takes: the digest tells apart what looks alike without that.
    """
    if not repository:
        return ""
    readable = _UNUSUAL.sub("_", repository)[:100]
    return f"{REALMS}/{readable}-{digest_of(repository).hex()[:16]}/"


def digest_of(id: str) -> bytes:
    """Return what stands for a build's id in names and first lines."""
    return blake2b(id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def make_object(rows: Sequence[Row], mark: str = "", realm: str = "") -> tuple[str, bytes]:
    """Return the name and the content of an object of these builds of one realm.

    `mark` makes a name that nobody else has.
    """
    rows = sorted(rows, key=lambda row: row.key)
    first, head = rows[0].record, rows[0].record.change.head
    if len(rows) == 1 and not mark and _HEX.fullmatch(head):
        name = f"one_{first.finished_at}_{first.started_at}_{digest_of(first.id).hex()}_{head}"
        return _path(realm, first.finished_at, name), _pack(render_record(first) + b"\n")
    chunks = [_pack(_lines(rows[at : at + CHUNK])) for at in range(0, len(rows), CHUNK)]
    header = _pack(_render_header(rows, chunks))
    content = header + b"".join(chunks)
    last = rows[-1].record.finished_at
    mark = mark or sha256(content).hexdigest()[:24]
    name = f"many_{first.finished_at}_{last}_{len(rows)}_{len(header)}_{mark}"
    return _path(realm, first.finished_at, name), content


def parse_name(name: str) -> tuple[Part, Contents | None] | None:
    """Return the part of that name, with its contents where it tells them; None where it is none of ours."""
    base = name.rpartition("/")[2]
    if not base.endswith(_END):
        return None
    base = base.removesuffix(_END)
    if one := _ONE.fullmatch(base):
        finished, started = int(one[1]), int(one[2])
        contents = Contents((bytes.fromhex(one[3]),), (one[4],), (started,), (finished,))
        return Part(name, finished, finished, 1, 0), contents
    if many := _MANY.fullmatch(base):
        first, last, count, header = map(int, many.groups())
        return Part(name, first, last, count, header), None
    return None


def parse_header(content: bytes, shown: str) -> Contents:
    """Return what the first line of an object says.

    Raises:
        StoreError: it is damaged, or of a newer cigate.
    """
    try:
        plain = json.loads(gzip.decompress(content))
        if plain["cigate"] != FORMAT:
            raise StoreError(
                f"the store {shown} was written by a newer cigate", "pip install --upgrade 'cigate[s3]'"
            )
        ids = bytes.fromhex(plain["ids"])
        return Contents(
            ids=[ids[at : at + 16] for at in range(0, len(ids), 16)],
            heads=plain["heads"],
            started=array("q", plain["started"]),
            finished=array("q", plain["finished"]),
            revisions=array("q", plain["revisions"]),
            kinds=[(workflow, outcome) for workflow, outcome in plain["kinds"]],
            kind=array("q", plain["kind"]),
            chunks=plain["chunks"],
        )
    except _BROKEN as error:
        raise damaged(shown) from error


def parse_rows(content: bytes, revisions: Sequence[int], shown: str) -> Iterator[Row]:
    """Yield the builds of one chunk or more, whose revisions are given.

    Raises:
        StoreError: one cannot be read.
    """
    try:
        lines = gzip.decompress(content).splitlines()
        for line, revision in zip(lines, revisions, strict=True):
            yield Row(parse_record(line), revision)
    except _BROKEN as error:
        raise damaged(shown) from error


def _render_header(rows: Sequence[Row], chunks: Sequence[bytes]) -> bytes:
    records = [row.record for row in rows]
    pairs = [(record.workflow, record.outcome) for record in records]
    kinds = {pair: place for place, pair in enumerate(dict.fromkeys(pairs))}
    plain: dict[str, Any] = {
        "cigate": FORMAT,
        "ids": b"".join(digest_of(record.id) for record in records).hex(),
        "heads": [record.change.head for record in records],
        "started": [record.started_at for record in records],
        "finished": [record.finished_at for record in records],
        "revisions": [row.revision for row in rows],
        "kinds": list(kinds),
        "kind": [kinds[pair] for pair in pairs],
        "chunks": [len(chunk) for chunk in chunks],
    }
    return json.dumps(plain, separators=(",", ":")).encode() + b"\n"


def _lines(rows: Sequence[Row]) -> bytes:
    return b"".join(render_record(row.record) + b"\n" for row in rows)


def _pack(data: bytes) -> bytes:
    return gzip.compress(data, LEVEL, mtime=0)


def _path(realm: str, at: int, name: str) -> str:
    return f"{realm}{folder_of(at)}/{name}{_END}"
