"""Pushes of a size that nobody expects: judged, or said not to be, within the time limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture import big
from tests.torture.amount import only_full
from tests.torture.bars import torture
from tests.torture.case import Case
from tests.torture.ground import Ground


@only_full
@pytest.mark.parametrize("case", big.CASES, ids=lambda case: case.name)
def test_no_size_holds_up_a_push(case: Case, tmp_path: Path) -> None:
    """The usual limit of 5 seconds holds; a machine that is too slow for it hears so in a line."""
    torture(case, Ground(tmp_path, case.object_format), late=True)
