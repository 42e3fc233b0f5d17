"""What more workers are worth: `python -m benchmarks.scaling`, on a machine that does nothing else.

Makes synthetic repositories of mixed sizes once, mines and trains them on each number of workers, and prints
wall time, efficiency and whether the bytes are the same. Must write nothing outside `--work`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import sys
from hashlib import sha256
from pathlib import Path
from time import perf_counter

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
    first = None
    for workers in args.workers:
        mined, trained, digest = measure(work, workers)
        first = first or (workers, mined, digest)
        share = first[1] / mined / (workers / first[0])
        same = "the same bytes" if digest == first[2] else "OTHER BYTES"
        # One process grows trees on two threads already: for training only the times are told.
        times = f"mined in {mined:.1f} s (efficiency {share:.2f}), trained in {trained:.1f} s"
        print(f"{workers} workers: {times}, {same}", flush=True)
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
            quietly("generate", f"--builds={builds}", f"--seed={number}", *into)


def measure(work: Path, workers: int) -> tuple[float, float, str]:
    """Return the seconds that mining and training took, and the digest of all that they made."""
    out, model = work / f"out{workers}", work / f"model{workers}"
    for folder in (out, model):
        shutil.rmtree(folder, ignore_errors=True)
    on = f"--workers={workers}"
    start = perf_counter()
    repos = (f"--repos={work}/repos/*", f"--builds={work}/builds", f"--cache={work}/cache")
    quietly("mine", *repos, f"--out={out}", "--range=500", on)
    mined = perf_counter()
    quietly("train", f"--data={out}", f"--export-onnx={model}", on)
    trained = perf_counter()
    files = [*sorted(out.rglob("rows.parquet")), *sorted(model.iterdir())]
    digest = sha256(b"".join(sha256(file.read_bytes()).digest() for file in files)).hexdigest()
    return mined - start, trained - mined, digest


def quietly(*arguments: str) -> None:
    """Run a command of cigate without what it says."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = cigate(list(arguments))
    if code:
        sys.exit(f"cigate {arguments[0]} ended with {code}\n{said.getvalue()}")


if __name__ == "__main__":
    sys.exit(main())
