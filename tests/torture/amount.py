"""How much torture: a quick part in every run of the suite, all of it where CIGATE_TORTURE says full.

What was done is counted, for the summary that `make torture` prints.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

FULL = os.environ.get("CIGATE_TORTURE") == "full"
COUNTS = os.environ.get("CIGATE_TORTURE_COUNTS", "")
only_full = pytest.mark.skipif(not FULL, reason="a part of make torture")


def amount(quick: int, full: int) -> int:
    """Return how many rounds of something to do."""
    return full if FULL else quick


def count(what: str, number: int) -> None:
    """Add to what the summary tells."""
    if COUNTS:
        with Path(COUNTS).open("a", encoding="utf-8") as out:
            out.write(json.dumps([what, number]) + "\n")
