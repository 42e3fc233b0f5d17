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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter

from cigate.cli import main as cigate
from cigate.progress import track

SIZES = (60, 80, 120, 200, 400)
BIG, EVERY = 1_500, 50
LIST = "repositories.tsv"
TOLD = ("mined ", "memory ", "pooled ", "worth ", "bundle ")


def main(argv: list[str] | None = None) -> int:
    """Make, mine, train, print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--work", required=True, help="an empty folder, or one of an earlier run")
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--only", choices=("make", "mine", "train"), help="one part (train: of what was mined)"
    )
    args = parser.parse_args(argv)
    work = Path(args.work).resolve()
    make(work, args.repositories)
    for what, measure in (("mine", mine), ("train", train)):
        if args.only in (None, what):
            compare(what, args.workers, partial(measure, work))
    return 0


def compare(what: str, numbers: list[int], measure: Callable[[int], tuple[Taken, str]]) -> None:
    """Print what each number of workers took, and how it compares with the first."""
    first: tuple[int, Taken, str] | None = None
    for workers in numbers:
        taken, digest = measure(workers)
        first = first or (workers, taken, digest)
        share = first[1].wall_s / taken.wall_s / (workers / first[0])
        left = first[1].had_s(first[0]) / taken.had_s(workers)
        by_cpu = first[1].cpu_s / taken.cpu_s
        same = "the same bytes" if digest == first[2] else "OTHER BYTES"
        print(f"{what}, {workers} workers: {taken.shown}")
        print(f"  efficiency {share:.2f}, of what others left {left:.2f}, by CPU time {by_cpu:.2f}; {same}")
        print(f"  {taken.said}", flush=True)


def make(work: Path, repositories: int) -> None:
    """Make the repositories that are not there yet, one in fifty of them a big one."""
    for part in ("repos", "builds"):
        (work / part).mkdir(parents=True, exist_ok=True)
    listed = []
    for number in track(range(repositories), "making repositories", repositories):
        name = f"team__p{number:05d}"
        listed.append(f"team/p{number:05d}\t{work}/repos/{name}\n")
        table = work / "builds" / f"{name}.csv"
        builds = SIZES[number % len(SIZES)] if number % EVERY else BIG
        if not table.exists():
            shutil.rmtree(work / "repos" / name, ignore_errors=True)
            into = (f"--repo={work}/repos/{name}", str(table))
            with contextlib.redirect_stdout(io.StringIO()):
                if cigate(["generate", f"--builds={builds}", f"--seed={number}", *into]):
                    sys.exit(f"{name} was not made")
    (work / LIST).write_text("".join(listed), "utf-8")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took: `cpu_s` of all its processes, `peak` the bytes of the largest one so far.

    `others_s` is what everything else on the machine took of its processors meanwhile.
    """

    wall_s: float
    cpu_s: float
    others_s: float
    peak: int
    moved: int
    said: str

    def had_s(self, workers: int) -> float:
        """Return the seconds of processors that were there for so many workers and not taken by others."""
        return min(workers * self.wall_s, (os.cpu_count() or 1) * self.wall_s - self.others_s)

    @property
    def shown(self) -> str:
        """The figures in words."""
        memory = f"{self.peak / 1e6:,.0f} MB in the largest process"
        took = f"{self.wall_s:.1f} s, {self.cpu_s:.1f} CPU-s (others {self.others_s:.1f})"
        return f"{took}, {memory}, {self.moved / 1e6:,.1f} MB moved"


def mine(work: Path, workers: int) -> tuple[Taken, str]:
    """Return what mining took, and the digest of the rows."""
    out = work / f"out{workers}"
    shutil.rmtree(out, ignore_errors=True)
    repos = (f"--repos={work / LIST}", f"--builds={work}/builds", f"--cache={work}/cache")
    taken = quietly("mine", *repos, f"--out={out}", "--range=500", f"--workers={workers}")
    return taken, digest_of(sorted(out.rglob("rows.parquet")))


def train(work: Path, workers: int) -> tuple[Taken, str]:
    """Return what training took, and the digest of the bundle.

    One process grows trees on two threads: for one worker it is held to one core, as a worker is.
    """
    model, all_cores = work / f"model{workers}", os.sched_getaffinity(0)
    rows = sorted(work.glob("out*/index.json"))[0].parent
    shutil.rmtree(model, ignore_errors=True)
    if workers == 1:
        os.sched_setaffinity(0, {min(all_cores)})
    taken = quietly("train", f"--data={rows}", f"--export-onnx={model}", f"--workers={workers}")
    os.sched_setaffinity(0, all_cores)
    return taken, digest_of(sorted(model.iterdir()))


def digest_of(files: Iterable[Path]) -> str:
    """Return what stands for the content of all files."""
    return sha256(b"".join(sha256(file.read_bytes()).digest() for file in files)).hexdigest()


def quietly(*arguments: str) -> Taken:
    """Run a command of cigate, in a process of its own; return what that took and the lines that count."""
    start, before = perf_counter(), (cpu_of_children(), cpu_of_machine(), through_loopback())
    command = [sys.executable, "-m", "cigate", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    told = done.stdout.decode()
    if done.returncode:
        sys.exit(f"cigate {arguments[0]} ended with {done.returncode}\n{told}")
    peak = getrusage(RUSAGE_CHILDREN).ru_maxrss * 1024
    said = "\n  ".join(line for line in told.splitlines() if line.startswith(TOLD))
    ours, machine, moved = cpu_of_children(), cpu_of_machine(), through_loopback()
    cpu_s = ours - before[0]
    others_s = max(0.0, machine - before[1] - cpu_s)
    return Taken(perf_counter() - start, cpu_s, others_s, peak, moved - before[2], said)


def cpu_of_children() -> float:
    """Return the processor time of all processes that were started from here and have ended."""
    return sum(os.times()[2:4])


def cpu_of_machine() -> float:
    """Return the processor time that was not idle on this machine, and that its host took from it."""
    first = Path("/proc/stat").read_text("ascii").split(maxsplit=9)
    user, nice, system, _, _, irq, softirq, steal = map(int, first[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def through_loopback() -> int:
    """Return the bytes that went through the loopback, those of others too: `unshare -n` has its own."""
    lines = Path("/proc/net/dev").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.strip().startswith("lo:")).split()[1])


if __name__ == "__main__":
    sys.exit(main())
