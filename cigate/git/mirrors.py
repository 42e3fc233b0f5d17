"""Bare copies of repositories elsewhere, for reading many of them: cloned and fetched without asking anybody.

Must not start a transport that runs a command of the URL's choosing.
"""

from __future__ import annotations

import os

from cigate.git.pins import open_environment
from cigate.git.process import Process, failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

CLONE_S = 3600
SAFE = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh", "GIT_TERMINAL_PROMPT": "0"}


def clone_mirror(url: str, path: str, deadline_s: float = CLONE_S) -> None:
    """Make a bare mirror of `url` at `path`, which does not exist yet.

    Raises:
        GitError: git cannot, in its own words.
    """
    _run(["clone", "-q", "--mirror", "--", url, path], deadline_s)


def update_mirror(path: str, deadline_s: float = CLONE_S) -> None:
    """Fetch what the mirror at `path` lacks, and drop the refs that are gone.

    Raises:
        GitError: git cannot, in its own words.
    """
    _run(["-C", path, "fetch", "-q", "--prune", "origin"], deadline_s)


def _run(args: Sequence[str], deadline_s: float) -> None:
    started = Process(args, b"", {**open_environment(os.environ), **SAFE})
    returncode, _, stderr = started.communicate(deadline_s)
    if returncode:
        raise failure(returncode, stderr)
