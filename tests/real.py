"""Real build tables and real repositories, where this machine has them; a test without them is skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """Return the folder that holds builds/*.csv.gz and github/*.csv.gz."""
    folder = Path(os.environ.get("CIGATE_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "builds").is_dir():
        pytest.skip("no real build tables: CIGATE_TEST_DATA names no folder that has builds/*.csv.gz")
    return folder


def repository(name: str) -> Path:
    """Return a bare repository whose folder is called like `name`, at most two levels down."""
    folder = os.environ.get("CIGATE_TEST_REPOS")
    if folder:
        for head in sorted([*Path(folder).glob("*/HEAD"), *Path(folder).glob("*/*/HEAD")]):
            if name in str(head.relative_to(folder)):
                return head.parent
    pytest.skip(f"no real repository: CIGATE_TEST_REPOS names no folder that has {name}")
