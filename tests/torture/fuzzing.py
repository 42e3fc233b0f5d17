"""Coverage-guided fuzzing of one parser with atheris, in a process of its own.

python -m tests.torture.fuzzing NAME RUNS CORPUS: ends with 0 where nothing broke; what broke it is left in
the folder CORPUS beside what was found on the way.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(name: str, runs: str, corpus: str) -> None:
    """Fuzz one target."""
    import atheris

    with atheris.instrument_imports(include=["cigate"]):
        from tests.torture.parsers import feed, seeds_of

    for number, seed in enumerate(seeds_of(name)):
        Path(corpus, f"seed{number}").write_bytes(seed)
    options = [f"-runs={runs}", "-max_len=20000", "-timeout=20", "-seed=7", "-verbosity=0"]
    where = f"-artifact_prefix={corpus}/crash-"
    atheris.Setup([sys.argv[0], *options, where, corpus], lambda data: feed(name, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
