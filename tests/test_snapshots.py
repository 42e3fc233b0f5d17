"""The snapshot that pushes open is the store's builds, folded, and always whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from cigate import snapshots
from cigate.change import BuildRecord
from cigate.errors import HistoryError
from cigate.failures import LastFailures, render_failures
from cigate.history import History
from cigate.places import failures_path, history_path, state_dir
from cigate.snapshots import refresh_history
from cigate.stores import Store, open_store
from tests.builds import build, history_of, in_order, project

ROOT = Path(__file__).resolve().parent.parent
LEFT = ["failures.tsv", "history.bin", "history.bin.mark", snapshots.LOCK]
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
    assert sorted(os.listdir(state_dir(repo))) == LEFT


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
    assert sorted(os.listdir(state_dir(repo))) == LEFT


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


class Counting:
    """A store that counts the builds which are read whole."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.read_whole = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def read(self, workflow: str = "", since: int = 0, until: int | None = None) -> Iterator[BuildRecord]:
        for record in self.store.read(workflow, since, until):
            self.read_whole += 1
            yield record


def refreshed(repo: Somewhere, store: Store, workflow: str = "") -> int:
    """Renew the snapshot, hold it against the fold of everything, and return how many builds were read."""
    counting = Counting(store)
    history = refresh_history(repo, cast(Store, counting), workflow)
    everything = list(store.read(workflow))
    assert read(repo) == history.snapshot() == history_of(everything).snapshot()
    last = LastFailures()
    for record in everything:
        last.take(record)
    assert Path(failures_path(repo)).read_bytes() == render_failures(last.failures())
    return counting.read_whole


def test_only_new_builds_are_read(repo: Somewhere, store: Store) -> None:
    """To the same bits as if all had been."""
    records = in_order(project(120))
    cut = next(n for n in range(70, 120) if records[n].finished_at > records[n - 1].finished_at)
    store.append(records[:cut])
    assert refreshed(repo, store) == cut
    assert refreshed(repo, store) == 0
    store.append(records[cut:])
    assert refreshed(repo, store) == 120 - cut


def test_a_build_that_comes_late_is_folded_in_its_place(repo: Somewhere, store: Store) -> None:
    records = in_order(project(60))
    store.append([*records[:30], *records[31:50]])
    refreshed(repo, store)
    store.append([records[30]])
    assert refreshed(repo, store) == 50


def test_a_forgotten_author_is_in_no_snapshot(repo: Somewhere, store: Store) -> None:
    """What was folded with the name in it is not learned on."""
    store.append(project(60))
    refreshed(repo, store)
    assert store.forget_author(next(store.read()).change.author)
    assert refreshed(repo, store) == 60


def test_another_workflow_is_folded_from_the_start(repo: Somewhere, store: Store) -> None:
    made = build()
    store.append([made, BuildRecord("o", made.change, "failed", 1, made.finished_at + 5, workflow="nightly")])
    assert [refreshed(repo, store), refreshed(repo, store, "nightly"), refreshed(repo, store)] == [2, 1, 2]


@pytest.mark.parametrize("damage", ["gone", "empty", "other", "cut"])
@pytest.mark.parametrize("name", LEFT)
def test_any_file_can_be_deleted_or_damaged(repo: Somewhere, store: Store, name: str, damage: str) -> None:
    """The next renewal makes it again."""
    store.append(project(40))
    refreshed(repo, store)
    path = Path(state_dir(repo)) / name
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "other": b"x 1 y\n", "cut": whole[: len(whole) // 2]}[damage])
    assert refreshed(repo, store) == (0 if name == snapshots.LOCK else 40)
    assert refreshed(repo, store) == 0


def test_files_that_vanish_meanwhile_do_no_harm(repo: Somewhere, store: Store, tmp_path: Path) -> None:
    """Somebody clears the folder again and again while two renew it: what a reader meets is whole."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(first), str(first + 60)], cwd=ROOT)
        for first in (0, 60)
    ]
    while any(writer.poll() is None for writer in writers):
        for name in ("history.bin", "history.bin.mark"):
            path = Path(state_dir(repo)) / name
            with suppress(FileNotFoundError):
                if name == "history.bin":
                    assert History.open(path.read_bytes()).builds > 0
                path.unlink()
    assert [writer.returncode for writer in writers] == [0, 0]
    refreshed(repo, store)


def test_a_store_without_an_outline_is_folded_whole(repo: Somewhere, tmp_path: Path) -> None:
    folder = open_store(f"file://{tmp_path}/builds")
    records = in_order(project(40))
    folder.append(records[:30])
    assert refreshed(repo, folder) == 30
    folder.append(records[30:])
    assert refreshed(repo, folder) == 40
