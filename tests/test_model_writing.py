"""What must hold for writing a bundle: a reader sees the old one or the new one, whatever happens."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cigate.errors import DamagedBundle, ModelError
from cigate.model import Bundle, read_bundle, write_bundle, writing
from tests.forests import fit_forest, make_bundle, numbered_features

ROOT = Path(__file__).resolve().parent.parent
FILES = ["history.bin", "manifest.json", "model.onnx"]

# Writes the two bundles in turn until it is killed. The structure of both was checked before:
# without that, the kill falls nearly always into the writing itself.
WRITER = """
import sys
from cigate.model import read_bundle, writing
writing.check_structure = lambda *_: None
target, *sources = sys.argv[1:]
bundles = [read_bundle(source) for source in sources]
print("ready", flush=True)
while True:
    for bundle in bundles:
        writing.write_bundle(target, bundle)
"""


class Crash(BaseException):
    """Stands for the death of the process: nothing in the writer may catch it."""


def pair() -> tuple[Bundle, Bundle]:
    one = make_bundle(history=b"one" * 1000, model_id="one")
    other = fit_forest(numbered_features(8), n_trees=10, seed=1)
    return one, make_bundle(other, history=b"other" * 1000, model_id="other")


def start_writer(*arguments: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    _, complaints = process.communicate()
    assert complaints == b""


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder, bundle in zip(folders, pair(), strict=True):
        write_bundle(str(folder), bundle)
    return folders


def test_a_killed_writer_never_leaves_a_mixed_bundle(tmp_path: Path, sources: list[Path]) -> None:
    """Twenty writers are killed at random moments; reading goes on all the while."""
    target = tmp_path / "target"
    write_bundle(str(target), pair()[0])
    pauses = random.Random(7)
    seen = set()
    for _ in range(20):
        process = start_writer(target, *sources)
        end = time.monotonic() + pauses.uniform(0.0, 0.03)
        while time.monotonic() < end:
            assert read_bundle(str(target)) in pair()
        stop(process)
        found = read_bundle(str(target))
        assert found in pair()
        seen.add(found.manifest.model_id)
    write_bundle(str(target), pair()[1])
    assert read_bundle(str(target)) == pair()[1]
    assert sorted(os.listdir(target)) == FILES


def test_two_writers_and_a_reader_do_not_disturb_each_other(tmp_path: Path, sources: list[Path]) -> None:
    target = tmp_path / "target"
    write_bundle(str(target), pair()[0])
    writers = [start_writer(target, *sources), start_writer(target, *reversed(sources))]
    try:
        for _ in range(200):
            assert read_bundle(str(target)) in pair()
    finally:
        for process in writers:
            assert process.poll() is None
            stop(process)
    assert read_bundle(str(target)) in pair()


STEPS = ("open", "write", "fsync", "replace", "unlink")


class Fuse:
    """Lets `left` steps of the writer happen and makes the next one a crash."""

    def __init__(self, left: int) -> None:
        self.left = left

    def guard(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any) -> Any:
            if self.left == 0:
                raise Crash
            self.left -= 1
            return step(*args)

        return guarded


def write_and_crash(folder: Path, bundle: Bundle, after: int) -> bool:
    """Write with a crash after so many steps; return whether it came to that."""
    fuse = Fuse(after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "check_structure", lambda *_: None)
        for name in STEPS:
            patch.setattr(os, name, fuse.guard(getattr(os, name)))
        try:
            write_bundle(str(folder), bundle)
        except Crash:
            return True
    return False


def test_after_a_crash_at_any_step_the_folder_holds_one_whole_bundle(tmp_path: Path) -> None:
    old, new = pair()
    crashes, switched = 0, []
    while True:
        target = tmp_path / str(crashes)
        write_bundle(str(target), old)
        if not write_and_crash(target, new, crashes):
            break
        found = read_bundle(str(target))
        assert found in (old, new)
        switched.append(found == new)
        # A second crash on top of the first, then a write that succeeds and cleans up.
        write_and_crash(target, old, crashes // 2)
        assert read_bundle(str(target)) in (old, new)
        write_bundle(str(target), new)
        assert read_bundle(str(target)) == new
        assert sorted(os.listdir(target)) == FILES
        crashes += 1
    assert crashes > 12
    assert switched == sorted(switched)  # old until the switch, new from then on
    assert True in switched
    assert False in switched


def test_a_full_disk_is_told_and_leaves_the_old_bundle(tmp_path: Path) -> None:
    old, new = pair()
    write_bundle(str(tmp_path), old)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(ModelError, match="cannot be written") as caught:
            write_bundle(str(tmp_path), new)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.hint
    assert read_bundle(str(tmp_path)) == old
    write_bundle(str(tmp_path), new)
    assert read_bundle(str(tmp_path)) == new


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="cannot be written"):
        write_bundle(str(tmp_path / "file" / "model"), make_bundle())


def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    kept = ["notes.txt", "model-v1.onnx", "history-0123456789abcdeX.bin"]
    for name in kept:
        (tmp_path / name).write_text("mine")
    write_bundle(str(tmp_path), make_bundle())
    assert sorted(os.listdir(tmp_path)) == sorted(kept + FILES)


def test_leftovers_of_dead_writers_are_swept(tmp_path: Path) -> None:
    for name in ("model-0123456789abcdef.onnx", "history-0123456789abcdef.bin", "manifest.json.new"):
        (tmp_path / name).write_text("half")
    write_bundle(str(tmp_path), make_bundle())
    assert sorted(os.listdir(tmp_path)) == FILES


@pytest.mark.parametrize("manifest", ["", "{}", '{"format": 99}'])
def test_a_damaged_bundle_can_be_replaced(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    write_bundle(str(tmp_path), make_bundle())
    assert read_bundle(str(tmp_path)) == make_bundle()


def test_a_bundle_that_readers_would_refuse_is_not_written(tmp_path: Path) -> None:
    good = make_bundle()
    for bad in (
        Bundle(good.manifest, good.model + b"x", good.history),
        Bundle(good.manifest, good.model, good.history + b"x"),
    ):
        with pytest.raises(DamagedBundle, match="not what its manifest says"):
            write_bundle(str(tmp_path), bad)
    other = fit_forest(numbered_features(3), n_trees=2)
    with pytest.raises(DamagedBundle, match="another list of features"):
        write_bundle(str(tmp_path), make_bundle(other._replace(features=numbered_features(4))))
    assert os.listdir(tmp_path) == []


def test_a_writer_waits_for_another_one_and_then_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr(writing, "LOCK_WAIT_S", 0.05)
    held = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(ModelError, match="another process"):
        write_bundle(str(tmp_path), make_bundle())
    os.close(held)
    write_bundle(str(tmp_path), make_bundle())


def test_a_bundle_without_history_has_no_history_file(tmp_path: Path) -> None:
    """The starter's form, in place of a bundle with history and back again."""
    folder = str(tmp_path)
    with_history, without = pair()[0], make_bundle(history=b"")
    write_bundle(folder, with_history)
    write_bundle(folder, without)
    assert read_bundle(folder) == without
    assert sorted(os.listdir(folder)) == ["manifest.json", "model.onnx"]
    write_bundle(folder, with_history)
    assert read_bundle(folder) == with_history
    assert sorted(os.listdir(folder)) == FILES
