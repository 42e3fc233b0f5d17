"""What must hold for reading a bundle: what is returned is what the manifest promised."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cigate.errors import CigateError, DamagedBundle, ModelError, NoModel
from cigate.model import has_bundle, read_bundle, render_manifest, write_bundle
from cigate.model.bundle import PARTS, Bundle, staged_name
from tests.forests import make_bundle

FILES = ["history.bin", "manifest.json", "model.onnx"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(str(tmp_path / "model"), make_bundle())
    return tmp_path / "model"


def refuse(folder: Path) -> CigateError:
    with pytest.raises(CigateError) as caught:
        read_bundle(str(folder))
    assert caught.value.hint
    assert str(caught.value).isprintable()
    return caught.value


def test_a_written_bundle_reads_as_it_was(folder: Path) -> None:
    assert read_bundle(str(folder)) == make_bundle()
    assert sorted(os.listdir(folder)) == FILES


def test_a_bundle_is_shown_without_its_bytes() -> None:
    assert repr(make_bundle()) == "Bundle('test-model')"


def test_three_plain_files_copied_by_hand_are_a_bundle(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    for name in FILES:
        (tmp_path / "copy" / name).write_bytes((folder / name).read_bytes())
    assert read_bundle(str(tmp_path / "copy")) == make_bundle()


@pytest.mark.parametrize("name", ["nowhere", "empty", "file", "file/below"])
def test_no_model_is_told_apart_from_a_damaged_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    error = refuse(tmp_path / name)
    assert isinstance(error, NoModel)
    assert "train" in error.hint


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    error = refuse(folder)
    assert isinstance(error, DamagedBundle)
    assert f"{name}" in str(error)
    assert "is missing" in str(error)


@pytest.mark.parametrize("name", ["model.onnx", "history.bin"])
@pytest.mark.parametrize("how", ["flip", "cut", "longer", "empty"])
def test_a_changed_file_is_named(folder: Path, name: str, how: str) -> None:
    data = bytearray((folder / name).read_bytes())
    if how == "flip":
        data[len(data) // 2] ^= 1
    elif how == "cut":
        data.pop()
    elif how == "longer":
        data.append(0)
    else:
        data.clear()
    (folder / name).write_bytes(data)
    error = refuse(folder)
    assert isinstance(error, DamagedBundle)
    assert name in str(error)


def test_a_cut_manifest_is_damage(folder: Path) -> None:
    data = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(data[:-20])
    assert isinstance(refuse(folder), DamagedBundle)


@pytest.mark.parametrize("name", FILES)
def test_an_oversize_file_is_not_read_to_its_end(folder: Path, name: str) -> None:
    with (folder / name).open("r+b") as file:
        file.truncate(1 << 40)  # sparse: reading it whole would not fit into memory
    error = refuse(folder)
    assert isinstance(error, DamagedBundle)
    assert f"{name} is larger than" in str(error)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_neither_hangs_nor_crashes(folder: Path, name: str, kind: str) -> None:
    (folder / name).unlink()
    if kind == "folder":
        (folder / name).mkdir()
    else:
        os.mkfifo(folder / name)
    assert name in str(refuse(folder))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_forbidden_file_says_so(folder: Path) -> None:
    (folder / "model.onnx").chmod(0)
    assert "cannot be read: Permission denied" in str(refuse(folder))


def test_a_path_the_system_refuses_says_so(tmp_path: Path) -> None:
    error = refuse(tmp_path / ("x" * 300))
    assert isinstance(error, ModelError)
    assert "cannot be read" in str(error)


def test_a_switched_manifest_finds_the_parts_that_still_wait(folder: Path) -> None:
    """The state in which a writer dies between the switch and the renames."""
    new = make_bundle(history=b"new history", model_id="new")
    staged = staged_name("history.bin", new.manifest.history_sha256)
    (folder / staged).write_bytes(new.history)
    assert read_bundle(str(folder)) == make_bundle()
    (folder / "manifest.json").write_bytes(render_manifest(new.manifest))
    assert read_bundle(str(folder)) == new
    write_bundle(str(folder), make_bundle())
    assert read_bundle(str(folder)) == make_bundle()
    assert sorted(os.listdir(folder)) == FILES


def test_a_wrong_file_under_a_waiting_name_is_not_believed(folder: Path) -> None:
    new = make_bundle(history=b"new history")
    (folder / staged_name("history.bin", new.manifest.history_sha256)).write_bytes(b"other")
    (folder / "manifest.json").write_bytes(render_manifest(new.manifest))
    assert "history.bin" in str(refuse(folder))


def test_the_caps_leave_room_for_real_bundles() -> None:
    assert all(cap >= 16 << 20 for _, _, cap in PARTS.values())
    assert isinstance(make_bundle(), Bundle)


def test_a_folder_with_any_part_has_a_bundle(tmp_path: Path) -> None:
    """A damaged bundle is not mistaken for none."""
    folder = str(tmp_path / "model")
    assert not has_bundle(folder)
    write_bundle(folder, make_bundle())
    assert has_bundle(folder)
    (tmp_path / "model" / "manifest.json").unlink()
    assert has_bundle(folder)
