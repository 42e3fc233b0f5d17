"""Where the hook's milliseconds go: CPU time by stage, medians over fresh interpreters.

`python -m benchmarks.stages` prints the table of docs/performance.md. Slower than the hook itself: the
stages run one after the other here, where git works beside them in a push.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.measure import QUIET
from benchmarks.workplace import Learned
from cigate.model import write_bundle
from cigate.shim import library_folders

ROUNDS = 15
STAGES = (
    ("Python itself", "pass"),
    ("`cigate.hook` and its configuration", "import cigate.hook"),
    ("`cigate.git`", "import cigate.git"),
    ("`array`, and `collections` with it", "import array"),
    ("`hashlib`, and OpenSSL with it", "import hashlib"),
    ("features, history, verdict, words", "import cigate.judging, cigate.reporters.text"),
    ("bundle read, digests checked", "from cigate.model import read_bundle; bundle = read_bundle(FOLDER)"),
    (
        "history opened",
        "from cigate.history import History; history = History.open(bundle.history)",
    ),
    ("`ctypes`", "import ctypes"),
    (
        "onnxruntime's library loaded",
        "import cigate.model.capi as capi; capi.forbid_telemetry(); "
        "api = capi.Api(capi.find_library(sys.path))",
    ),
    ("onnxruntime's environment", "made = api.create('CreateEnv', 4, b'cigate')"),
    (
        "session",
        "from cigate.model import open_predictor; predictor = open_predictor(bundle, 'capi')",
    ),
)


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(folder, Learned(10_000).bundle)
        runs = [_run(folder) for _ in range(ROUNDS)]
    print("| stage | CPU ms |\n|---|---|")
    for (name, _), times in zip(STAGES, zip(*runs, strict=True), strict=True):
        print(f"| {name} | {1000 * median(times):.1f} |")
    return 0


def _run(folder: str) -> list[float]:
    steps = "".join(f"{code}\ntimes.append(process_time())\n" for _, code in STAGES)
    program = (
        f"import gc, sys\nfrom time import process_time\ngc.disable()\nsys.path += {library_folders()!r}\n"
        f"FOLDER = {folder!r}\ntimes = [0.0]\n{steps}print(*times)"
    )
    env = {**os.environ, **QUIET, "GLIBC_TUNABLES": _tunables()}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], env=env, capture_output=True, check=True
    )
    times = [float(word) for word in done.stdout.split()]
    return [after - before for before, after in pairwise(times)]


def _tunables() -> str:
    """Return the settings that the hook gives its interpreter."""
    hook = Path(__file__).resolve().parent.parent / "hooks" / "pre-push"
    return hook.read_text("utf-8").partition("{GLIBC_TUNABLES-")[2].partition("}")[0]


if __name__ == "__main__":
    raise SystemExit(main())
