"""Replay of finished builds: each judged with only what had finished when it was pushed.

The one road from build records to feature vectors, for training, backtest and benchmarks alike. Pure.
"""

from __future__ import annotations

from heapq import heappop, heappush

from cigate.features import Moment, vector_of
from cigate.history import History
from cigate.history.digest import Digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Iterator

    from cigate.change import BuildRecord

    _Pending = tuple[int, str, int, BuildRecord, Digest]


def replay(
    records: Iterable[BuildRecord], lag_s: int = 0, history: History | None = None
) -> Iterator[tuple[BuildRecord, array[float]]]:
    """Yield every labelled build with its features, in the order of their pushes.

    An outcome is known `lag_s` seconds after its build has finished, and outcomes are learned in the
    order (finished_at, id). `history` is what was known before; it is learned on.
    """
    history = history if history is not None else History()
    pending: list[_Pending] = []
    for number, record in enumerate(sorted(records, key=_pushed)):
        if record.failed is None:
            continue
        at = record.change.pushed_at
        while pending and pending[0][0] + lag_s <= at:
            _learn(history, heappop(pending))
        digest = Digest(record.change)
        yield record, vector_of(Moment(record.change, history, at, digest))
        heappush(pending, (max(record.finished_at, at), record.id, number, record, digest))
    while pending:
        _learn(history, heappop(pending))


def _pushed(record: BuildRecord) -> tuple[int, str]:
    return record.change.pushed_at, record.id


def _learn(history: History, pending: _Pending) -> None:
    history.learn(pending[3], pending[4])
