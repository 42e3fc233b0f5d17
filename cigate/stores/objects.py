"""The store in an object store: objects of builds that are made and never changed, found by their names.

No lock, no pointer, no server: whoever writes makes an object of its own, and whoever reads puts all
together, each build once. It needs no more of a store than that what is written can be listed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from heapq import nlargest
from itertools import islice
from typing import Final, TypeVar

from cigate.change import FAILURES, BuildRecord
from cigate.forgetting import names, record_without
from cigate.stores import Counts
from cigate.stores.batches import (
    CHUNK,
    FOLDER,
    REALMS,
    Contents,
    Part,
    Row,
    digest_of,
    make_object,
    parse_header,
    parse_name,
    realm_of,
)
from cigate.stores.bucket import Bucket, Gone
from cigate.stores.compacting import compact, fresh_mark
from cigate.stores.merging import AT_ONCE, read_chunks, read_parts, read_realms, read_single, twice
from cigate.stores.packing import pack_change

BATCH: Final = 1000
_T = TypeVar("_T")
_R = TypeVar("_R")


class ObjectStore:
    """Builds below a bucket's prefix, or in a folder."""

    def __init__(self, url: str, deadline_s: float | None = None) -> None:
        self._bucket = Bucket(url, deadline_s)
        self.shown = self._bucket.shown
        self.repository = ""
        self._contents: dict[str, Contents] = {}
        self._ids: set[bytes] = set()

    def append(self, records: Iterable[BuildRecord]) -> int:
        """Add the records whose id is new, a thousand to an object; return how many."""
        stream = iter(records)
        added = 0
        while batch := list(islice(stream, BATCH)):
            known, realm = self._known(), realm_of(self.repository)
            rows = {digest_of(record.id): Row(record) for record in reversed(batch)}
            new = [row for digest, row in rows.items() if digest not in known]
            if new and self._bucket.create(*make_object(new, realm=realm)):
                added += len(new)
        return added

    def read(self, workflow: str = "", since: int = 0, until: int | None = None) -> Iterator[BuildRecord]:
        """Stream the builds that finished in [since, until), ordered by (finished_at, id)."""
        last: tuple[int, str, str] | None = None
        while True:
            try:
                start = since if last is None else last[0]
                for realm, row in read_realms(
                    self._bucket, self._parts(), self._known_contents, start, until
                ):
                    at = row.record.finished_at, row.record.id, realm
                    if last is None or at > last:
                        last = at
                        if not workflow or row.record.workflow == workflow:
                            yield row.record
                return
            except Gone:  # joined with others meanwhile: they hold what it held
                continue

    def outline(self, workflow: str = "", heads: Container[str] = ()) -> None:
        """Return None: the changes lie beside the builds, and come with them."""

    def read_commit(self, head: str) -> Sequence[BuildRecord]:
        """Return the builds of one commit, in the order in which they finished."""
        while True:
            try:
                parts = [part for part in self._parts() if head in self._contents[part.name].heads]
                found = self._together(parts, lambda part: self._of(part, head))
                break
            except Gone:
                continue
        rows = [
            (row.key, part.realm, row.record) for part, some in zip(parts, found, strict=True) for row in some
        ]
        first: dict[tuple[str, str], BuildRecord] = {}
        for (_, id, _), realm, record in sorted(rows, key=lambda row: row[:2]):
            first.setdefault((realm, id), record)
        return list(first.values())

    def heads(self, among: Sequence[str], newest: int, until: int) -> frozenset[str]:
        """Return the commits that were built: those `among` some, and those of the `newest` builds."""
        asked = frozenset(among)
        found: set[str] = set()
        latest: list[tuple[int, bytes, str]] = []
        for part in sorted(self._parts(), key=lambda part: part.last, reverse=True):
            contents = self._contents[part.name]
            builds = zip(contents.started, contents.finished, contents.ids, contents.heads, strict=True)
            if len(latest) < newest or (latest and part.last >= latest[-1][0]):
                begun = {(end, id, head) for start, end, id, head in builds if start <= until}
                latest = nlargest(newest, begun.union(latest))
                found |= {head for _, _, head in begun if head in asked}
            else:
                found |= {head for start, _, _, head in builds if start <= until and head in asked}
        return frozenset(found | {head for _, _, head in latest})

    def forget_author(self, author: str) -> int:
        """Put nobody in the place of `author`; objects that name one are made anew, and the old ones go."""
        done: set[str] = set()
        changes: set[str] = set()
        while parts := [part for part in self._parts(everywhere=True) if part.name not in done]:
            for part in parts:
                done.add(part.name)
                try:
                    rows = list(read_parts(self._bucket, [part], self._known_contents, part.first))
                except Gone:  # its builds are in another one, which comes next
                    continue
                named = {i for i, row in enumerate(rows) if names(row.record.change, author)}
                if not named:
                    continue
                changes |= {pack_change(rows[i].record.change)[0] for i in named}
                new = [_without(row, author) if i in named else row for i, row in enumerate(rows)]
                self._replace(part, new)
        return len(changes)

    def count_old(self, before: int) -> int:
        """Return how many builds had finished before that moment."""
        parts = [part for part in self._parts() if part.first < before]
        return sum(bisect_left(self._contents[part.name].finished, before) for part in parts)

    def prune(self, before: int) -> Iterator[tuple[int, int]]:
        """Delete the builds that had finished before that moment.

        An object that holds newer ones too is made anew with these alone. Yields (builds, objects) of each
        object that went, when it is gone. Interrupted, the builds of whole objects have gone.
        """
        done: set[str] = set()
        while old := [part for part in self._parts() if part.first < before and part.name not in done]:
            for part in old:
                done.add(part.name)
                try:
                    kept = list(read_parts(self._bucket, [part], self._known_contents, before))
                except Gone:  # its builds are in another one, which comes next
                    continue
                self._replace(part, kept)
                yield part.count - len(kept), 1

    def count(self) -> Counts:
        """Return how many builds, failures and builds of each workflow there are."""
        parts = self._parts()
        if twice([self._contents[part.name] for part in parts]):
            kinds = Counter((record.workflow, record.outcome) for record in self.read())
        else:
            kinds = self._count_kinds(parts)
        workflows: Counter[str] = Counter()
        for (workflow, _), number in kinds.items():
            workflows[workflow] += number
        return Counts(
            builds=workflows.total(),
            failures=sum(number for (_, outcome), number in kinds.items() if outcome in FAILURES),
            last_finished_at=max((part.last for part in parts), default=0),
            workflows=tuple(sorted(workflows.items(), key=lambda found: (-found[1], found[0]))),
        )

    def compact(self) -> tuple[int, int]:
        """Join small objects to larger ones; return how many went, and how many came."""
        return compact(self._bucket, self._parts, self._known_contents)

    def close(self) -> None:
        """Nothing is held."""

    def _replace(self, part: Part, rows: Sequence[Row]) -> None:
        """Put an object of `rows`, unless there are none, in the place of that of `part`."""
        if rows:
            self._bucket.create(*make_object(rows, fresh_mark(), part.realm))
        self._bucket.delete([part.name])

    def _folders(self, everywhere: bool) -> Sequence[str]:
        own = realm_of(self.repository)
        return [f"{own}{FOLDER}"] if own and not everywhere else [FOLDER, REALMS]

    def _parts(self, everywhere: bool = False) -> list[Part]:
        """List what there is now, and learn the contents of what is new here.

        Of the repository alone where one is named, unless it is to be `everywhere`.
        """
        while True:
            names = [name for folder in self._folders(everywhere) for name in self._bucket.names(folder)]
            found = filter(None, map(parse_name, names))
            parts: list[Part] = []
            unknown: list[Part] = []
            for part, contents in found:
                parts.append(part)
                if contents is not None:
                    self._contents.setdefault(part.name, contents)
                elif part.name not in self._contents:
                    unknown.append(part)
            try:
                for part, contents in zip(unknown, self._together(unknown, self._header), strict=True):
                    self._contents[part.name] = contents
            except Gone:
                continue
            return parts

    def _known(self) -> set[bytes]:
        """Return the digests of the ids of all builds of the repository, or of none."""
        own = realm_of(self.repository)
        for part in self._parts():
            if part.realm == own:
                self._ids.update(self._contents[part.name].ids)
        return self._ids

    def _known_contents(self, part: Part) -> Contents:
        return self._contents[part.name]

    def _header(self, part: Part) -> Contents:
        return parse_header(self._bucket.read(part.name, 0, part.header), self.shown)

    def _of(self, part: Part, head: str) -> list[Row]:
        if not part.header:
            return [read_single(self._bucket, part)]
        contents = self._contents[part.name]
        chunks = {place // CHUNK for place, other in enumerate(contents.heads) if other == head}
        rows = [row for n in sorted(chunks) for row in read_chunks(self._bucket, part, contents, n, n)]
        return [row for row in rows if row.record.change.head == head]

    def _count_kinds(self, parts: Sequence[Part]) -> Counter[tuple[str, str]]:
        kinds: Counter[tuple[str, str]] = Counter()
        for part in parts:
            contents = self._contents[part.name]
            kinds.update({contents.kinds[kind]: n for kind, n in Counter(contents.kind).items()})
        try:
            singles = self._together(
                [p for p in parts if not p.header], lambda p: read_single(self._bucket, p)
            )
        except Gone:
            return Counter((record.workflow, record.outcome) for record in self.read())
        kinds.update((row.record.workflow, row.record.outcome) for row in singles)
        return kinds

    def _together(self, items: Sequence[_T], work: Callable[[_T], _R]) -> list[_R]:
        """Return what `work` returns for each item; many requests wait at the same time."""
        if len(items) < 2:
            return [work(item) for item in items]
        with ThreadPoolExecutor(min(AT_ONCE, len(items))) as pool:
            return list(pool.map(work, items))


def _without(row: Row, author: str) -> Row:
    return Row(record_without(row.record, author), row.revision + 1)
