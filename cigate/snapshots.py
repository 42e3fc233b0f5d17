"""The repository's own history snapshot: the store folded into the file that every push opens.

One writer at a time: the lock is held from the reading of the store to the file's new name, so that who
comes last has seen the most. Must not know how a model is trained.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from cigate.errors import HistoryError
from cigate.failures import LastFailures, write_failures
from cigate.grading import Outcomes, grade
from cigate.history import History
from cigate.ledger import read_ledger
from cigate.places import history_path, state_dir
from cigate.progress import track
from cigate.track import judged_of, write_track

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from cigate.change import BuildRecord
    from cigate.ledger import Entry
    from cigate.places import HasCommonDir
    from cigate.stores import Store

    class Watcher(Protocol):
        """Whatever looks at each build while the store is read."""

        def take(self, record: BuildRecord) -> None:
            """Look at one record."""


LOCK = "history.lock"


def refresh_history(repo: HasCommonDir, store: Store, workflow: str = "") -> History:
    """Fold the builds of `workflow` ("": of all) in `store` into the repository's snapshot; return it.

    The old snapshot is there, whole, until the new one is.

    Raises:
        StoreError: where the store cannot be read.
        HistoryError: where the snapshot cannot be written.
    """
    path = history_path(repo)
    try:
        with _locked(state_dir(repo)):
            entries = _entries(repo)
            outcomes, failures = Outcomes(entry.head for entry in entries), LastFailures()
            history = fold_store(store, workflow, (outcomes, failures))
            _replace(path, history.snapshot())
            with suppress(OSError):  # it can be made up for; `cigate doctor` shows what there is
                write_track(repo, judged_of(grade(entries, outcomes)))
                write_failures(repo, failures.failures())
    except OSError as error:
        raise HistoryError(
            f"the history snapshot {path} cannot be written: {error.strerror or error}",
            "check the folder's permissions and the disk's free space; the builds are in the store",
        ) from error
    return history


def fold_store(store: Store, workflow: str = "", watchers: Sequence[Watcher] = ()) -> History:
    """Return the history after all builds of `workflow` ("": of all) in `store`; `watchers` see each."""
    history = History()
    for record in track(store.read(workflow), "folding builds"):
        history.learn(record)
        for watcher in watchers:
            watcher.take(record)
    return history


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
