"""The snapshot that pushes open is the store's builds, folded, and always whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cigate import snapshots
from cigate.errors import HistoryError
from cigate.history import History
from cigate.places import history_path, state_dir
from cigate.snapshots import refresh_history
from cigate.stores import Store, open_store
from tests.builds import build, history_of, in_order, project

ROOT = Path(__file__).resolve().parent.parent
WRITER = """
import sys
from cigate.snapshots import refresh_history
from cigate.stores import open_store
from tests.builds import project

class Repo: common_dir = sys.argv[1]
first, last = map(int, sys.argv[2:])
store = open_store(f"sqlite:///{sys.argv[1]}/builds.sqlite")
records = project(120)
for number in range(first, last, 10):
    store.append(records[number : number + 10])
    refresh_history(Repo, store)
"""


class Somewhere:
    """A repository, as far as places care."""

    def __init__(self, common_dir: Path) -> None:
        self.common_dir = str(common_dir)


@pytest.fixture
def repo(tmp_path: Path) -> Somewhere:
    return Somewhere(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/builds.sqlite")
    yield opened
    opened.close()


def read(repo: Somewhere) -> bytes:
    return Path(history_path(repo)).read_bytes()


def test_it_is_the_fold_of_the_store_in_the_order_of_finishing(repo: Somewhere, store: Store) -> None:
    records = project(80)
    store.append(reversed(records))
    history = refresh_history(repo, store)
    assert read(repo) == history.snapshot() == history_of(records).snapshot()
    assert History.open(read(repo)).builds == 80


def test_new_builds_make_it_newer(repo: Somewhere, store: Store) -> None:
    records = in_order(project(80))
    store.append(records[:50])
    before = refresh_history(repo, store)
    store.append(records[50:])
    after = refresh_history(repo, store)
    assert (before.builds, after.builds) == (50, 80)
    assert before.as_of < after.as_of == History.open(read(repo)).as_of


def test_one_workflow_can_be_taken(repo: Somewhere, store: Store) -> None:
    made = build()
    other = type(made)("other", made.change, "failed", 1, made.finished_at, workflow="nightly")
    store.append([made, other])
    assert refresh_history(repo, store, "nightly").failures == 1
    assert History.open(read(repo)).builds == 1
    assert refresh_history(repo, store).builds == 2


def test_nothing_but_the_snapshot_the_failures_and_the_lock_is_left(repo: Somewhere, store: Store) -> None:
    store.append(project(5))
    refresh_history(repo, store)
    assert sorted(os.listdir(state_dir(repo))) == ["failures.tsv", "history.bin", snapshots.LOCK]


def test_a_failed_write_leaves_the_old_snapshot(
    repo: Somewhere, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(project(5))
    refresh_history(repo, store)
    old = read(repo)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    store.append(project(9))
    with pytest.raises(HistoryError, match="No space left"):
        refresh_history(repo, store)
    assert read(repo) == old
    assert sorted(os.listdir(state_dir(repo))) == ["failures.tsv", "history.bin", snapshots.LOCK]


def test_two_writers_at_once_end_with_everything(repo: Somewhere, store: Store, tmp_path: Path) -> None:
    """Whoever writes last has seen both parts, and a reader never meets half a file."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(first), str(first + 60)], cwd=ROOT)
        for first in (0, 60)
    ]
    while any(writer.poll() is None for writer in writers):
        if os.path.exists(history_path(repo)):
            assert History.open(read(repo)).builds > 0
    assert [writer.returncode for writer in writers] == [0, 0]
    assert read(repo) == history_of(project(120)).snapshot()
