"""A past build is seen as it was: what finished before its push, and nothing of what came later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cigate.change import BuildRecord
from cigate.errors import UsageError
from cigate.features import vector
from cigate.hindsight import Hindsight, look_back
from cigate.replay import replay
from cigate.stores import Store, open_store
from tests import builds as b

RECORDS = b.project(120)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('past')}/builds.sqlite")
    opened.append(RECORDS)
    yield opened
    opened.close()


def look(store: Store, id: str, workflow: str = "") -> Hindsight:
    def wanted(record: BuildRecord) -> bool:
        return bool(record.id == id)

    return look_back(store, wanted, workflow, id)


@pytest.mark.parametrize("number", range(20, 120, 25))
def test_the_features_are_those_of_the_replay(store: Store, number: int) -> None:
    """The same numbers as in training: no outcome is known before its build has ended."""
    record, row = list(replay(RECORDS))[number]
    seen = look(store, record.id)
    assert seen.record == record
    assert vector(seen.record.change, seen.history) == row
    assert all(failure.at < record.change.pushed_at for failure in seen.failures)


def test_what_happened_since_is_found(tmp_path: Path) -> None:
    first, second, third = b.builds("ffp")
    rerun = BuildRecord("again", first.change, "passed", first.started_at, first.finished_at + 60, attempt=2)
    store = open_store(f"sqlite:///{tmp_path}/builds.sqlite")
    store.append([first, second, third])
    seen = look(store, first.id)
    assert (seen.again, seen.green, seen.red) == ((), third, 2)
    assert look(store, third.id).green is None, "it was green itself"
    store.append([rerun])
    assert look(store, first.id).again == (rerun,)
    assert (look(store, first.id).green, look(store, first.id).red) == (rerun, 1)
    store.close()


def test_a_branch_that_stays_red_has_no_end(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/builds.sqlite")
    store.append(b.builds("pff"))
    assert look(store, b.builds("pff")[1].id).green is None
    store.close()


def test_an_unknown_build_is_a_clear_error(store: Store) -> None:
    with pytest.raises(UsageError, match="the store holds no build 77"):
        look(store, "77")
    with pytest.raises(UsageError):
        look(store, RECORDS[5].id, "nightly")
