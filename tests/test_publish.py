"""`cigate publish`, `cigate pull` and `cigate models` as they are typed."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from cigate.cli import main
from cigate.model import Bundle, read_bundle, write_bundle
from cigate.sharing import local_digest
from tests.artifacts.models import model
from tests.forests import fit_forest, make_bundle
from tests.repo import Repo


class Team:
    """A publisher's clone and a laptop's, and a folder that both reach."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.place = folder / "models"
        self.publisher = Repo.init(folder / "publisher")
        self.laptop = Repo.init(folder / "laptop")
        for repo in (self.publisher, self.laptop):
            (repo.path / ".cigate.toml").write_text('artifacts = "../models"\n')

    def folder(self, repo: Repo) -> str:
        return str(repo.path / ".git" / "cigate" / "model")

    def run(self, repo: Repo, *words: str) -> tuple[int, str]:
        """Run a command in a clone; return its exit code and all that it said."""
        code = main([words[0], *words[1:], "--repo", str(repo.path)])
        out, err = self.capsys.readouterr()
        assert "Traceback" not in err
        return code, out + err

    def publish(self, bundle: Bundle) -> str:
        """Publish a model and return its digest."""
        write_bundle(self.folder(self.publisher), bundle)
        code, said = self.run(self.publisher, "publish")
        assert (code, said.split(":")[0]) == (0, "published"), said
        return local_digest(self.folder(self.publisher))

    def pull(self, *words: str) -> tuple[int, str]:
        return self.run(self.laptop, "pull", *words)

    @property
    def judges(self) -> str:
        """The name of the laptop's model."""
        return read_bundle(self.folder(self.laptop)).manifest.model_id


