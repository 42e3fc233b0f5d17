"""Fetches more of a shallow clone's past, as far as two commits need it and no further than allowed.

The only place where cigate lets git use a network, and only where a flag asks for it: no hook does.
"""

from __future__ import annotations

import os

from cigate.errors import GitError
from cigate.git.process import Process
from cigate.git.repository import Repository

FIRST = 32
DEADLINE_S = 120
QUIET = ("-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
FETCH = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")


def deepen(repo: Repository, head: str, base: str, most: int) -> tuple[Repository, str]:
    """Return the repository with as much of the past as base..head needs, and what git refused, if it did.

    `head` and `base` are full ids, "" for the one checked out and for none. At most `most` commits behind
    each are fetched from `origin`, in steps that double; what is not shallow is left alone.
    """
    depth, trouble = FIRST, ""
    while repo.shallow and not _suffices(repo, head, base) and not trouble:
        trouble = _fetch(repo, [oid for oid in (head, base) if oid], min(depth, most))
        repo = Repository.open(repo.path)
        if depth >= most:
            break
        depth *= 4
    return repo, trouble


def _suffices(repo: Repository, head: str, base: str) -> bool:
    """Tell whether base..head can be listed without meeting a commit whose parents were cut off."""
    try:
        found = repo.resolve(head or "HEAD")
        exclude = f"^{repo.resolve(base)}\n" if base else ""
        limit = [] if base else ["--max-count=1"]
        listed = repo.run(["rev-list", *limit, "--stdin"], f"{found}\n{exclude}".encode())
    except GitError:
        return False
    return not repo.boundary.intersection(listed.decode().split())


def _fetch(repo: Repository, wanted: list[str], depth: int) -> str:
    """Fetch `depth` commits behind `wanted`; return git's own words where it cannot, else ""."""
    how = [f"--depth={depth}", "origin", *wanted] if wanted else [f"--deepen={depth}", "origin"]
    said = _git(repo, how)
    if said and wanted:  # a server that gives no commit by its id gives those of its branches
        said = _git(repo, [f"--deepen={depth}", "origin"])
    return said


def _git(repo: Repository, args: list[str]) -> str:
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        code, _, stderr = Process(["-C", repo.path, *QUIET, *FETCH, *args], b"", env).communicate(DEADLINE_S)
    except GitError as error:
        return str(error)
    said = stderr.decode("utf-8", "replace").strip().splitlines()
    return (said[-1] if said else f"git fetch ended with {code}") if code else ""
