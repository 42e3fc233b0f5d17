"""A real Dask cluster on 127.0.0.1, started as a user starts one: a scheduler and workers, each a process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tests.servers import free_port

DASK = str(Path(sys.executable).parent / "dask")


class Cluster:
    """A running scheduler; `workers` are the processes that were started for it, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"tcp://127.0.0.1:{free_port()}"
        host = ("--host", "127.0.0.1", "--port", self.url.rpartition(":")[2], "--no-dashboard")
        self.scheduler = self._start("scheduler", {}, *host)
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._wait_for_scheduler()

    def add_worker(self, name: str, env: Mapping[str, str] = {}) -> None:
        """Start a worker of one thread; it registers when it is ready."""
        options = ("--name", name, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard")
        folder = ("--local-directory", str(self.folder / name))
        self.workers[name] = self._start("worker", env, self.url, *options, *folder)

    def wait_for(self, name: str) -> None:
        """Wait until a worker has registered."""
        from distributed import Client

        with Client(self.url, timeout=120) as client:
            until = monotonic() + 300
            while name not in {worker["id"] for worker in client.scheduler_info(-1)["workers"].values()}:
                assert self.workers[name].poll() is None, "the worker ended"
                assert monotonic() < until, "the worker does not register"
                sleep(0.2)

    def wait_until_it_works(self, name: str) -> None:
        """Wait until the scheduler has handed a task to a worker."""
        from distributed import Client

        with Client(self.url, timeout=120) as client:
            until = monotonic() + 300
            workers = client.scheduler_info(-1)["workers"]
            address = next(address for address, worker in workers.items() if worker["id"] == name)
            while not client.processing([address])[address]:
                assert monotonic() < until, "the worker is given nothing to do"

    def kill_worker(self, name: str) -> None:
        """End a worker as a machine ends that loses its power."""
        worker = self.workers.pop(name)
        worker.kill()
        worker.wait()

    def kill_scheduler(self) -> None:
        """End the scheduler in the same way."""
        self.scheduler.kill()
        self.scheduler.wait()

    def stop(self) -> None:
        """End everything."""
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
            process.wait()

    def _wait_for_scheduler(self) -> None:
        port, until = int(self.url.rpartition(":")[2]), monotonic() + 300
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            assert self.scheduler.poll() is None, (self.folder / "scheduler.log").read_text()
            assert monotonic() < until, "the scheduler does not listen"
            sleep(0.1)

    def _start(self, what: str, env: Mapping[str, str], *args: str) -> subprocess.Popen[bytes]:
        with open(self.folder / f"{what}.log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, DASK, what, *args],
                cwd=self.folder,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


@contextmanager
def run_cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster in a folder of its own, and stop it."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder)
    try:
        for number in range(workers):
            cluster.add_worker(f"w{number}")
        for name in cluster.workers:
            cluster.wait_for(name)
        yield cluster
    finally:
        cluster.stop()
