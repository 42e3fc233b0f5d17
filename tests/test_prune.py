"""`cigate prune` deletes what it says, and only that."""

from __future__ import annotations

from pathlib import Path
from time import time

import pytest

from cigate.cli import main
from cigate.stores import open_store
from tests.stores.samples import record

DAY = 86_400


@pytest.fixture(params=["sqlite:///{}/builds.sqlite", "file://{}/builds", "file://{}/builds?repository=o/r"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store with builds that ended 1, 100 and 1,000 days ago."""
    url = str(request.param).format(tmp_path)
    now = int(time())
    open_store(url).append([record(days, finished_at=now - days * DAY) for days in (1, 100, 1000)])
    return url


def test_a_dry_run_deletes_nothing(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prune", "--older-than", "90d", "--store", url, "--dry-run"]) == 0
    assert "2 builds" in capsys.readouterr().out
    assert open_store(url).count().builds == 3


@pytest.mark.parametrize(("age", "left"), [("90d", 1), ("26w", 2), ("3y", 3)])
def test_older_builds_go(
    url: str, age: str, left: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CIGATE_STORE", url)
    assert main(["prune", "--older-than", age]) == 0
    assert capsys.readouterr().out.startswith(f"pruned  {3 - left} builds and ")
    assert open_store(url).count().builds == left


@pytest.mark.parametrize("age", ["90", "0d", "-1d", "3m", "1.5y", "999999d"])
def test_an_age_that_is_none_is_refused(url: str, age: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip must not delete everything."""
    assert main(["prune", f"--older-than={age}", "--store", url]) == 2
    assert "such as 90d, 26w or 3y" in capsys.readouterr().err
    assert open_store(url).count().builds == 3
