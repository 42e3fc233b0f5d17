"""Runs all of the torture, prints what was done, and keeps the result in docs/reliability.md.

`make torture`. Half an hour on two quiet cores; ends with pytest's own code.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- torture begin -->", "<!-- torture end -->"
LIBRARIES = ("onnxruntime", "numpy", "onnx", "pre-commit")


def main(arguments: list[str]) -> int:
    """Run the torture with more `arguments` for pytest; the page is written only where nothing failed."""
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder, "counts")
        counts.touch()
        started = time.monotonic()
        env = os.environ | {"CIGATE_TORTURE": "full", "CIGATE_TORTURE_COUNTS": str(counts)}
        command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "load", "-rs", "tests/torture"]
        code = subprocess.run([*command, *arguments], cwd=ROOT, env=env, check=False).returncode
        text = summary(read_counts(counts), round((time.monotonic() - started) / 60))
    print(text)
    if code == 0:
        PAGE.write_text(insert(PAGE.read_text("utf-8"), text), encoding="utf-8")
    return code


def read_counts(path: Path) -> Counter[str]:
    """Return how much of each kind was done, over all processes."""
    found: Counter[str] = Counter()
    for line in path.read_text("utf-8").splitlines():
        what, number = json.loads(line)
        found[what] += number
    return found


def summary(counts: Counter[str], minutes: int) -> str:
    """Return the result as a table."""
    rows = "".join(f"| {what} | {number:,} |\n" for what, number in sorted(counts.items()))
    parts = [f"Python {platform.python_version()}", _git(), *(f"{n} {version(n)}" for n in LIBRARIES)]
    day = datetime.now(UTC).date().isoformat()
    head = f"On {day}, in {minutes} minutes, with {', '.join(parts)}: nothing failed."
    return f"{head}\n\n| what | how many |\n|---|---|\n{rows}"


def insert(page: str, text: str) -> str:
    """Return the page with `text` between its two marks."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{text}{END}{rest.partition(END)[2]}"


def _git() -> str:
    return subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
