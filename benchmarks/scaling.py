"""What more workers are worth: `python -m benchmarks.scaling`, on a machine that does nothing else.

Makes synthetic repositories of mixed sizes once, mines and trains them on each number of workers, and prints
times, efficiency, memory, what went over the loopback, and whether the bytes are the same. Where others work
too, the wall times tell nothing; the processor's do. Must write nothing outside `--work`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter

from benchmarks.times import read
from cigate.cli import main as cigate
from cigate.progress import track

SIZES = (60, 80, 120, 200, 400)
BIG, EVERY = 1_500, 50


def main(argv: list[str] | None = None) -> int:
    """Make, mine, train, print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--work", required=True, help="an empty folder, or one of an earlier run")
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args(argv)
    work = Path(args.work).resolve()
    make(work, args.repositories)
    first: tuple[int, Taken, str] | None = None
    for workers in args.workers:
        mined, trained, digest = measure(work, workers)
        first = first or (workers, mined, digest)
        share = first[1].wall_s / mined.wall_s / (workers / first[0])
        same = "the same bytes" if digest == first[2] else "OTHER BYTES"
        print(f"{workers} workers: {same}")
        by_cpu = first[1].cpu_s / mined.cpu_s
        print(f"  mined    {mined.shown}; efficiency {share:.2f}, by CPU time {by_cpu:.2f}")
        # One process grows trees on two threads already: for training only the times are told.
        print(f"  trained  {trained.shown}", flush=True)
    builds = sum(each.builds for each in read(str(work / f"out{args.workers[0]}")))
    print(f"{args.repositories:,} repositories, {builds:,} builds")
    return 0


def make(work: Path, repositories: int) -> None:
    """Make the repositories that are not there yet, one in fifty of them a big one."""
    for part in ("repos", "builds"):
        (work / part).mkdir(parents=True, exist_ok=True)
    for number in track(range(repositories), "making repositories", repositories):
        name = f"team__p{number:05d}"
        table = work / "builds" / f"{name}.csv"
        builds = SIZES[number % len(SIZES)] if number % EVERY else BIG
        if not table.exists():
            shutil.rmtree(work / "repos" / name, ignore_errors=True)
            into = (f"--repo={work}/repos/{name}", str(table))
            with contextlib.redirect_stdout(io.StringIO()):
                if cigate(["generate", f"--builds={builds}", f"--seed={number}", *into]):
                    sys.exit(f"{name} was not made")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took: `cpu_s` of all its processes, `peak` the bytes of the largest one so far."""

    wall_s: float
    cpu_s: float
    peak: int
    moved: int

    @property
    def shown(self) -> str:
        """The figures in words."""
        memory = f"{self.peak / 1e6:,.0f} MB in the largest process"
        return f"{self.wall_s:.1f} s, {self.cpu_s:.1f} CPU-s, {memory}, {self.moved / 1e6:,.1f} MB moved"


def measure(work: Path, workers: int) -> tuple[Taken, Taken, str]:
    """Return what mining and training took, and the digest of all that they made."""
    out, model = work / f"out{workers}", work / f"model{workers}"
    for folder in (out, model):
        shutil.rmtree(folder, ignore_errors=True)
    on = f"--workers={workers}"
    repos = (f"--repos={work}/repos/*", f"--builds={work}/builds", f"--cache={work}/cache")
    mined = quietly("mine", *repos, f"--out={out}", "--range=500", on)
    trained = quietly("train", f"--data={out}", f"--export-onnx={model}", on)
    files = [*sorted(out.rglob("rows.parquet")), *sorted(model.iterdir())]
    digest = sha256(b"".join(sha256(file.read_bytes()).digest() for file in files)).hexdigest()
    return mined, trained, digest


def quietly(*arguments: str) -> Taken:
    """Run a command of cigate, in a process of its own and without what it says; return what that took."""
    start, cpu_s, moved = perf_counter(), cpu_of_children(), through_loopback()
    command = [sys.executable, "-m", "cigate", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(f"cigate {arguments[0]} ended with {done.returncode}\n{done.stdout.decode()}")
    peak = getrusage(RUSAGE_CHILDREN).ru_maxrss * 1024
    return Taken(perf_counter() - start, cpu_of_children() - cpu_s, peak, through_loopback() - moved)


def cpu_of_children() -> float:
    """Return the processor time of all processes that were started from here and have ended."""
    return sum(os.times()[2:4])


def through_loopback() -> int:
    """Return the bytes that went through the loopback, those of others too: `unshare -n` has its own."""
    lines = Path("/proc/net/dev").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.strip().startswith("lo:")).split()[1])


if __name__ == "__main__":
    sys.exit(main())
