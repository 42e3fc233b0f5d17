"""The builds of many objects, each sorted, as one stream in the order in which they finished, each once.

Holds a few megabytes whatever there is: objects are opened when the stream comes to their time, and read
in ranges. Must not write anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from heapq import heappop, heappush
from itertools import chain
from typing import Final

from cigate.stores.batches import CHUNK, Contents, Part, Row, digest_of, parse_rows
from cigate.stores.bucket import Bucket

AT_ONCE: Final = 32
RANGE: Final = 1 << 20
Known = Callable[[Part], Contents]


def read_parts(
    bucket: Bucket, parts: Iterable[Part], known: Known, since: int = 0, until: int | None = None
) -> Iterator[Row]:
    """Yield the builds of `parts`, as `read_realms` does, without their realms."""
    return (row for _, row in read_realms(bucket, parts, known, since, until))


def read_realms(
    bucket: Bucket, parts: Iterable[Part], known: Known, since: int = 0, until: int | None = None
) -> Iterator[tuple[str, Row]]:
    """Yield the builds of `parts` that finished in [since, until), by (finished_at, id, realm).

    Before each stands its realm; each id comes once from each realm.

    Raises:
        Gone: a part is not there any more; what was yielded holds.
    """
    wanted = [p for p in parts if p.last >= since and (until is None or p.first < until)]
    suspects = twice([known(part) for part in wanted])
    met: set[tuple[str, bytes]] = set()
    for realm, row in _by_time(bucket, sorted(wanted, key=lambda p: (p.first, p.name)), known, since):
        if until is not None and row.record.finished_at >= until:
            return
        if suspects and (digest := digest_of(row.record.id))[:8] in suspects:
            if (realm, digest) in met:
                continue
            met.add((realm, digest))
        if row.record.finished_at >= since:
            yield realm, row


def twice(contents: Sequence[Contents]) -> frozenset[bytes]:
    """Return the beginnings of the ids that occur more than once; a few others may be among them."""
    import numpy as np

    joined = b"".join(id[:8] for part in contents for id in part.ids)
    beginnings = np.sort(np.frombuffer(joined, dtype=">u8"))
    again = beginnings[1:][beginnings[1:] == beginnings[:-1]]
    return frozenset(int(beginning).to_bytes(8, "big") for beginning in again)


def read_chunks(bucket: Bucket, part: Part, contents: Contents, first: int, last: int) -> Iterator[Row]:
    """Yield the builds in the chunks from `first` to `last`, which are fetched together."""
    start = part.header + sum(contents.chunks[:first])
    content = bucket.read(part.name, start, sum(contents.chunks[first : last + 1]))
    yield from parse_rows(content, contents.revisions[first * CHUNK : (last + 1) * CHUNK], bucket.shown)


def read_single(bucket: Bucket, part: Part) -> Row:
    """Return the build that an object of its own holds."""
    (row,) = parse_rows(bucket.read(part.name), (0,), bucket.shown)
    return row


def _by_time(bucket: Bucket, parts: Sequence[Part], known: Known, since: int) -> Iterator[tuple[str, Row]]:
    waiting = deque(parts)
    opening: deque[tuple[Part, Future[Iterator[Row]]]] = deque()
    streams: list[tuple[tuple[int, str, str, int], int, Row, Iterator[Row]]] = []
    opened = 0
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        while waiting or opening or streams:
            while waiting and len(opening) < AT_ONCE:
                part = waiting.popleft()
                opening.append((part, pool.submit(_open, bucket, part, known(part), since)))
            if opening and (not streams or opening[0][0].first <= streams[0][0][0]):
                part, coming = opening.popleft()
                stream, realm = coming.result(), part.realm
                opened += 1
                number = opened
            else:
                (_, _, realm, _), number, row, stream = heappop(streams)
                yield realm, row
            if (following := next(stream, None)) is not None:
                at, id, revision = following.key
                heappush(streams, ((at, id, realm, revision), number, following, stream))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _open(bucket: Bucket, part: Part, contents: Contents, since: int) -> Iterator[Row]:
    """Return the builds of a part, of which the first are there already."""
    if not part.header:
        return iter([read_single(bucket, part)])
    ranges = _ranges(contents, contents.chunk_from(since))
    first = next(ranges, None)
    if first is None:
        return iter(())
    rows = list(read_chunks(bucket, part, contents, *first))
    rest = chain.from_iterable(read_chunks(bucket, part, contents, *more) for more in ranges)
    return chain(rows, rest)


def _ranges(contents: Contents, first: int) -> Iterator[tuple[int, int]]:
    """Yield the first and the last chunk of each range that is fetched at once."""
    size = 0
    for chunk in range(first, len(contents.chunks)):
        size += contents.chunks[chunk]
        if size >= RANGE or chunk == len(contents.chunks) - 1:
            yield first, chunk
            first, size = chunk + 1, 0
