"""From a store onto a shelf: what a training reads, as little of each build opened as its store allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

from cigate.change import BuildRecord
from cigate.shelf import Shelf
from cigate.stores import Store


@runtime_checkable
class Packing(Protocol):
    """What a store is as well, where builds can be read without being opened: rows are."""

    def read_packed(self, workflow: str = "", until: int | None = None) -> Iterator[tuple[int, str, Any]]:
        """Stream the builds that finished before `until`, in no order.

        Of each come the moment at which its push is judged, its id, and what `unpack` takes. Raises
        StoreError as all others do.
        """

    def unpack(self, packed: Any) -> BuildRecord:
        """Return the record of a packed build, also after the store was closed.

        Raises:
            StoreError: it is damaged.
        """


def shelve(
    store: Store,
    workflow: str = "",
    until: int | None = None,
    watch: Callable[[Iterator[Any]], Iterator[Any]] = iter,
) -> Shelf:
    """Return the builds of `workflow` ("": of all) that finished before `until`.

    `watch` sees the builds go by, one at a time, and passes them on.

    Raises:
        StoreError: the store cannot be read.
    """
    if isinstance(store, Packing):
        return Shelf.of(watch(store.read_packed(workflow, until)), store.unpack)
    return Shelf(watch(store.read(workflow, until=until)))
