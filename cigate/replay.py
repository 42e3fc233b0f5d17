"""Replay of finished builds: each judged with only what had finished when it was pushed.

The one road from build records to feature vectors, for training, backtest and benchmarks alike. Pure.
"""

from __future__ import annotations

from heapq import heappop, heappush

from cigate.features import Moment, vector_of
from cigate.history import History
from cigate.history.digest import Digest
from cigate.shelf import Shelf, judged_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Iterator

    from cigate.change import BuildRecord

    _Pending = tuple[int, str, int, BuildRecord, Digest]


def replay(
    records: Iterable[BuildRecord],
    lag_s: int = 0,
    history: History | None = None,
    unlabelled: bool = False,
) -> Iterator[tuple[BuildRecord, array[float]]]:
    """Yield every labelled build with its features, in the order of their pushes.

    With `unlabelled`, builds whose outcome says nothing are yielded too; nothing is learned from them.

    A push knows the builds that had finished more than `lag_s` seconds before it, and all builds are
    learned in the order (finished_at, id): `history`, what was known before, is learned on and at the
    end knows everything. Of a Shelf's records only those are whole in memory that are running.
    """
    history = history if history is not None else History()
    pending: list[_Pending] = []
    for number, record in enumerate(in_order(records)):
        labelled = record.failed is not None
        if not (labelled or unlabelled):
            continue
        at = judged_at(record)
        while pending and pending[0][0] + lag_s < at:
            _learn(history, heappop(pending))
        digest = Digest(record.change)
        yield record, vector_of(Moment(record.change, history, at, digest))
        if labelled:
            heappush(pending, (record.finished_at, record.id, number, record, digest))
    while pending:
        _learn(history, heappop(pending))


def in_order(records: Iterable[BuildRecord]) -> Iterable[BuildRecord]:
    """Return `records` in the order in which their pushes are judged."""
    return records if isinstance(records, Shelf) else sorted(records, key=_judged)


def _judged(record: BuildRecord) -> tuple[int, str]:
    return judged_at(record), record.id


def _learn(history: History, pending: _Pending) -> None:
    history.learn(pending[3], pending[4])
