"""Records on their way to a store: each in a file of its own until the store has it.

A file appears whole or not at all, named by the digest of its record's id: the same record twice is
one file. It goes only after the store has taken it, and stores take an id once, so that whoever is
killed in between loses and doubles nothing. Must not hold, or be told, a store's URL.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final

from cigate.change import BuildRecord, Fact, change_from_plain, change_to_plain
from cigate.errors import StoreError
from cigate.forgetting import names, record_without

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.stores import Store

FORMAT: Final = 1
BATCH: Final = 500
ABANDONED_S: Final = 3600
_SUFFIX: Final = ".json"
_FACTS: Final = ("id", "outcome", "started_at", "finished_at", "provider", "workflow", "attempt", "url")


class Delivery(Fact):
    """What came of a delivery: files taken by the store, new builds among them, unreadable files."""

    __slots__ = ("damaged", "new", "taken")

    def __init__(self, taken: int, new: int, damaged: tuple[str, ...]) -> None:
        self.taken: Final = taken
        self.new: Final = new
        self.damaged: Final = damaged


def count_waiting(folder: str) -> int:
    """Return how many records wait in the spool `folder`, for whatever store."""
    return sum(name.endswith(_SUFFIX) for _, _, names in os.walk(folder) for name in names)


class Spool:
    """The records that wait for one store; `shown` is that store's URL without its secrets."""

    def __init__(self, folder: str, shown: str) -> None:
        self.folder: Final = os.path.join(folder, _digest(shown)[:16])

    def put(self, record: BuildRecord) -> None:
        """Keep `record` unless one of its id waits already; on return it is on the disk.

        Raises:
            StoreError: it cannot be written.
        """
        name = _digest(record.id) + _SUFFIX
        try:
            os.makedirs(self.folder, exist_ok=True)
            if not os.path.exists(os.path.join(self.folder, name)):
                self._write(name, render_record(record))
        except OSError as error:
            raise StoreError(
                f"the spool {self.folder} cannot be written: {error.strerror or error}",
                "check the folder's permissions and the disk's free space, or name another with --spool",
            ) from error

    def waiting(self) -> list[str]:
        """Return the files of the records that wait."""
        try:
            names = sorted(name for name in os.listdir(self.folder) if name.endswith(_SUFFIX))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"the spool {self.folder} cannot be read: {error.strerror}") from error
        return [os.path.join(self.folder, name) for name in names]

    def deliver(self, store: Store) -> Delivery:
        """Hand every waiting record to `store`, some hundreds at a time, and let go of what it took.

        Raises:
            StoreError: the store does not take them; they wait on.
        """
        self._sweep()
        taken = new = 0
        damaged: list[str] = []
        paths = self.waiting()
        for start in range(0, len(paths), BATCH):
            batch = dict(_read_all(paths[start : start + BATCH], damaged))
            new += store.append(batch.values())
            for path in batch:
                with suppress(FileNotFoundError):  # somebody else delivered it too
                    os.unlink(path)
            taken += len(batch)
        return Delivery(taken, new, tuple(damaged))

    def forget_author(self, author: str) -> int:
        """Put nobody in the place of `author`, a pseudonym; return in how many waiting records."""
        forgotten = 0
        for path, record in list(_read_all(self.waiting(), [])):
            if names(record.change, author):
                self._write(os.path.basename(path), render_record(record_without(record, author)))
                forgotten += 1
        return forgotten

    def _write(self, name: str, data: bytes) -> None:
        """Put a file into the folder in one step that outlasts a loss of power."""
        temporary = os.path.join(self.folder, f"{name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, os.path.join(self.folder, name))
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        finally:
            with suppress(OSError):
                os.unlink(temporary)

    def _sweep(self) -> None:
        """Remove what writers that were killed left half written."""
        with suppress(OSError):
            for entry in os.scandir(self.folder):
                old = entry.stat().st_mtime < time.time() - ABANDONED_S
                if old and not entry.name.endswith(_SUFFIX):
                    os.unlink(entry.path)


def render_record(record: BuildRecord) -> bytes:
    """Return `record` as JSON, whatever characters it holds."""
    plain: dict[str, Any] = {name: getattr(record, name) for name in _FACTS}
    plain["change"] = change_to_plain(record.change)
    if record.p_run != 1:
        plain["p_run"] = record.p_run
    return json.dumps({"format": FORMAT, "record": plain}, sort_keys=True).encode()


def parse_record(data: bytes) -> BuildRecord:
    """Return the record that was rendered.

    Raises:
        KeyError, TypeError, ValueError: it is not of this form.
    """
    try:
        plain = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if plain["format"] != FORMAT:
        raise ValueError(plain["format"])
    facts = plain["record"]
    change, p_run = change_from_plain(facts["change"]), float(facts.get("p_run", 1))
    return BuildRecord(change=change, p_run=p_run, **{name: facts[name] for name in _FACTS})


def _read_all(paths: list[str], damaged: list[str]) -> Iterator[tuple[str, BuildRecord]]:
    """Yield the files that can be read with their records; the others must not hold them up."""
    for path in paths:
        try:
            with open(path, "rb") as file:
                yield path, parse_record(file.read())
        except FileNotFoundError:
            continue  # delivered by somebody else
        except (OSError, KeyError, TypeError, ValueError):
            damaged.append(path)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
