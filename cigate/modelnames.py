"""Under which names a repository's model may be published: its own, its groups', a team's.

Names come from the configuration and the remote's path alone. Must not ask whether anything is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from cigate.artifacts.layout import check_name
from cigate.errors import GitError, UsageError
from cigate.forges.remotes import split_remote
from cigate.git import Repository

REPOSITORY, OWNER = "{repository}", "{owner}"
BETWEEN = "__"


def names_of(models: Sequence[str], path: str) -> tuple[str, ...]:
    """Return what `models` stand for in the repository at `path` (OWNER/NAME, or with groups), each once.

    A word in braces stands for nothing where the path does not tell, or is too long for a name.

    Raises:
        UsageError: for another word that is no name.
    """
    found: list[str] = []
    for word in models:
        if word in (REPOSITORY, OWNER):
            found += filter(_is_name, _levels(path.lower(), word))
        else:
            found.append(check_name(word))
    return tuple(dict.fromkeys(found))


def _levels(path: str, word: str) -> Iterator[str]:
    """Yield the name of the repository, or those of its groups from the nearest to the outermost."""
    parts = [part for part in path.split("/") if part]
    if len(parts) < 2:
        return
    if word == REPOSITORY:
        yield BETWEEN.join(parts)
        return
    for depth in range(len(parts) - 1, 0, -1):
        yield BETWEEN.join(parts[:depth])


def _is_name(name: str) -> bool:
    try:
        return check_name(name) == name
    except UsageError:
        return False


def path_of_origin(repo: Repository) -> str:
    """Return the path of the remote origin on its server, "" where there is no such remote."""
    try:
        url = os.fsdecode(repo.run(["config", "--get", "remote.origin.url"])).strip()
    except GitError:
        return ""
    return split_remote(url)[1]
