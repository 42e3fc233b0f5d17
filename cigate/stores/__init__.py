"""Stores of build records behind one Protocol; `open_store` picks one by the URL's scheme.

Importing this costs nothing: its library is loaded when a store is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Final, Protocol, runtime_checkable

from cigate.change import BuildRecord, Fact
from cigate.errors import MissingExtra, StoreError


class Counts(Fact):
    """How much a store holds: `workflows` are (name, builds), the one with most builds first."""

    __slots__ = ("builds", "failures", "last_finished_at", "workflows")

    def __init__(
        self,
        builds: int,
        failures: int,
        last_finished_at: int,
        workflows: tuple[tuple[str, int], ...],
    ) -> None:
        self.builds: Final = builds
        self.failures: Final = failures
        self.last_finished_at: Final = last_finished_at
        self.workflows: Final = workflows


class Store(Protocol):
    """Build records that were appended once and are read in the order in which they finished.

    Every method raises StoreError where the database cannot be read or written.
    """

    @property
    def shown(self) -> str:
        """The store's URL without user, password and options: fit for a message."""

    def append(self, records: Iterable[BuildRecord]) -> int:
        """Add the records whose id is not there yet, a thousand at a time; return how many.

        Each thousand goes in whole or not at all, and appending again adds only what is missing.
        Where `records` is computed on the way, no lock is held meanwhile. Where several write the same
        build at the same moment, an object store may tell each that it was new; it is read once.
        """

    def read(self, workflow: str = "", since: int = 0, until: int | None = None) -> Iterator[BuildRecord]:
        """Stream the builds that finished in [since, until), ordered by (finished_at, id).

        "" stands for every workflow. A store that was never written to is empty.
        """

    def outline(
        self, workflow: str = "", heads: Container[str] = ()
    ) -> Iterator[tuple[int, str, BuildRecord | None]] | None:
        """Stream when each build finished, in the order of `read`, and what it says, in a text.

        Texts are equal where id, outcome, times and change are. A build of one of `heads` comes as well: of
        its change it holds the head alone, and no provider. None where this costs as much as reading all.
        """

    def read_commit(self, head: str) -> Sequence[BuildRecord]:
        """Return the builds of one commit, in the order in which they finished."""

    def heads(self, among: Sequence[str], newest: int, until: int) -> frozenset[str]:
        """Return the commits that were built: those `among` some, and those of the `newest` builds.

        Only builds that started at `until` or before count.
        """

    def forget_author(self, author: str) -> int:
        """Put nobody in the place of `author`, a pseudonym, wherever it stands; return in how many changes.

        Some hundreds go in at a time, whole or not at all; doing it again finishes what was interrupted.
        """

    def count(self) -> Counts:
        """Return how much there is."""

    def close(self) -> None:
        """Let go of the database."""


@runtime_checkable
class Compactable(Protocol):
    """What a store is as well, where each append leaves an object of its own."""

    def compact(self) -> tuple[int, int]:
        """Join small objects to larger ones while others go on; return how many went, and how many came.

        Whoever is interrupted loses and doubles nothing. Raises StoreError as all others do.
        """


@runtime_checkable
class Parted(Protocol):
    """What a store is as well, where many repositories share one; `repository` "" stands for all."""

    repository: str
    shown: str


@runtime_checkable
class Prunable(Protocol):
    """What a store is as well, where builds lie in objects: old ones can go."""

    def count_old(self, before: int) -> int:
        """Return how many builds had finished before that moment."""

    def prune(self, before: int) -> Iterator[tuple[int, int]]:
        """Delete them; yield (builds, objects) of each portion when it is gone."""


@runtime_checkable
class Tabular(Protocol):
    """What a store is as well, where builds are rows: tables have a version."""

    def upgrade_tables(self) -> int:
        """Make the tables, or lead them up to this program's version; return that.

        Every first use does so too, as far as it may. Raises StoreError as all others do.
        """


def _open_sqlite(url: str, deadline_s: float | None) -> Store:
    from cigate.stores.sqlite import SqliteStore

    return SqliteStore(url, deadline_s)


def _open_postgres(url: str, deadline_s: float | None) -> Store:
    from cigate.stores.postgres import PostgresStore

    return PostgresStore(url, deadline_s)


def _open_objects(url: str, deadline_s: float | None) -> Store:
    try:
        from cigate.stores.objects import ObjectStore
    except ModuleNotFoundError as missing:
        raise MissingExtra("a store of builds in an object store or a folder", "s3") from missing
    return ObjectStore(url, deadline_s)


STORES: Final[dict[str, Callable[[str, float | None], Store]]] = {
    "sqlite": _open_sqlite,
    "postgresql": _open_postgres,
    "postgres": _open_postgres,
    "s3": _open_objects,
    "gs": _open_objects,
    "az": _open_objects,
    "file": _open_objects,
}

OPTION: Final = "repository="


def open_store(url: str, deadline_s: float | None = None) -> Store:
    """Return the store at `url`; nothing is read or created before its first use.

    With the option `repository=OWNER/NAME` it is the part of that repository: only its builds are read,
    and what is added is its. Without, all builds are read, and what is added is of no repository.

    `deadline_s` bounds what the database itself may wait or work for, for each statement; one that
    has stopped keeps no promise: `cigate.deadline` guards against that.

    Raises:
        MissingExtra: the database library is not installed.
        StoreError: the URL cannot be understood; it is never shown whole.
    """
    url, repository = split_repository(url)
    scheme, separator, _ = url.partition("://")
    opener = STORES.get(scheme)
    if not separator or opener is None:
        raise StoreError(
            "the URL of the store names no kind of store that cigate knows",
            "for example sqlite:///builds.sqlite, postgresql://user@host/database or s3://bucket/prefix",
        )
    try:
        store = opener(url, deadline_s)
        return part_of(store, repository) if repository else store
    except ModuleNotFoundError as missing:
        raise MissingExtra("a store of builds", "store") from missing


def split_repository(url: str) -> tuple[str, str]:
    """Return the URL without its option `repository`, and the name that it gives ("": none)."""
    head, question, options = url.partition("?")
    given = options.split("&") if question else []
    names = [option.removeprefix(OPTION) for option in given if option.startswith(OPTION)]
    rest = "&".join(option for option in given if not option.startswith(OPTION))
    if not names:
        return url, ""
    from urllib.parse import unquote

    return (f"{head}?{rest}" if rest else head), unquote(names[-1])


def part_of(store: Store, repository: str) -> Store:
    """Let `store` read and write the builds of `repository` only; return it.

    Raises:
        StoreError: this kind of store does not keep repositories apart.
    """
    if not isinstance(store, Parted):
        raise StoreError(
            f"{store.shown} does not keep repositories apart", "give each repository a store of its own"
        )
    store.repository = repository
    store.shown += f"?{OPTION}{repository}"
    return store
