"""Which git is old enough to be refused: asked only where a git has failed, or somebody wants to know.

What is missing before 2.31 is `log --diff-merges=first-parent` and `rev-parse --path-format`.
"""

from __future__ import annotations

import os

from cigate.errors import GitError
from cigate.git.process import Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST = (2, 31)


def read_version(env: Mapping[str, str] = os.environ) -> str:
    """Return what git says of its version, such as "2.39.5".

    Raises:
        GitError: where git is missing or does not say.
    """
    _, out, _ = Process(["--version"], b"", {**env, "LC_ALL": "C"}).communicate(10)
    words = out.decode(errors="replace").split()
    if words[:2] != ["git", "version"] or len(words) < 3:
        raise GitError("git does not say which version it is", "is the first git on the PATH really git?")
    return words[2]


def refuse_old(version: str) -> None:
    """Refuse a git that lacks what cigate asks of it; a version that is no number is given a chance.

    Raises:
        GitError: naming the version, and the oldest one that will do.
    """
    parts = version.split(".")[:2]
    if all(part.isdecimal() for part in parts) and tuple(map(int, parts)) < OLDEST:
        raise GitError(
            f"git {version} is too old", f"cigate needs git {'.'.join(map(str, OLDEST))} or newer: update git"
        )
