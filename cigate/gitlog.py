"""From the bytes of one pinned `git log -z --raw --numstat` to commits: the only such parser.

The same for a push of one commit and for all of history, as a stream. Pure: must not start git,
open a file or know which commits were asked for.
"""

from __future__ import annotations

from cigate.change import Commit, FileChange
from cigate.errors import GitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FORMAT = "tformat:%x00%H%n%P%n%at%n%ct%n%ae%n%an%n%s"
MAX_FILES = 500
MAX_SUBJECT = 500
_BETWEEN = b"\0\0"  # each commit starts with a NUL, and whatever went before ends with one
_DATE_DIGITS = 11
_STATUSES = {b"A": "A", b"C": "C", b"D": "D", b"M": "M", b"R": "R", b"T": "T"}
_UNCOUNTED: tuple[int | None, int | None] = (None, None)


def parse_log(chunks: Iterable[bytes], author_key: bytes = b"") -> Iterator[Commit]:
    """Yield the commits of `git log` printed in FORMAT with -z, --raw and --numstat.

    A commit comes out when the next one begins: an error raised by `chunks` at the end of a broken
    stream keeps back the one that may be incomplete. Files beyond MAX_FILES are summed up.

    Raises:
        GitError: where the bytes are not of that form.
    """
    from cigate.identity import pseudonym  # 5 ms of hashlib, while git is already at work

    authors: dict[bytes, str] = {}

    def author_of(who: bytes) -> str:
        if who not in authors:
            authors[who] = pseudonym(who, author_key)
        return authors[who]

    for record in _records(chunks):
        try:
            yield _parse_commit(record, author_of)
        except (ValueError, LookupError):
            raise GitError("git log printed something that cigate does not understand") from None


def _records(chunks: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for chunk in chunks:
        searched = max(len(waiting) - 1, 0)
        waiting += chunk
        end = waiting.rfind(_BETWEEN, searched)
        if end >= 0:
            yield from bytes(waiting[:end]).split(_BETWEEN)
            del waiting[: end + 1]
    if waiting:
        yield bytes(waiting)


def _parse_commit(record: bytes, author_of: Callable[[bytes], str]) -> Commit:
    fields = record.strip(b"\0").split(b"\0")
    sha, parents, authored, committed, email, name, subject = fields[0].split(b"\n", 6)
    files, rest = _parse_files(fields) if len(fields) > 1 else ((), (0, 0, 0))
    return Commit(
        sha.decode("ascii"),
        tuple(parents.decode("ascii").split()),
        author_of(email.strip() or name),
        _parse_time(authored),
        _parse_time(committed),
        subject[: 4 * MAX_SUBJECT].decode("utf-8", "replace")[:MAX_SUBJECT],
        files,
        *rest,
    )


def _parse_time(digits: bytes) -> int:
    """Return Unix seconds, 0 for a date that cannot be one."""
    return int(digits) if digits.isdigit() and len(digits) <= _DATE_DIGITS else 0


def _parse_files(fields: list[bytes]) -> tuple[tuple[FileChange, ...], tuple[int, int, int]]:
    """Return the listed files, and the number, added and deleted lines of those beyond the cap."""
    fields[1] = fields[1].removeprefix(b"\n")
    statuses, at = _parse_raw(fields)
    counts = _parse_numstat(fields, at)
    listed = tuple(
        FileChange(path.decode("utf-8", "surrogateescape"), *counts.get(path, _UNCOUNTED), status)
        for path, status in statuses[:MAX_FILES]
    )
    if len(statuses) <= MAX_FILES:
        return listed, (0, 0, 0)
    rest = [counts.get(path, _UNCOUNTED) for path, _ in statuses[MAX_FILES:]]
    return listed, (len(rest), sum(n or 0 for n, _ in rest), sum(n or 0 for _, n in rest))


def _parse_raw(fields: list[bytes]) -> tuple[list[tuple[bytes, str]], int]:
    """Return (path after the change, status letter) of each file, and where numstat begins."""
    found = []
    at, end = 1, len(fields)
    while at < end and fields[at].startswith(b":"):
        status = _STATUSES[fields[at].rpartition(b" ")[2][:1]]
        at += 2 if status in "RC" else 1
        found.append((fields[at], status))
        at += 1
    return found, at


def _parse_numstat(fields: list[bytes], at: int) -> dict[bytes, tuple[int | None, int | None]]:
    """Return added and deleted lines by path; a file without lines has "-" for both."""
    counts = {}
    end = len(fields)
    while at < end:
        added, deleted, path = fields[at].split(b"\t", 2)
        if not path:  # a renamed file: its old and its new name follow
            at += 2
            path = fields[at]
        counts[path] = _UNCOUNTED if added == b"-" else (int(added), int(deleted))
        at += 1
    return counts
