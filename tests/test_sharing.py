"""What publishing and pulling have in common: arguments, pins and the memory of the last pull."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from cigate import sharing
from cigate.errors import CigateError, GitError, ModelError, UsageError
from cigate.git import Repository
from cigate.model import read_bundle, write_bundle
from tests.artifacts.models import model
from tests.repo import Repo


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    sharing.add_arguments(parser, "--from")
    return parser.parse_args(words)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repo.init(tmp_path / "work")
    monkeypatch.chdir(made.path)
    return Repository.open(".")


def test_a_clone_needs_nothing_but_a_place(repo: Repository, tmp_path: Path) -> None:
    ours = sharing.open_sharing(parse("--from", str(tmp_path / "models")))
    assert (ours.name, ours.pin) == ("default", "")
    assert ours.folder == str(tmp_path / "work" / ".git" / "cigate" / "model")


def test_the_configuration_names_the_place(repo: Repository, tmp_path: Path) -> None:
    Path(".cigate.toml").write_text(f'artifacts = "../models"\npin = "{"a" * 64}"\n')
    ours = sharing.open_sharing(parse("--name", "x"))
    assert ours.place.shown == str(tmp_path / "models")
    assert (ours.name, ours.pin) == ("x", "a" * 64)


def test_what_is_missing_is_said_with_the_next_step(repo: Repository, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no place") as caught:
        sharing.open_sharing(parse())
    assert "artifacts" in caught.value.hint
    with pytest.raises(UsageError, match="no name for a model"):
        sharing.open_sharing(parse("--from", "x", "--name", "A/B"))


def test_outside_a_repository_the_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GitError):
        sharing.open_sharing(parse("--from", "x"))
    ours = sharing.open_sharing(parse("--from", "x", "--model", "here"))
    assert (ours.folder, ours.repo) == ("here", None)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15min", 900), ("6h", 21_600), ("2d", 172_800), ("0s", 0)]
)
def test_ages_are_read(text: str, seconds: int) -> None:
    assert sharing.parse_age(text) == seconds


@pytest.mark.parametrize("text", ["", "6", "h", "6 h", "-6h", "1.5h", "6w", "9999999s", "٦h"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        sharing.parse_age(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "3601", "soon"])
def test_what_is_no_timeout_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        sharing.parse_timeout(text)


def test_a_check_is_remembered_for_this_place_name_and_pin_only(repo: Repository, tmp_path: Path) -> None:
    first = sharing.open_sharing(parse("--from", str(tmp_path / "models")))
    other = sharing.open_sharing(parse("--from", str(tmp_path / "models"), "--name", "other"))
    sharing.note_check(first, 1000)  # there is no folder yet: nothing happens
    assert sharing.checked_at(first) == 0
    write_bundle(first.folder, model("one"))
    sharing.note_check(first, 1000)
    assert (sharing.checked_at(first), sharing.checked_at(other)) == (1000, 0)
    sharing.write_pin(repo, "a" * 64)
    assert sharing.checked_at(sharing.open_sharing(parse("--from", str(tmp_path / "models")))) == 0


def test_what_was_pulled_is_set_aside_once(repo: Repository, tmp_path: Path) -> None:
    """A model that somebody trained here is nobody's business; what cannot be used is not kept."""
    ours = sharing.open_sharing(parse("--from", str(tmp_path / "models")))
    aside = sharing.aside_dir(ours.folder)
    write_bundle(ours.folder, model("own"))
    assert sharing.set_aside(ours.folder) == ""
    assert not Path(aside).exists()
    write_bundle(ours.folder, model("one"))
    sharing.note_check(ours, 1000)
    assert sharing.set_aside(ours.folder) == "one"
    assert read_bundle(aside) == model("one")
    assert sharing.checked_at(ours) == 0
    write_bundle(ours.folder, model("own"))
    assert sharing.set_aside(ours.folder) == ""
    sharing.note_check(ours, 1000)
    Path(ours.folder, "model.onnx").write_bytes(b"damaged")
    assert sharing.set_aside(ours.folder) == ""
    assert sharing.checked_at(ours) == 0
    assert read_bundle(aside) == model("one")


def test_a_pin_is_kept_and_never_overlooked(repo: Repository) -> None:
    assert sharing.read_pin(repo) == ""
    sharing.write_pin(repo, "a" * 64)
    assert sharing.read_pin(repo) == "a" * 64
    for damaged in ("", "a" * 63, "\xff" * 64):
        Path(sharing.pin_path(repo)).write_text(damaged, encoding="latin-1")
        with pytest.raises(ModelError, match="pin"):
            sharing.read_pin(repo)
    sharing.write_pin(repo, "")
    sharing.write_pin(repo, "")
    assert sharing.read_pin(repo) == ""


def test_the_digest_of_what_is_here(tmp_path: Path) -> None:
    assert sharing.local_digest(str(tmp_path)) == ""
    write_bundle(str(tmp_path), model("one"))
    assert len(sharing.local_digest(str(tmp_path))) == 64
    (tmp_path / "model.onnx").write_bytes(b"damaged")
    assert sharing.local_digest(str(tmp_path)) == ""


def test_refusals_are_of_one_kind(repo: Repository) -> None:
    with pytest.raises(CigateError):
        sharing.open_sharing(parse("--from", "ftp://nowhere"))
