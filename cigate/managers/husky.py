"""husky: a folder of scripts, one a hook; its own installation (`npm install`) sets core.hooksPath."""

from __future__ import annotations

import os

from cigate.managers.script import BLOCK, add_block

NAME = "husky"
MARKS: tuple[bytes, ...] = (b'. "$(dirname "$0")/h"',)
PROGRAMS: tuple[str, ...] = ()
INSTALL: tuple[str, ...] = ()
EXECUTABLE = False
FOLDER = ".husky"
SNIPPET = BLOCK


def find(top: str, hooks: str) -> str:
    """Return the place of its pre-push script, "" where it is not used."""
    if hooks == f"{FOLDER}/_" or os.path.isdir(os.path.join(top, FOLDER)):
        return f"{FOLDER}/pre-push"
    if hooks.endswith(f"{FOLDER}/_"):  # a package of several in one repository
        return hooks.removesuffix("_") + "pre-push"
    return ""


def add_entry(text: str, file: str) -> str | None:
    """Return the script with cigate's lines first."""
    del file
    return add_block(text)
