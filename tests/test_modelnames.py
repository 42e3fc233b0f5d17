"""Which names a repository looks for, and that the first published one is pulled."""

from __future__ import annotations

from pathlib import Path

import pytest

from cigate.artifacts.layout import check_name
from cigate.cli import main
from cigate.errors import UsageError
from cigate.git import Repository
from cigate.model import read_bundle, write_bundle
from cigate.modelnames import names_of, path_of_origin
from tests.artifacts.models import model
from tests.repo import Repo

EVERY = ("{repository}", "{owner}", "default")
Said = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("Acme/Web", ("acme__web", "acme", "default")),
        ("acme/tools/web", ("acme__tools__web", "acme__tools", "acme", "default")),
        ("web", ("default",)),
        ("", ("default",)),
        (f"acme/{'w' * 60}", ("acme", "default")),
        ("acme/wéb", ("acme", "default")),
        ("../web", ("default",)),
        ("default/web", ("default__web", "default")),
    ],
)
def test_names_lead_from_the_repository_outward(path: str, names: tuple[str, ...]) -> None:
    """What cannot be a name is left out, and none is asked for twice."""
    assert names_of(EVERY, path) == names
    assert all(check_name(name) for name in names)


@pytest.mark.parametrize("word", ["Team", "a/b", "{name}", "", "x" * 65])
def test_a_word_that_is_no_name_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="no name for a model"):
        names_of(("default", word), "acme/web")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A clone of acme/web that shares its configuration with all others."""
    made = Repo.init(tmp_path / "web")
    made.git("remote", "add", "origin", "git@git.example.com:Acme/web.git")
    words = ", ".join(f'"{word}"' for word in EVERY)
    (made.path / ".cigate.toml").write_text(f'artifacts = "../models"\nmodels = [{words}]\n')
    monkeypatch.chdir(made.path)
    return made


def publish(clone: Repo, name: str) -> None:
    """Publish a model called like the name it gets."""
    folder = clone.path.parent / f"made-{name}"
    write_bundle(str(folder), model(name))
    assert main(["publish", "--name", name, "--model", str(folder)]) == 0


def judges(clone: Repo) -> str:
    return read_bundle(str(clone.path / ".git" / "cigate" / "model")).manifest.model_id


def test_the_path_is_that_of_the_remote(clone: Repo) -> None:
    assert path_of_origin(Repository.open(".")) == "Acme/web"
    clone.git("remote", "remove", "origin")
    assert path_of_origin(Repository.open(".")) == ""


def test_the_nearest_model_is_pulled(clone: Repo, capsys: Said) -> None:
    """A common one until the organisation has its own, and that until the repository has."""
    for name in ("default", "acme", "acme__web"):
        publish(clone, name)
        publish(clone, f"other-{name.replace('_', '-')}")
        assert main(["pull"]) == 0
        assert judges(clone) == name
    assert "as acme__web from" in capsys.readouterr().out
    assert main(["pull", "--name", "acme"]) == 0
    assert judges(clone) == "acme"


def test_reading_follows_and_writing_does_not(clone: Repo, capsys: Said) -> None:
    """`cigate models` shows what a pull takes; nothing but --name moves a name that many share."""
    publish(clone, "acme")
    assert main(["pull"]) == 0
    assert main(["models", "list"]) == 0
    assert main(["models", "pin"]) == 0
    capsys.readouterr()
    assert main(["models", "rollback"]) == 3
    assert "under the name default" in capsys.readouterr().err
    assert main(["publish"]) == 0
    assert "as default in" in capsys.readouterr().out


def test_without_any_the_names_are_told(clone: Repo, capsys: Said) -> None:
    assert main(["pull"]) == 3
    said = capsys.readouterr().err
    assert all(name in said for name in ("acme__web", "acme", "default"))


def test_a_damaged_name_is_not_taken_for_an_empty_one(clone: Repo) -> None:
    """The organisation's model must not come in the place of one that cannot be read."""
    publish(clone, "acme__web")
    publish(clone, "acme")
    assert main(["pull"]) == 0
    (clone.path.parent / "models" / "models" / "acme__web.json").write_text("{")
    assert main(["pull"]) == 3
    assert judges(clone) == "acme__web"


def test_names_that_come_to_none_are_an_error(clone: Repo, capsys: Said) -> None:
    clone.git("remote", "remove", "origin")
    (clone.path / ".cigate.toml").write_text('artifacts = "../models"\nmodels = ["{repository}"]\n')
    assert main(["pull"]) == 2
    assert "--name" in capsys.readouterr().err