@pytest.fixture
def team(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Team:
    return Team(tmp_path, capsys)


def test_what_one_publishes_the_other_pulls(team: Team) -> None:
    digest = team.publish(model("one"))
    code, said = team.pull()
    assert (code, said) == (0, f"pulled: one ({digest[:12]}) from {team.place}\n")
    assert read_bundle(team.folder(team.laptop)) == model("one")
    assert team.pull() == (0, f"up to date: nothing new ({digest[:12]}) from {team.place}\n")
    code, said = team.run(team.publisher, "publish")
    assert (code, said) == (0, f"already the latest: one ({digest[:12]}) as default in {team.place}\n")
    team.publish(model("two"))
    team.pull()
    assert team.judges == "two"


def test_names_keep_models_apart(team: Team) -> None:
    team.publish(model("one"))
    code, said = team.pull("--name", "other")
    assert code == 3
    assert "no model was published under the name other" in said


def test_a_pull_that_is_not_due_asks_nobody(team: Team) -> None:
    team.publish(model("one"))
    assert team.pull("--if-older-than", "6h")[1].startswith("pulled: ")
    os.rename(team.place, team.place.with_name("elsewhere"))
    assert team.pull("--if-older-than", "6h") == (0, "not due: pulled 1 min ago\n")
    assert team.pull()[0] == 3
    stamp = Path(team.folder(team.laptop), "pulled")
    source = stamp.read_text().split()[1]
    for at in ("1", "9999999999"):  # long ago, and by a clock that was wrong
        stamp.write_text(f"{at} {source}\n")
        assert team.pull("--if-older-than", "6h")[0] == 3


def test_whatever_fails_the_old_model_stays(team: Team) -> None:
    team.publish(model("one"))
    team.pull()
    bad = team.publish(model("two"))
    path = team.place / "objects" / "sha256" / bad[:2] / bad
    for content in (b"", path.read_bytes()[:-1], path.read_bytes().replace(b"two", b"own")):
        path.write_bytes(content)
        code, said = team.pull()
        assert code == 3
        assert "is damaged" in said
        assert "the model that is here stays in use" in said
        assert read_bundle(team.folder(team.laptop)) == model("one")
    team.publish(model("three"))
    assert team.pull()[0] == 0
    assert team.judges == "three"


def test_a_damaged_model_here_is_replaced_by_the_same_one(team: Team) -> None:
    team.publish(model("one"))
    team.pull()
    Path(team.folder(team.laptop), "model.onnx").write_bytes(b"damaged")
    assert team.pull()[1].startswith("pulled: ")
    assert team.judges == "one"


def test_a_slow_server_is_given_up_and_the_old_model_stays(team: Team) -> None:
    """It would need a quarter of an hour for its head alone."""
    team.publish(model("one"))
    team.pull()
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while not over.wait(1):
                    connection.sendall(b"H")

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        code, said = team.pull("--from", url, "--timeout", "0.5")
        over.set()
    assert code == 3
    assert "pulling took longer than 0.5 s and was given up" in said
    assert team.judges == "one"


def test_what_a_pull_would_refuse_is_not_published(team: Team) -> None:
    code, said = team.run(team.publisher, "publish")
    assert (code, "there is no model in" in said) == (3, True)
    write_bundle(team.folder(team.publisher), make_bundle(fit_forest(), b""))
    code, said = team.run(team.publisher, "publish")
    assert (code, "was trained with f0" in said) == (3, True)
    assert not team.place.exists()


def test_the_list_marks_what_is_latest_here_and_pinned(team: Team) -> None:
    first = team.publish(model("one"))
    team.pull()
    second = team.publish(model("two"))
    team.run(team.laptop, "models", "pin")
    code, said = team.run(team.laptop, "models", "list")
    assert code == 0
    lines = [line.split(maxsplit=2) for line in said.splitlines()]
    assert [line[0] for line in lines] == [second[:12], first[:12]]
    assert [line[2] for line in lines] == ["two  latest", "one  here, pinned"]


def test_a_model_is_shown_before_it_is_used(team: Team) -> None:
    first = team.publish(model("one"))
    team.publish(model("two"))
    code, said = team.run(team.laptop, "models", "show")
    assert (code, said.split()[:2]) == (0, ["model", "two"])
    code, said = team.run(team.laptop, "models", "show", first[:8])
    assert f"digest      {first}\n" in said
    assert "limits      warns from 50 %; blocks from 80 %\n" in said
    assert "rows        600\n" in said


def test_going_back_holds_for_everybody_until_the_next_publication(team: Team) -> None:
    first = team.publish(model("one"))
    team.publish(model("two"))
    team.pull()
    code, said = team.run(team.publisher, "models", "rollback")
    assert (code, said) == (0, f"latest now: one ({first[:12]})\n")
    team.pull()
    assert team.judges == "one"
    code, said = team.run(team.publisher, "models", "rollback")
    assert (code, "no model was published before" in said) == (2, True)
    team.publish(model("three"))
    team.pull()
    assert team.judges == "three"
    team.run(team.publisher, "models", "rollback", first[:10])
    team.pull()
    assert team.judges == "one"


def test_going_back_to_a_damaged_model_is_refused(team: Team) -> None:
    first = team.publish(model("one"))
    second = team.publish(model("two"))
    (team.place / "objects" / "sha256" / first[:2] / first).write_bytes(b"damaged")
    assert team.run(team.publisher, "models", "rollback")[0] == 3
    assert f"{second[:12]}" in team.run(team.laptop, "models", "list")[1].splitlines()[0]
    assert team.pull()[0] == 0
    assert team.judges == "two"


def test_a_pinned_clone_takes_no_other_model(team: Team) -> None:
    first = team.publish(model("one"))
    team.publish(model("two"))
    code, said = team.run(team.laptop, "models", "pin", first[:9])
    assert (code, f"pinned to one ({first[:12]})" in said) == (0, True)
    assert team.pull() == (0, f"pulled: one ({first[:12]}, as pinned) from {team.place}\n")
    path = team.place / "objects" / "sha256" / first[:2] / first
    path.write_bytes(path.read_bytes().replace(b"one", b"eno"))
    Path(team.folder(team.laptop), "model.onnx").unlink()
    assert team.pull()[0] == 3
    code, said = team.run(team.laptop, "models", "pin", "--off")
    assert (code, "no longer pinned" in said) == (0, True)
    team.pull()
    assert team.judges == "two"


def test_a_configured_pin_that_does_not_match_is_refused(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    team.publish(model("one"))
    team.pull()
    team.publish(model("two"))
    monkeypatch.setenv("CIGATE_PIN", "ab" * 32)
    code, said = team.pull()
    assert (code, "the object abababababab is missing" in said) == (3, True)
    assert team.judges == "one"
    monkeypatch.setenv("CIGATE_PIN", "abab")
    assert team.pull()[0] == 2


@pytest.mark.parametrize("words", [("list", "--off"), ("pin", "abcdef", "--off"), ("pin",), ("show", "abc")])
def test_what_makes_no_sense_is_refused(team: Team, words: tuple[str, ...]) -> None:
    team.publish(model("one"))
    assert team.run(team.laptop, "models", *words)[0] == 2
