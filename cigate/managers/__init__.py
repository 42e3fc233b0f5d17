"""Who runs git's hooks here: one module for each hook manager, and how cigate is entered into its file.

A file of a user is never read in and written out again: lines are put in where that is safe, and where
it is not, the caller shows the lines. Must not write anything.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from cigate.managers import hooks_path, husky, lefthook, pre_commit, prek

__all__ = ["MANAGERS", "Manager", "find_manager", "names_cigate", "wrote"]

_ENTRY = re.compile(r"""^[^#\n]*(cigate-hook|cigate\.hook|\bid["']?\s*[:=]\s*["']?cigate\b)""", re.MULTILINE)


class Manager(Protocol):
    """A module of this package.

    One of `MARKS` is in the pre-push hook that it writes, `PROGRAMS` are those that can write it, when called
    with `INSTALL`; `SNIPPET` is what a person adds by hand.
    """

    NAME: str
    MARKS: tuple[bytes, ...]
    PROGRAMS: tuple[str, ...]
    INSTALL: tuple[str, ...]
    SNIPPET: str
    EXECUTABLE: bool

    def find(self, top: str, hooks: str) -> str:
        """Return the file, relative to the tree, that the entry belongs into; "" where it is not used.

        `hooks` is the folder of git's hooks, relative to the tree, "" where it is not part of it.
        """

    def add_entry(self, text: str, file: str) -> str | None:
        """Return the `text` of `file` ("" for a new one) with cigate's entry, None where no place is safe."""


# The order is that in which they are looked for; whose hook stands in the hooks' folder goes first.
MANAGERS: Final[dict[str, Manager]] = {
    "core.hooksPath": hooks_path,
    "husky": husky,
    "lefthook": lefthook,
    "prek": prek,
    "pre-commit": pre_commit,
}


def find_manager(top: str, hooks: str, hook: bytes) -> tuple[Manager, str] | None:
    """Return the manager that rules the pushes from the work tree `top`, and its file; None without one.

    `hook` is what stands at pre-push now, b"" for nothing.
    """
    found = [(manager, file) for manager in MANAGERS.values() if (file := manager.find(top, hooks))]
    ruling = [one for one in found if wrote(one[0], hook)]
    return next(iter(ruling or found), None)


def wrote(manager: Manager, hook: bytes) -> bool:
    """Return whether a pre-push hook is the one that the manager writes."""
    return any(mark in hook for mark in manager.MARKS)


def names_cigate(text: str) -> bool:
    """Return whether a manager's file has an entry for cigate already; a comment is none."""
    return _ENTRY.search(text) is not None
