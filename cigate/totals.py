"""A change of which only totals are known: read into a Change that adds up to exactly them.

The one conversion for tables of totals and for totals given as flags. Pure. Must not invent more
than it has to: one commit, files of one type that differ by number, lines spread evenly.
"""

from __future__ import annotations

from hashlib import blake2b

from cigate.change import Change, Commit, FileChange
from cigate.gitlog import MAX_FILES
from cigate.identity import pseudonym

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_BYTES = 20


def change_of_totals(
    author: str,
    files_changed: int,
    lines_added: int,
    lines_deleted: int,
    dominant_file_type: str,
    at: int,
    author_key: bytes,
    repeat: int = 0,
    branch: str = "",
) -> Change:
    """Return a Change of one commit by `author` with these totals, pushed at `at`.

    Its head is a digest of all that is given, since no commit is known; `repeat` tells apart
    changes that are alike. `dominant_file_type` is an extension (`.py`, `py`, `*.py`) or a file's
    name (`Makefile`).

    Raises:
        ValueError: a total is negative, or there are lines but no files; the text says what is wrong
            with one of them ("is negative").
    """
    if min(files_changed, lines_added, lines_deleted) < 0:
        raise ValueError("is negative")
    if not files_changed and lines_added + lines_deleted:
        raise ValueError("is a number of lines, but no file changed")
    who = pseudonym(author.encode("utf-8", "surrogateescape"), author_key)
    counts = (files_changed, lines_added, lines_deleted)
    head = _digest(who, *counts, dominant_file_type, at, repeat, branch)
    listed = min(files_changed, MAX_FILES)
    added = _spread(lines_added, files_changed)
    deleted = _spread(lines_deleted, files_changed)
    name = _namer(dominant_file_type.strip())
    commit = Commit(
        sha=head,
        parents=(),
        author=who,
        authored_at=at,
        committed_at=at,
        subject="",
        files=tuple(FileChange(name(n + 1), added(n), deleted(n)) for n in range(listed)),
        rest_files=files_changed - listed,
        rest_added=lines_added - sum(added(n) for n in range(listed)),
        rest_deleted=lines_deleted - sum(deleted(n) for n in range(listed)),
    )
    return Change(head, "", branch, who, at, (commit,))


def _digest(*facts: str | int) -> str:
    canonical = "\0".join(map(str, facts)).encode("utf-8", "surrogateescape")
    return blake2b(canonical, digest_size=HEAD_BYTES).hexdigest()


def _spread(total: int, parts: int) -> Callable[[int], int]:
    """Return how many of `total` lines fall to part n: equal shares, the remainder one each in front."""
    share, remainder = divmod(total, parts) if parts else (0, 0)
    return lambda n: share + (n < remainder)


def _namer(kind: str) -> Callable[[int], str]:
    """Return how the n-th file of this kind is called, n from 1."""
    extension = kind.removeprefix("*").lower()
    if not kind or extension.startswith("."):
        return lambda n: f"file_{n}{extension}"
    if "." not in kind and not kind[0].isupper():
        return lambda n: f"file_{n}.{extension}"
    return lambda n: kind if n == 1 else f"folder_{n}/{kind}"
