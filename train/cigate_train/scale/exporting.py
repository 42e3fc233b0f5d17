"""The new builds of a store, as lines that `cigate import jsonl` reads: one file, or files in a prefix.

Below a prefix it is remembered where the last run stopped, and a run that was cut short is finished under
the same names, so that no build is there twice. Must not hold more than one portion.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cigate.errors import StoreError, UsageError
from cigate.spool import render_record
from cigate.stores.sql import SqlStore
from cigate.stores.upkeep import newest_number, read_numbers
from cigate_train.scale.prefix import Prefix

STATE: Final = "export.json"
PORTION: Final = 20_000
ENDINGS: Final = (".jsonl", ".jsonl.gz")


@dataclass(frozen=True, slots=True)
class Stand:
    """How far an export is: `after` is done, and a run had set out to go as far as `until`."""

    store: str
    after: int = 0
    until: int = 0


def export_file(store: SqlStore, path: str, after: int) -> tuple[int, int]:
    """Write the builds above the number `after` into a file; return how many, and the last number.

    The file is there whole or not at all.
    """
    until = max(after, newest_number(store))
    temporary = Path(f"{path}.{os.getpid()}.new")
    try:
        with gzip.open(temporary, "wb") if path.endswith(".gz") else open(temporary, "wb") as file:
            count = 0
            for line in _lines(store, after, until):
                file.write(line)
                count += 1
        os.replace(temporary, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "--out FILE names another") from None
    finally:
        with suppress(OSError):
            temporary.unlink()
    return count, until


def export_prefix(store: SqlStore, prefix: Prefix, since: int | None) -> Iterator[tuple[str, int, int]]:
    """Write what is new in portions; yield the file ("": there was none), its builds and the last number.

    Raises:
        StoreError: what is there came from another store.
    """
    stand = _read_stand(prefix, store.shown) if since is None else Stand(store.shown, since, since)
    if stand.after < stand.until:  # cut short: the same portions under the same names
        yield from _write_portions(store, prefix, stand)
        stand = Stand(stand.store, stand.until, stand.until)
    newest = newest_number(store)
    if newest > stand.after:
        stand = Stand(stand.store, stand.after, newest)
        _write_stand(prefix, stand)
        yield from _write_portions(store, prefix, stand)


def _write_portions(store: SqlStore, prefix: Prefix, stand: Stand) -> Iterator[tuple[str, int, int]]:
    for after in range(stand.after, stand.until, PORTION):
        last = min(after + PORTION, stand.until)
        lines = list(_lines(store, after, last))
        name = f"{after + 1:012}-{last:012}.jsonl.gz" if lines else ""
        if lines:
            prefix.write(name, gzip.compress(b"".join(lines), mtime=0))
        _write_stand(prefix, Stand(stand.store, last, stand.until))
        yield name, len(lines), last


def _lines(store: SqlStore, after: int, until: int) -> Iterator[bytes]:
    """Render each build as the record it is, with its number and repository before it."""
    for number, repository, record in read_numbers(store, after, until):
        before = json.dumps({"number": number, "repository": repository})
        yield before[:-1].encode() + b", " + render_record(record)[1:] + b"\n"


def _read_stand(prefix: Prefix, shown: str) -> Stand:
    content = prefix.read(STATE)
    if content is None:
        return Stand(shown)
    try:
        plain = json.loads(content)
        stand = Stand(str(plain["store"]), int(plain["after"]), int(plain["until"]))
    except (KeyError, TypeError, ValueError, RecursionError):
        raise StoreError(
            f"{STATE} in the prefix of the export cannot be read", "--since N begins anew after that number"
        ) from None
    if stand.store != shown:
        raise StoreError(
            f"the prefix holds the export of {stand.store}", "--out names a prefix for each store"
        )
    return stand


def _write_stand(prefix: Prefix, stand: Stand) -> None:
    plain = {"store": stand.store, "after": stand.after, "until": stand.until}
    prefix.write(STATE, json.dumps(plain, sort_keys=True).encode() + b"\n")
