"""A folder of hooks in the work tree that core.hooksPath names: it is the team's, not one machine's."""

from __future__ import annotations

from cigate.managers.script import BLOCK, add_block

NAME = "core.hooksPath"
MARKS: tuple[bytes, ...] = ()
PROGRAMS: tuple[str, ...] = ()
INSTALL: tuple[str, ...] = ()
EXECUTABLE = True
SNIPPET = BLOCK


def find(top: str, hooks: str) -> str:
    """Return the place of the pre-push hook in it, "" where git's hooks are not in the tree."""
    del top
    return f"{hooks}/pre-push" if hooks and not hooks.endswith(".husky/_") else ""


def add_entry(text: str, file: str) -> str | None:
    """Return the hook with cigate's lines first."""
    del file
    return add_block(text, "#!/bin/sh\n")
