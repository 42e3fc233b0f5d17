"""The build records of one repository: a table joined to its commits, or a store that has them.

The same road as `cigate import csv`. Heads can be read in ranges: all ranges together have the commits
that all heads at once have.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from hashlib import blake2b, file_digest

from cigate import places
from cigate.change import BuildRecord, Commit
from cigate.config import read_config
from cigate.errors import CigateError
from cigate.features import FEATURES
from cigate.git import Repository, refuse_shallow
from cigate.stores import open_store
from cigate.tables import Build, join_commits, parse_table, read_lines

FORMAT = 1


def open_repository(path: str, author_key: bytes) -> Repository:
    """Return the repository; where its own configuration keeps no authors, none is kept here."""
    repo = Repository.open(path, author_key)
    refuse_shallow(repo)
    if repo.top and read_config(repo.top, {}).no_authors:
        repo.author_key = places.given_key({}, off=True)
    return repo


def read_table(file: str) -> list[Build]:
    """Return the builds of a table that names commits.

    Raises:
        CigateError: it cannot be read, or names none.
    """
    try:
        with open(file, "rb") as data:
            table = parse_table(read_lines(data, file), file, {})
    except OSError as error:
        raise CigateError(f"{os.path.basename(file)} cannot be read: {error.strerror}") from None
    if not table.columns.has_commits:
        raise CigateError(f"the builds of {os.path.basename(file)} name no commits")
    return table.builds


def heads_of(builds: Iterable[Build]) -> list[str]:
    """Return the commits that were built, each once, in the order of their pushes."""
    return list(dict.fromkeys(build.sha for build in sorted(builds, key=lambda build: build.pushed_at)))


def read_range(repo: Repository, heads: Sequence[str], first: int, last: int) -> list[Commit]:
    """Return the commits that the heads [first, last) reach and no head before them does."""
    return list(repo.read_commits(heads[first:last], exclude=heads[:first]))


def join(builds: Sequence[Build], commits: Iterable[Commit]) -> list[BuildRecord]:
    """Return the records of the builds whose commit is there.

    Raises:
        CigateError: none is.
    """
    known = {commit.sha: commit for commit in commits}
    joined = [build for build in builds if build.sha in known]
    if not joined:
        raise CigateError(f"none of its {len(builds):,} builds belongs to a commit of the repository")
    return list(join_commits(joined, known))


def read_store(url: str) -> list[BuildRecord]:
    """Return the records that a store has."""
    store = open_store(url)
    try:
        return list(store.read())
    finally:
        store.close()


def digest_of_file(file: str) -> bytes:
    """Return what stands for the content of a table."""
    with open(file, "rb") as content:
        return file_digest(content, "sha256").digest()


def digest_of_records(records: Iterable[BuildRecord]) -> bytes:
    """Return what stands for records of a store."""
    digest = blake2b(digest_size=16)
    for record in records:
        digest.update(
            f"{record.id}\0{record.outcome}\0{record.finished_at}\n".encode("utf-8", "surrogateescape")
        )
    return digest.digest()


def key_of(name: str, refs: bytes, builds: bytes, author_key: bytes) -> str:
    """Return what stands for all that decides a repository's rows: run again, they would be the same."""
    digest = blake2b(f"{FORMAT}\0{name}\0".encode(), digest_size=16)
    for feature in FEATURES:
        digest.update(f"{feature.name}/{feature.version}\0".encode())
    for fact in (refs, builds, blake2b(author_key, digest_size=16).digest()):
        digest.update(blake2b(fact, digest_size=16).digest())
    return digest.hexdigest()
