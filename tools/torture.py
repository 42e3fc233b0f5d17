"""Runs the torture part by part, prints what was done, and keeps the result in docs/reliability.md.

`make torture` runs all parts, two at a time; `make torture ARGS='soak models'` only those, and renews their
rows. No part runs longer than its limit: one that would is stopped and has failed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- torture begin -->", "<!-- torture end -->"
LIBRARIES = ("onnxruntime", "numpy", "onnx", "pre-commit", "atheris")
HEAD = "| part | day | commit | minutes | tests | done |\n|---|---|---|---|---|---|\n"
STOPPED = 124


class Part(NamedTuple):
    """Some tests, and how many minutes they may take together."""

    words: tuple[str, ...]
    limit_min: int


# The longest first, so that none of them begins when all others have ended.
PARTS = {
    "pushes": Part(("tests/torture/test_torture_soak.py", "-k", "push"), 90),
    "soak": Part(("tests/torture/test_torture_soak.py", "-k", "not push"), 60),
    "models": Part(("tests/torture/test_torture_models.py",), 60),
    "parsers": Part(("tests/torture/test_torture_parsers.py", "-k", "not coverage"), 30),
    "fuzzing": Part(("tests/torture/test_torture_parsers.py", "-k", "coverage"), 30),
    "signals": Part(("tests/torture/test_torture_signals.py",), 30),
    "faults": Part(("tests/torture/test_torture_faults.py",), 30),
    "big": Part(("tests/torture/test_torture_big.py",), 30),
    "names": Part(("tests/torture/test_torture_names.py",), 20),
    "shapes": Part(("tests/torture/test_torture_shapes.py",), 20),
    "programs": Part(("tests/torture/test_torture_programs.py",), 20),
    "security": Part(("tests/torture/test_torture_security.py",), 20),
}


class Outcome(NamedTuple):
    """What came of one part; `skipped` holds the reasons, `counts` what was done how often."""

    code: int
    minutes: float
    tests: int
    failed: int
    skipped: tuple[str, ...]
    counts: Counter[str]


def main(arguments: list[str]) -> int:
    """Run the parts that are named, or all; return 0 where nothing failed, else 1."""
    parser = argparse.ArgumentParser(prog="make torture")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="how many parts at a time (default: 2)")
    args = parser.parse_args(arguments)
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no part is called {sorted(unknown)[0]}")
    commit, failed = _commit(), False
    with ThreadPoolExecutor(args.jobs) as pool:
        running = {name: pool.submit(run_part, name) for name in PARTS if name in (args.parts or PARTS)}
        for name, later in running.items():
            outcome = later.result()
            line = row(name, commit, outcome)
            print(line, flush=True)
            failed = failed or outcome.code != 0
            PAGE.write_text(insert(PAGE.read_text("utf-8"), {name: line}, _versions()), encoding="utf-8")
    return int(failed)


def run_part(name: str) -> Outcome:
    """Run one part in a process of its own, for as long as it may take."""
    part = PARTS[name]
    with tempfile.TemporaryDirectory() as folder:
        counts, report = Path(folder, "counts"), Path(folder, "report.xml")
        counts.touch()
        env = os.environ | {"CIGATE_TORTURE": "full", "CIGATE_TORTURE_COUNTS": str(counts)}
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *part.words]
        started = time.monotonic()
        try:
            code = subprocess.run(
                command, cwd=ROOT, env=env, check=False, timeout=60 * part.limit_min
            ).returncode
        except subprocess.TimeoutExpired:
            code = STOPPED
        minutes = (time.monotonic() - started) / 60
        return Outcome(code, minutes, *read_report(report), read_counts(counts))


def read_report(path: Path) -> tuple[int, int, tuple[str, ...]]:
    """Return how many tests ran and failed, and why others were left out; zeros without a report."""
    if not path.exists():
        return 0, 0, ()
    suites = ET.parse(path).getroot().findall("testsuite")
    skipped = [case.get("message", "") for suite in suites for case in suite.iter("skipped")]
    total, failed = (sum(int(s.get(name, 0)) for s in suites for name in names) for names in _COUNTED)
    return total - len(skipped), failed, tuple(skipped)


_COUNTED = (("tests",), ("failures", "errors"))


def read_counts(path: Path) -> Counter[str]:
    """Return how much of each kind was done, over all processes."""
    found: Counter[str] = Counter()
    for line in path.read_text("utf-8").splitlines():
        what, number = json.loads(line)
        found[what] += number
    return found


def row(name: str, commit: str, outcome: Outcome) -> str:
    """Return the row of the table that tells what came of a part."""
    tests = f"{outcome.tests - outcome.failed} passed"
    if outcome.code == STOPPED:
        tests = f"STOPPED after {PARTS[name].limit_min} minutes"
    elif outcome.code:
        tests = f"FAILED: {outcome.failed}, {tests}"
    if outcome.skipped:
        tests += f", {len(outcome.skipped)} left out: {'; '.join(sorted(set(outcome.skipped)))}"
    done = ", ".join(f"{number:,} {what}" for what, number in sorted(outcome.counts.items()))
    day = datetime.now(UTC).date().isoformat()
    return f"| {name} | {day} | {commit} | {outcome.minutes:.0f} | {tests} | {done} |"


def insert(page: str, rows: dict[str, str], versions: str) -> str:
    """Return the page with these parts' rows in place of their last; other parts keep theirs."""
    before, _, rest = page.partition(BEGIN)
    old, _, after = rest.partition(END)
    known = {line.split(" ", 2)[1]: line for line in old.splitlines() if line.startswith("| ")} | rows
    table = "".join(f"{known.get(name, f'| {name} | never | | | | |')}\n" for name in PARTS)
    return f"{before}{BEGIN}\n{HEAD}{table}\nThe last part ran with {versions}.\n{END}{after}"


def _versions() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"Python {platform.python_version()}, git {_git('version').split()[2]}, {libraries}"


def _commit() -> str:
    """Return the commit that is tried, with a + where something but the page is changed."""
    changed = _git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(ROOT)}")
    return _git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
