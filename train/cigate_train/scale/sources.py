"""Which repositories are to be mined, and where the builds of each are.

Reads the list or the folder; opens no repository.
"""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cigate.errors import UsageError

_NAME = re.compile(r"[\w][\w.+-]*(/[\w][\w.+-]*)*", re.ASCII)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:", re.IGNORECASE)
TABLES = (".csv.gz", ".csv")


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One repository: its name, its path or clone URL, and its builds.

    `builds` is a CSV file or the URL of a store; "" stands for the repository's own store.
    """

    name: str
    repo: str
    builds: str = ""

    @property
    def is_url(self) -> bool:
        """Return whether it must be cloned first."""
        return _URL.match(self.repo) is not None


def find_sources(repos: str, builds: str | None = None) -> list[Source]:
    """Return the repositories that a file or a pattern names, sorted by name.

    A line of the file is NAME, REPOSITORY and, if wanted, BUILDS, with tabs between them, or REPOSITORY
    alone; # begins a comment. A pattern matches folders. `builds` is a folder of OWNER__NAME.csv[.gz].

    Raises:
        UsageError: there is none, a line cannot be understood, or two have one name.
    """
    found = _read_list(repos) if os.path.isfile(repos) else _match(repos)
    sources = sorted(_with_table(source, builds) if builds else source for source in found)
    if not sources:
        raise UsageError(
            f"--repos {repos} names no repository", "give a file with a repository a line, or a pattern"
        )
    twice = [name for name, times in Counter(source.name for source in sources).items() if times > 1]
    if twice:
        raise UsageError(f"two repositories are called {twice[0]}", "give each a name of its own in a file")
    return sources


def _read_list(file: str) -> list[Source]:
    lines = enumerate(Path(file).read_text("utf-8", "replace").splitlines(), 1)
    return [_parse(line, file, number) for number, line in lines if line.strip() and line[0] != "#"]


def _parse(line: str, file: str, number: int) -> Source:
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) == 1:
        cells = [_name_of(cells[0]), cells[0]]
    if not _NAME.fullmatch(cells[0]) or not cells[1] or len(cells) > 3:
        raise UsageError(
            f"{file} line {number} names no repository",
            "write NAME, a tab, its path or URL and, if wanted, a tab and the file of its builds",
        )
    return Source(*cells)


def _match(pattern: str) -> list[Source]:
    paths = sorted(glob.glob(os.path.expanduser(pattern)))
    return [Source(_name_of(path), os.path.abspath(path)) for path in paths if os.path.isdir(path)]


def _name_of(repo: str) -> str:
    """Return the last part of a path or URL; OWNER__NAME stands for OWNER/NAME."""
    last = re.split(r"[/:]", repo.rstrip("/"))[-1].removesuffix(".git")
    return last.replace("__", "/", 1)


def _with_table(source: Source, folder: str) -> Source:
    """Return the source with its file in `folder`, unless it names its builds itself."""
    file = os.path.join(folder, source.name.replace("/", "__"))
    tables = [file + ending for ending in TABLES if os.path.isfile(file + ending)]
    return Source(source.name, source.repo, tables[0]) if tables and not source.builds else source
