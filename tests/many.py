"""A few small repositories with the tables of their builds, as an organisation has thousands."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from cigate.cli import main

NAMES = tuple(f"team/p{number}" for number in range(6))


def make_repositories(folder: Path, builds: int = 60) -> Path:
    """Make them in repos/OWNER__NAME and builds/OWNER__NAME.csv; return the folder."""
    for part in ("repos", "builds"):
        (folder / part).mkdir()
    for seed, name in enumerate(NAMES):
        file = name.replace("/", "__")
        into = (f"--repo={folder}/repos/{file}", f"{folder}/builds/{file}.csv")
        with contextlib.redirect_stdout(io.StringIO()):
            assert main(["generate", f"--builds={builds * (1 + seed % 2)}", f"--seed={seed}", *into]) == 0
    return folder
