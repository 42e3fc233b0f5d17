"""Every long command, stopped inside its work: it ends in order, and nothing half done is published."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from cigate.artifacts import open_artifacts
from cigate.artifacts.bundles import read_index, read_objects
from cigate.git import Repository
from cigate.identity import pseudonym
from cigate.model import read_bundle
from cigate.places import author_key
from cigate.stores import open_store
from tests.judged import run_cigate
from tests.torture.amount import FULL, count
from tests.torture.stopping import BUILDS, STOPS, WAITING, build_place, copy_place, stop

SIGNALS = {signal.SIGINT: (130, "cigate: interrupted"), signal.SIGTERM: (143, "cigate: terminated")}
# What may differ afterwards: whole batches are kept, and a build whose delivery was stopped waits.
DIFFERS: dict[str, dict[str, object]] = {
    "import": {"builds": BUILDS + 1000},
    "record": {"waiting": WAITING + 1},
}


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with all that the commands work on; nobody changes it."""
    place = tmp_path_factory.mktemp("pattern")
    build_place(place)
    return place


def state_of(place: Path) -> dict[str, Any]:
    """Return all that somebody else could use of what is there."""
    git_dir = place / "work" / ".git" / "cigate"
    key = author_key(Repository.open(str(place / "work")), {})
    author = pseudonym(b"ann@example.invalid", key)
    models = open_artifacts(str(place / "models"))
    latest = read_index(models, "default")[0].latest
    store = open_store(f"sqlite:///{git_dir}/builds.sqlite")
    objects = open_store(f"file://{place}/objects")
    return {
        "model": read_bundle(str(git_dir / "model")),
        "beside the model": sorted(path.name for path in (git_dir / "model").iterdir()),
        "latest": (latest, read_objects(models, latest)),
        "builds": store.count().builds,
        "one author's": sum(record.change.author == author for record in store.read()),
        "objects": sorted(record.id for record in objects.read()),
        "waiting": sum(path.is_file() for path in (git_dir / "spool").rglob("*")),
        "results": sorted(str(path.relative_to(place)) for path in place.rglob("*out*") if path.is_file()),
    }


def moments() -> list[Any]:
    """Return each command with each signal; a quick run sends one of them, and stops a training once."""
    numbers = list(SIGNALS)
    return [
        pytest.param(name, number, id=f"{name}-{number.name}")
        for at, name in enumerate(STOPS if FULL else [name for name in STOPS if name != "train, fitting"])
        for number in (numbers if FULL else [numbers[at % 2]])
    ]


@pytest.mark.parametrize(("name", "number"), moments())
def test_a_command_that_is_stopped_inside_its_work_ends_in_order(
    pattern: Path, tmp_path: Path, name: str, number: signal.Signals
) -> None:
    """130 or 143, one line and no traceback; models, builds and results are as before, or whole."""
    place = tmp_path / "place"
    copy_place(pattern, place)
    before = state_of(place)
    code, out, said = stop(place, STOPS[name], number)
    assert "inside\n" in out, said
    expected, words = SIGNALS[number]
    assert code == expected, said
    assert words in said
    assert "Traceback" not in said + out
    assert state_of(place) == before | DIFFERS.get(name, {})
    if FULL:
        again = [word.format(place=place) for word in STOPS[name].words]
        ran = run_cigate(*again, cwd=place / "work")
        assert ran.returncode in (0, 4), ran.stderr
    count("commands stopped inside their work", 1)
