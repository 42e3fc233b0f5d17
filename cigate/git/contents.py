"""What files hold at a commit: one `git cat-file --batch` for all of them, bounded, read as it comes.

Must not take a file that could not be read whole for an empty one.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cigate.git.process import Process
    from cigate.git.repository import Repository

BLOB, TREE = b"blob", b"tree"
LINK, MODULE = b"120000", b"160000"


class Contents:
    """Files and folders that git is asked for: `asked` are (commit, path) pairs, "" is the top folder."""

    def __init__(self, repo: Repository, asked: Sequence[tuple[str, str]], most_bytes: int) -> None:
        """Start git, and return at once; names that hold a line break cannot be asked for.

        Raises:
            GitError: where git cannot be started.
        """
        self._asked = list(asked)
        self._most = most_bytes
        lines = b"".join(b"%b:%b\n" % (rev.encode(), name_of(path)) for rev, path in self._asked)
        self._process: Process = repo.start(["cat-file", "--batch"], lines)

    def read(self, until: float) -> Iterator[tuple[bytes, bytes] | None]:
        """Yield the (kind, content) of each, in the order asked; None for what is not there.

        Ends early where together they hold more than `most_bytes`. `until` is a moment of the monotonic
        clock.

        Raises:
            GitError: where git fails, or `until` passes.
        """
        chunks = self._process.chunks(until)
        data, at = bytearray(), 0
        try:
            for _ in self._asked:
                while (end := data.find(b"\n", at)) < 0:
                    data += next(chunks)
                kind, size = _header(data[at:end])
                at = end + 1
                if kind is None:
                    yield None
                    continue
                if at + size > self._most:
                    return
                while len(data) <= at + size:
                    data += next(chunks)
                yield kind, bytes(data[at : at + size])
                at += size + 1
            for _ in chunks:  # nothing is left; git's return code is read with it
                pass
        except StopIteration:
            return
        finally:
            self._process.close()

    def close(self) -> None:
        """End it without an answer."""
        self._process.close()


def name_of(path: str) -> bytes:
    """Return a path as git knows it."""
    return path.encode("utf-8", "surrogateescape")


def modes(tree: bytes, id_bytes: int) -> dict[bytes, bytes]:
    """Return the mode of each entry of a tree object by its name; `id_bytes` is the length of an id."""
    found, at = {}, 0
    while at < len(tree):
        end = tree.index(b"\0", at)
        mode, _, name = tree[at:end].partition(b" ")
        found[name] = mode
        at = end + 1 + id_bytes
    return found


def _header(line: bytearray) -> tuple[bytes | None, int]:
    """Return (kind, size) of what `cat-file --batch` says, (None, 0) for what is not there."""
    fields = bytes(line).split(b" ")
    if len(fields) == 3 and fields[2].isdigit() and fields[1].isalpha():
        return fields[1], int(fields[2])
    return None, 0
