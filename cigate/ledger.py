"""The ledger: a line for each judgement made here, by which cigate is graded once builds have ended.

On the path of every push: one append, in whole lines. Local, bounded, without identities or messages; it
may be deleted at any time. That it cannot be written must not stop a push; `cigate doctor` says so.
"""

from __future__ import annotations

import os
from zlib import crc32

from cigate.change import Fact
from cigate.places import ledger_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from cigate.judgement import Judgement, Report
    from cigate.places import HasCommonDir

HOOK, PREDICT, RUN = "hook", "predict", "run"
SKIP = "skip"  # beside policy's pass, warn and block: let through because the commit asked for it
MAX_BYTES = 256 * 1024  # about 1,500 judgements; as many again are kept in the file before
MOST_AT_ONCE = 4096  # what the smallest pipe takes whole; a file takes no less
LONGEST_REF = 200
VERSION = b"1"


class Entry(Fact):
    """One judgement, as it was made.

    `door` is HOOK, PREDICT or RUN; `action` pass, warn, block or SKIP; `as_of` the end of the last
    build that the history knew. A head may be judged several times.
    """

    __slots__ = (
        "action",
        "as_of",
        "at",
        "base",
        "complete",
        "door",
        "head",
        "mode",
        "model_id",
        "p_fail",
        "red",
        "ref",
        "usual",
    )
    at: Final[int]
    door: Final[str]
    mode: Final[str]
    action: Final[str]
    red: Final[bool]
    complete: Final[bool]
    p_fail: Final[float]
    usual: Final[float]
    head: Final[str]
    base: Final[str]
    as_of: Final[int]
    model_id: Final[str]
    ref: Final[str]

    def __init__(
        self,
        at: int,
        door: str,
        mode: str,
        action: str,
        red: bool,
        complete: bool,
        p_fail: float,
        usual: float,
        head: str,
        base: str,
        as_of: int,
        model_id: str,
        ref: str,
    ) -> None:
        self.at = at
        self.door = door
        self.mode = mode
        self.action = action
        self.red = red
        self.complete = complete
        self.p_fail = p_fail
        self.usual = usual
        self.head = head
        self.base = base
        self.as_of = as_of
        self.model_id = model_id
        self.ref = ref


def append_report(repo: HasCommonDir, report: Report, door: str) -> bool:
    """Note what `report` says of each commit; return False where it cannot be written."""
    lines = [render_entry(_entry(report, judged, door)) for judged in report.judgements if judged.head]
    try:
        for data in _portions(lines):
            _append(ledger_path(repo), data)
    except (OSError, ImportError):  # not every system has locks
        return False
    return True


def read_ledger(repo: HasCommonDir) -> list[Entry]:
    """Return the judgements that are kept, oldest first; none where there is no ledger.

    Raises:
        OSError: it is there and cannot be read.
    """
    path = ledger_path(repo)
    return [entry for name in (_before(path), path) for entry in parse_ledger(_read(name))]


def parse_ledger(data: bytes) -> list[Entry]:
    """Return the entries of a ledger's bytes; a line that was torn or damaged is passed over."""
    found = (_parse(line) for line in data.split(b"\n") if line)
    return [entry for entry in found if entry is not None]


def render_entry(entry: Entry) -> bytes:
    """Return the entry as a line that ends with a checksum.

    It begins with a line break as well: what a writer before left torn must not spoil it.
    """
    facts = (
        VERSION,
        b"%d" % entry.at,
        entry.door.encode(),
        entry.mode.encode(),
        entry.action.encode(),
        b"%d" % entry.red,
        b"%d" % entry.complete,
        b"%.6f" % entry.p_fail,
        b"%.6f" % entry.usual,
        entry.head.encode(),
        entry.base.encode(),
        b"%d" % entry.as_of,
        _packed(entry.model_id),
        _packed(entry.ref),
    )
    body = b"\t".join(facts)
    return b"\n%b\t%08x\n" % (body, crc32(body))


def can_append(repo: HasCommonDir) -> bool:
    """Return whether the next judgement can be noted, without noting any."""
    path = ledger_path(repo)
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return os.access(path, os.W_OK)


def _entry(report: Report, judged: Judgement, door: str) -> Entry:
    return Entry(
        report.at,
        door,
        report.mode,
        SKIP if judged.verdict.skipped else judged.verdict.action,
        judged.verdict.red,
        judged.complete,
        judged.p_fail,
        judged.usual,
        judged.head,
        judged.base,
        report.history.as_of if report.history else 0,
        report.model.model_id if report.model else "",
        judged.name,
    )


def _parse(line: bytes) -> Entry | None:
    body, _, check = line.rpartition(b"\t")
    facts = body.split(b"\t")
    if len(facts) != 14 or facts[0] != VERSION or check != b"%08x" % crc32(body):
        return None
    at, door, mode, action, red, complete, p_fail, usual, head, base, as_of, model_id, ref = facts[1:]
    return Entry(
        int(at),
        door.decode(),
        mode.decode(),
        action.decode(),
        red == b"1",
        complete == b"1",
        float(p_fail),
        float(usual),
        head.decode(),
        base.decode(),
        int(as_of),
        _unpacked(model_id),
        _unpacked(ref),
    )


def _packed(text: str) -> bytes:
    data = text[:LONGEST_REF].encode("utf-8", "backslashreplace")
    return data.replace(b"%", b"%25").replace(b"\t", b"%09").replace(b"\n", b"%0a")


def _unpacked(data: bytes) -> str:
    data = data.replace(b"%0a", b"\n").replace(b"%09", b"\t").replace(b"%25", b"%")
    return data.decode("utf-8", "replace")


def _portions(lines: list[bytes]) -> list[bytes]:
    """Return the lines in as few pieces as may be written at once."""
    pieces = [b""] if lines else []
    for line in lines:
        if len(pieces[-1]) + len(line) > MOST_AT_ONCE:
            pieces.append(b"")
        pieces[-1] += line
    return pieces


def _append(path: str, data: bytes) -> None:
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    try:
        file = os.open(path, how, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file = os.open(path, how, 0o666)
    try:
        if os.fstat(file).st_size > MAX_BYTES:
            _rotate(path)  # what is written now goes to the file before: readers read that too
        if data:
            os.write(file, data)
    finally:
        os.close(file)


def _rotate(path: str) -> None:
    """Start a new file, unless another process does or did so; the lock dies with its holder."""
    from fcntl import LOCK_EX, LOCK_NB, flock

    lock = os.open(f"{path}.lock", os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        flock(lock, LOCK_EX | LOCK_NB)
        if os.stat(path).st_size > MAX_BYTES:
            os.replace(path, _before(path))
    except (BlockingIOError, FileNotFoundError):
        pass  # somebody else is at it
    finally:
        os.close(lock)


def _before(path: str) -> str:
    return f"{path}.before"


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
