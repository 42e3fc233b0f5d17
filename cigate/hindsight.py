"""A past build as it looked when it was pushed, and what came of it: the store is read once, in its order.

What finished at the push or later is not known then. Must not train or judge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cigate.change import BuildRecord
from cigate.errors import UsageError
from cigate.failures import Failure, LastFailures
from cigate.history import History
from cigate.progress import track
from cigate.shelf import judged_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.stores import Store


@dataclass(frozen=True, slots=True)
class Hindsight:
    """One build, what was known at its push, and what happened since.

    `again` are later builds of the same commit; `green` is the first build of its branch that passed
    after it failed, None where none did, and `red` counts the failures on the way, its own included.
    """

    record: BuildRecord
    history: History
    failures: tuple[Failure, ...]
    again: tuple[BuildRecord, ...]
    green: BuildRecord | None
    red: int


def look_back(store: Store, wanted: Callable[[BuildRecord], bool], workflow: str, name: str) -> Hindsight:
    """Return the first build that is `wanted`, as of its push; `name` is what a person calls it.

    Raises:
        UsageError: no build of `workflow` is.
        StoreError: the store cannot be read.
    """
    record = next((r for r in track(store.read(workflow), "looking for it") if wanted(r)), None)
    if record is None:
        raise UsageError(f"the store holds no build {name}", "`cigate explain REV` takes a commit instead")
    at = judged_at(record)
    history, failures = History(), LastFailures()
    for known in track(store.read(workflow, until=at), "replaying builds"):
        history.learn(known)
        failures.take(known)
    later = [r for r in store.read(workflow, since=record.finished_at) if r.id != record.id]
    again = tuple(r for r in later if r.change.head == record.change.head and r.failed is not None)
    on_branch = [r for r in later if r.change.branch == record.change.branch and r.failed is not None]
    place = next((n for n, r in enumerate(on_branch) if not r.failed), len(on_branch))
    green = on_branch[place] if record.failed and place < len(on_branch) else None
    return Hindsight(record, history, tuple(failures.failures()), again, green, place + 1)
