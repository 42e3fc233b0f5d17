"""On a real scheduler with real workers that die: nothing is lost, doubled or different."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cigate.errors import EngineError
from cigate.stores import open_store
from cigate_train.scale.engine import InProcess, open_engine
from cigate_train.scale.jobs import FAILED, KEPT, Job
from cigate_train.scale.pooled import PoolSettings
from cigate_train.scale.prefix import open_prefix
from cigate_train.scale.running import run_jobs, write_index
from cigate_train.scale.sources import find_sources
from cigate_train.scale.training import train_pool
from tests.clusters import Cluster, run_cluster
from tests.many import NAMES, make_repositories

pytestmark = pytest.mark.slow
Client = pytest.importorskip(
    "distributed", reason="Dask is not installed: pip install 'cigate[scale]'"
).Client

ROOT = Path(__file__).resolve().parent.parent
SMALL = PoolSettings(trees=12, leaf_cap=16, leaf_rows=10)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repositories(tmp_path_factory.mktemp("many"))


@pytest.fixture(scope="module")
def alone(made: Path) -> Path:
    """What one process mines: what every cluster must give."""
    jobs = jobs_for(made, made / "alone")
    write_index(open_prefix(str(made / "alone")), list(run_jobs(InProcess(), jobs)))
    return made / "alone"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with run_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def jobs_for(made: Path, out: Path) -> list[Job]:
    sources = find_sources(f"{made}/repos/*", f"{made}/builds")
    store = f"sqlite:///{out}/builds.sqlite"
    return [Job(source, str(out), f"{out}/cache", 10**9, 25, store, b"key") for source in sources]


def rows_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("rows.parquet"))}


def test_a_worker_that_is_killed_while_it_mines_changes_nothing(
    cluster: Cluster, made: Path, alone: Path, tmp_path: Path
) -> None:
    """The other worker does its tasks again; no build is counted twice, and the bytes are the same."""
    jobs = jobs_for(made, tmp_path)
    with open_engine(cluster.url, 2) as engine:
        ended = run_jobs(engine, jobs)
        mined = [next(ended)]
        cluster.kill_worker("w0")
        mined += ended
    assert sorted(each.name for each in mined) == sorted(NAMES)
    assert [each.why for each in mined if each.state == FAILED] == []
    assert any(each.ranges > 1 for each in mined)
    assert rows_in(tmp_path) == rows_in(alone)
    counted = open_store(f"sqlite:///{tmp_path}/builds.sqlite").count().builds
    assert counted == open_store(f"sqlite:///{alone}/builds.sqlite").count().builds
    cluster.add_worker("w1-again")


@pytest.mark.slow
def test_one_two_or_four_workers_make_the_same_bundle(
    cluster: Cluster, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte what this process makes alone; the rows leave it once, not with each tree."""
    expected = train_pool(str(alone), SMALL, InProcess())[2].bundle
    sent: list[list[np.dtype[Any]]] = []
    scatter = Client.scatter

    def counting(client: object, data: list[np.ndarray], **how: Any) -> Any:
        sent.append([array.dtype for array in data])
        return scatter(client, data, **how)

    monkeypatch.setattr(Client, "scatter", counting)
    spare = sorted(cluster.workers)[1:]
    for name in spare:
        cluster.kill_worker(name)
    for workers, new in ((1, ()), (2, ("second",)), (4, ("third", "fourth"))):
        for name in new:
            cluster.add_worker(name)
        for name in new:
            cluster.wait_for(name)
        assert len(cluster.workers) == workers
        with open_engine(cluster.url, 1) as engine:
            found = train_pool(str(alone), SMALL, engine)[2].bundle
        assert (found.model, found.manifest) == (expected.model, expected.manifest)
        assert [kind.name for kind in sent.pop()] == ["float32", "bool", "int16"]
        assert not sent
    for name in ("third", "fourth"):
        cluster.kill_worker(name)


def test_a_worker_that_is_killed_while_trees_grow_changes_nothing(
    cluster: Cluster, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had rows and trees that nobody else had; the others grow them again."""
    expected = train_pool(str(alone), SMALL, InProcess())[2].bundle
    cluster.add_worker("mortal")
    cluster.wait_for("mortal")
    died = threading.Event()

    def kill_when_it_works() -> None:
        cluster.wait_until_it_works("mortal")
        cluster.kill_worker("mortal")
        died.set()

    with open_engine(cluster.url, 1) as engine:
        forests = engine.forests
        killers: list[threading.Thread] = []

        @contextmanager
        def killing(shared: Sequence[object]) -> Iterator[str]:
            with forests(shared) as inside:
                if not killers:
                    killers.append(threading.Thread(target=kill_when_it_works))
                    killers[0].start()
                yield inside

        monkeypatch.setattr(engine, "forests", killing)
        found = train_pool(str(alone), SMALL, engine)[2].bundle
        killers[0].join()
    assert died.is_set()
    assert (found.model, found.manifest) == (expected.model, expected.manifest)


def test_a_worker_of_another_version_is_named(cluster: Cluster, tmp_path: Path) -> None:
    """Results must not depend on which machine works: the worker and the difference are told."""
    shutil.copytree(ROOT / "cigate", tmp_path / "cigate")
    (tmp_path / "cigate" / "__init__.py").write_text('__version__ = "0.0.1"\n')
    cluster.add_worker("old", {"PYTHONPATH": str(tmp_path)})
    try:
        cluster.wait_for("old")
        named = r"the worker tcp://127.0.0.1:\d+ is not like .* cigate 0\.0\.1"
        with pytest.raises(EngineError, match=named), open_engine(cluster.url, 1):
            pass
    finally:
        cluster.kill_worker("old")


def test_a_scheduler_that_is_gone_leaves_what_was_mined(
    made: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error says so, and the same command goes on from there, on whatever engine."""
    jobs = jobs_for(made, tmp_path)
    with run_cluster(tmp_path / "cluster", workers=1) as mortal, open_engine(mortal.url, 1) as engine:
        ended = run_jobs(engine, jobs)
        first = next(ended)
        mortal.kill_scheduler()
        with pytest.raises(EngineError, match="is gone") as caught:
            list(ended)
    assert "again" in caught.value.hint
    assert "Traceback" not in capfd.readouterr().err
    again = {each.name: each for each in run_jobs(InProcess(), jobs)}
    assert again[first.name].state == KEPT
    assert len(again) == len(NAMES)
    assert [each.why for each in again.values() if each.state == FAILED] == []
