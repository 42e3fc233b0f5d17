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
    records: Iterable[BuildRecord],
    lag_s: int = 0,
    history: History | None = None,
    unlabelled: bool = False,
) -> Iterator[tuple[BuildRecord, array[float]]]:
    """Yield every labelled build with its features, in the order of their pushes.

    With `unlabelled`, builds whose outcome says nothing are yielded too; nothing is learned from them.

    A push knows the builds that had finished more than `lag_s` seconds before it, and all builds are
    learned in the order (finished_at, id): `history`, what was known before, is learned on and at the
    end knows everything.
    """
    history = history if history is not None else History()
    pending: list[_Pending] = []
    for number, record in enumerate(sorted(records, key=_judged)):
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


def judged_at(record: BuildRecord) -> int:
    """Return the moment at which a build's push is judged: never after the build itself has finished.

    Were a push of a later date (clocks differ between machines) believed, it would know what happened
    while its own build ran, and outcomes could not be learned in the order in which builds finished.
    """
    return min(record.change.pushed_at, record.finished_at)


def _judged(record: BuildRecord) -> tuple[int, str]:
    return judged_at(record), record.id


def _learn(history: History, pending: _Pending) -> None:
    history.learn(pending[3], pending[4])
