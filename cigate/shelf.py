"""Build records held small, in the order in which their pushes are judged.

A record of two commits and seven files takes 5 kB as objects and less than 1 kB packed; a training of a
million builds must fit into memory. Packed records never leave the process. Pure.
"""

from __future__ import annotations

from itertools import starmap
from marshal import dumps, loads
from operator import itemgetter

from cigate.change import BuildRecord, Change, Commit, FileChange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_ORDER = itemgetter(0, 1)


def judged_at(record: BuildRecord) -> int:
    """Return the moment at which a build's push is judged: never after the build itself has finished.

    Were a push of a later date (clocks differ between machines) believed, it would know what happened
    while its own build ran, and outcomes could not be learned in the order in which builds finished.
    """
    return moment_of(record.change.pushed_at, record.finished_at)


def moment_of(pushed_at: int, finished_at: int) -> int:
    """Return `judged_at` of a build whose record is packed."""
    return pushed_at if pushed_at < finished_at else finished_at


class Shelf:
    """Records in the order of (judged_at, id), whatever the order in which they came.

    What is taken from it equals what was given, and is made anew each time.
    """

    __slots__ = ("_entries", "_unpack")

    def __init__(self, records: Iterable[BuildRecord] = ()) -> None:
        self._fill(((judged_at(record), record.id, _pack(record)) for record in records), _unpack)

    @classmethod
    def of(cls, entries: Iterable[tuple[int, str, Any]], unpack: Callable[[Any], BuildRecord]) -> Shelf:
        """Return a shelf of records that are packed already: (judged_at, id, what `unpack` takes) of each."""
        shelf = cls.__new__(cls)
        shelf._fill(entries, unpack)
        return shelf

    def _fill(self, entries: Iterable[tuple[int, str, Any]], unpack: Callable[[Any], BuildRecord]) -> None:
        self._entries = sorted(entries, key=_ORDER)
        self._unpack = unpack

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, place: int) -> BuildRecord:
        return self._unpack(self._entries[place][2])

    def __iter__(self) -> Iterator[BuildRecord]:
        unpack = self._unpack
        for _, _, packed in self._entries:
            yield unpack(packed)


def _pack(r: BuildRecord) -> bytes:
    c = r.change
    commits = [
        (
            *(k.sha, k.parents, k.author, k.authored_at, k.committed_at, k.subject),
            [(f.path, f.added, f.deleted, f.status) for f in k.files],
            *(k.rest_files, k.rest_added, k.rest_deleted),
        )
        for k in c.commits
    ]
    change = (c.head, c.base, c.branch, c.author, c.pushed_at, c.target, c.event, c.complete)
    build = (r.outcome, r.started_at, r.finished_at, r.provider, r.workflow, r.attempt, r.url, r.p_run)
    return dumps((r.id, change, commits, build))


def _unpack(packed: bytes) -> BuildRecord:
    id, (head, base, branch, author, pushed_at, *rest), commits, build = loads(packed)  # noqa: S302 - made by this process
    unpacked = [
        Commit(sha, parents, author, written_at, made_at, subject, tuple(starmap(FileChange, files)), *more)
        for sha, parents, author, written_at, made_at, subject, files, *more in commits
    ]
    return BuildRecord(id, Change(head, base, branch, author, pushed_at, tuple(unpacked), *rest), *build)
