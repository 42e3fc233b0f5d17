"""The repository's own history snapshot: the store folded into the file that every push opens.

One writer at a time: the lock is held from the reading of the store to the file's new name, so that who
comes last has seen the most. Every file here can be deleted at any time: it is made again from the store.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b

from cigate import __version__
from cigate.errors import HistoryError
from cigate.failures import MOST, LastFailures, parse_failures, render_failures, write_failures
from cigate.grading import Outcomes, grade
from cigate.history import History
from cigate.ledger import read_ledger
from cigate.places import failures_path, history_path, state_dir
from cigate.progress import track
from cigate.track import judged_of, write_track

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.change import BuildRecord
    from cigate.failures import Failure
    from cigate.ledger import Entry
    from cigate.places import HasCommonDir
    from cigate.stores import Store

LOCK = "history.lock"
NO_DIGEST = "-"


class _Fold:
    """A history, the last failures, and what they come from: all builds that finished before `until`.

    `digest` is one over those builds.
    """

    def __init__(self, history: History, until: int, digest: str, failures: Sequence[Failure] = ()) -> None:
        self.history = history
        self.until = until
        self.digest = digest
        self.failures = list(failures)


def refresh_history(repo: HasCommonDir, store: Store, workflow: str = "") -> History:
    """Fold the builds of `workflow` ("": of all) in `store` into the repository's snapshot; return it.

    Only builds that are new are read where the snapshot holds exactly those that finished before them.
    The old snapshot is there, whole, until the new one is.

    Raises:
        StoreError: where the store cannot be read.
        HistoryError: where the snapshot cannot be written.
    """
    path = history_path(repo)
    try:
        with _locked(state_dir(repo)):
            entries = _entries(repo)
            outcomes = Outcomes(entry.head for entry in entries)
            fold = _fold(store, workflow, _read_known(repo), outcomes)
            snapshot = fold.history.snapshot()
            _replace(path, snapshot)
            with suppress(OSError):  # it can be made up for; `cigate doctor` shows what there is
                write_track(repo, judged_of(grade(entries, outcomes)))
                write_failures(repo, fold.failures)
                _replace(_mark_path(repo), _mark(snapshot, fold))
    except OSError as error:
        raise HistoryError(
            f"the history snapshot {path} cannot be written: {error.strerror or error}",
            "check the folder's permissions and the disk's free space; the builds are in the store",
        ) from error
    return fold.history


def _fold(store: Store, workflow: str, known: _Fold | None, outcomes: Outcomes) -> _Fold:
    """Return the history of all builds: `known` learned on, or where that is of others, one made anew."""
    outline = store.outline(workflow, outcomes.wanted)
    if outline is None:
        return _learn(_Fold(History(), 0, NO_DIGEST), store.read(workflow), outcomes)
    whole, before, until = blake2b(__version__.encode(), digest_size=20), "", 0
    for finished_at, said, record in outline:
        if known and not before and finished_at >= known.until:
            before = whole.hexdigest()
        if record:
            outcomes.take(record)
        whole.update(said.encode())
        until = max(until, finished_at + 1)
    fits = known is not None and known.digest == (before or whole.hexdigest())
    fold = known if known and fits else _Fold(History(), 0, NO_DIGEST)
    # What is appended from here on is left for the next time: it is not in the digest.
    _learn(fold, store.read(workflow, fold.until, until))
    fold.until, fold.digest = until, whole.hexdigest()
    return fold


def _learn(fold: _Fold, records: Iterable[BuildRecord], outcomes: Outcomes | None = None) -> _Fold:
    last = LastFailures()
    for record in track(records, "folding builds"):
        fold.history.learn(record)
        last.take(record)
        if outcomes:
            outcomes.take(record)
    fold.failures = [*fold.failures, *last.failures()][-MOST:]
    return fold


def _mark(snapshot: bytes, fold: _Fold) -> bytes:
    own = _digest(snapshot, render_failures(fold.failures))
    return f"{own} {fold.until} {fold.digest}\n".encode()


def _digest(*parts: bytes) -> str:
    return blake2b(b"".join(parts), digest_size=20).hexdigest()


def _read_known(repo: HasCommonDir) -> _Fold | None:
    """Return the snapshot and what it was folded from; None where that cannot be told."""
    try:
        snapshot, mark, failures = map(_read, (history_path(repo), _mark_path(repo), failures_path(repo)))
        own, until, digest = mark.decode("ascii").split()
        if own != _digest(snapshot, failures):
            return None
        return _Fold(History.restore(snapshot), int(until), digest, parse_failures(failures))
    except (OSError, ValueError, HistoryError):
        return None


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _mark_path(repo: HasCommonDir) -> str:
    return history_path(repo) + ".mark"


def _entries(repo: HasCommonDir) -> list[Entry]:
    try:
        return read_ledger(repo)
    except OSError:  # `cigate doctor` says so
        return []


def _replace(path: str, data: bytes) -> None:
    """Put `data` at `path` in one step, whatever happens on the way.

    Who holds the lock is alone: one name for what is half written, so that kills leave no pile of it.
    """
    temporary = f"{path}.new"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Wait for the lock that the system drops when its holder dies, and hold it."""
    from fcntl import LOCK_EX, flock

    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, LOCK), "ab") as file:
        flock(file, LOCK_EX)
        yield
