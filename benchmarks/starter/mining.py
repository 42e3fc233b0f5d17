"""Build records of many projects: label files joined to git, each project mined once.

The joining is that of `cigate mine`, with a key of the recipe's own. Here records are kept and not rows: a
feature may change from run to run, and what was mined stays. They hold other people's pseudonyms and are
never committed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cigate.change import BuildRecord
from cigate.errors import CigateError, UsageError
from cigate.git import Repository
from cigate.progress import track
from cigate.stores import open_store
from cigate_train.scale import joining

# Public on purpose: the same repositories must give the same pseudonyms, and these leave no machine.
AUTHOR_KEY = b"research"
LABELS = ".csv.gz"


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One project: OWNER/NAME, its git directory and its file of labels."""

    project: str
    git_dir: str
    labels: str


def find_sources(repos: str, labels: str) -> list[Source]:
    """Return the projects that have both a repository and labels, sorted by name.

    `repos` is a table (OWNER/NAME, a tab, the git directory; more columns are ignored) or a folder with
    OWNER__NAME or OWNER__NAME.git in it; `labels` a folder with OWNER__NAME.csv.gz.

    Raises:
        UsageError: there is none.
    """
    listed = _read_table(repos) if os.path.isfile(repos) else _read_folder(repos)
    found = []
    for project, git_dir in listed:
        file = os.path.join(labels, project.replace("/", "__") + LABELS)
        if os.path.isfile(file):
            found.append(Source(project, git_dir, file))
    if not found:
        raise UsageError(
            f"no project of {repos} has labels in {labels}",
            "repositories are called OWNER__NAME, labels OWNER__NAME.csv.gz",
        )
    return sorted(found)


def _read_table(file: str) -> list[tuple[str, str]]:
    lines = Path(file).read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line.strip()]
    if any(len(row) < 2 for row in rows):
        raise UsageError(f"{file} has a line without a tab", "write OWNER/NAME, a tab, the git directory")
    return [(row[0], row[1]) for row in rows]


def _read_folder(folder: str) -> list[tuple[str, str]]:
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [
        (name.removesuffix(".git").replace("__", "/", 1), os.path.join(folder, name))
        for name in names
        if "__" in name
    ]


def read_records(source: Source, work: str) -> list[BuildRecord]:
    """Return the project's records, in the order in which the builds finished; mine what is not there yet.

    Raises:
        CigateError: the labels or the repository cannot be read.
    """
    path = os.path.join(work, source.project.replace("/", "__") + ".sqlite")
    if not os.path.exists(path):
        _mine(source, path)
    store = open_store(f"sqlite:///{os.path.abspath(path)}")
    try:
        return list(store.read())
    finally:
        store.close()


def mine_all(repos: str, labels: str, work: str) -> Iterator[tuple[str, list[BuildRecord]]]:
    """Yield each project's records; one that cannot be mined is named and left out.

    Raises:
        UsageError: there is no project.
    """
    sources = find_sources(os.path.expanduser(repos), labels)
    for source in track(sources, "mining projects", len(sources)):
        try:
            records = read_records(source, work)
        except CigateError as error:
            print(f"left out: {source.project}: {error}", file=sys.stderr)
            continue
        yield source.project, records


def _mine(source: Source, path: str) -> None:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    unfinished = path + ".part"
    if os.path.exists(unfinished):
        os.unlink(unfinished)
    store = open_store(f"sqlite:///{os.path.abspath(unfinished)}")
    try:
        store.append(_joined(source))
    finally:
        store.close()
    if os.path.exists(unfinished):
        os.replace(unfinished, path)


def _joined(source: Source) -> list[BuildRecord]:
    repo = Repository.open(source.git_dir, AUTHOR_KEY)
    builds = joining.read_table(source.labels)
    heads = joining.heads_of(builds)
    try:
        return joining.join(builds, joining.read_range(repo, heads, 0, len(heads)))
    except CigateError as error:
        raise CigateError(f"{source.project}: {error}", error.hint) from None
