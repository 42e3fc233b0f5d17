"""A change to a text file of a work tree: shown as a diff, then written whole or not at all.

Must not follow a link out of the tree, nor write over what has changed since it was read.
"""

from __future__ import annotations

import difflib
import os
import stat

from cigate.change import Fact
from cigate.errors import InstallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

MOST_BYTES = 1_000_000


class Edit(Fact):
    """What `path` (relative to the tree, with slashes) holds and will hold; `old` is None for a new file."""

    __slots__ = ("executable", "new", "old", "path")
    path: Final[str]
    old: Final[str | None]
    new: Final[str]
    executable: Final[bool]

    def __init__(self, path: str, old: str | None, new: str, executable: bool = False) -> None:
        self.path = path
        self.old = old
        self.new = new
        self.executable = executable

    def diff(self) -> list[str]:
        """Return the change as the lines of a unified diff, without their ends."""
        before = [] if self.old is None else self.old.splitlines()
        names = ("/dev/null" if self.old is None else f"a/{self.path}", f"b/{self.path}")
        return list(difflib.unified_diff(before, self.new.splitlines(), *names, lineterm=""))


def read_text(top: str, path: str) -> str | None:
    """Return the text of a file in the tree, None where there is none; line ends stay as they are.

    Raises:
        InstallError: it is a link, no regular file, too large to be configuration, or not UTF-8.
    """
    whole = os.path.join(top, path)
    try:
        kind = os.lstat(whole)
        if not stat.S_ISREG(kind.st_mode) or _leaves(top, whole):
            raise InstallError(f"{path} is a link or no regular file", "it was left as it is")
        if kind.st_size > MOST_BYTES:
            raise InstallError(f"{path} is too large to be edited", "it was left as it is")
        with open(whole, encoding="utf-8", newline="") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        if _leaves(top, whole):
            raise InstallError(f"{path} would lie outside of the work tree", "nothing was written") from None
        return None
    except UnicodeDecodeError:
        raise InstallError(f"{path} is not UTF-8 text", "it was left as it is") from None
    except OSError as error:
        raise InstallError(f"{path} cannot be read: {error.strerror}", "check who may read it") from None


def write_edit(top: str, edit: Edit) -> None:
    """Put the new text in its place, the file's mode kept.

    Raises:
        InstallError: the file is no longer what was read, or cannot be written.
    """
    if read_text(top, edit.path) != edit.old:
        raise InstallError(f"{edit.path} has changed in the meantime", "it was left as it is: try again")
    whole = os.path.join(top, edit.path)
    temporary = f"{whole}.{os.getpid()}.new"
    try:
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        mode = 0o777 if edit.executable else 0o666
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with open(handle, "w", encoding="utf-8", newline="") as file:
                file.write(edit.new)
            if edit.old is not None:
                os.chmod(temporary, stat.S_IMODE(os.stat(whole).st_mode))
            os.replace(temporary, whole)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise InstallError(
            f"{edit.path} cannot be written: {error.strerror}", "check who may write there"
        ) from None


def _leaves(top: str, whole: str) -> bool:
    top, folder = os.path.realpath(top), os.path.realpath(os.path.dirname(whole))
    return folder != top and not folder.startswith(top.rstrip(os.sep) + os.sep)
