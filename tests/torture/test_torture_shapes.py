"""Histories of every shape, and pushes of every kind, in every form of the hook."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture import pushes, shapes
from tests.torture.bars import left_out, torture
from tests.torture.case import Case
from tests.torture.ground import Ground


@pytest.mark.parametrize("case", [*shapes.CASES, *pushes.CASES], ids=lambda case: case.name)
def test_no_shape_of_history_and_no_push_hides_anything(case: Case, tmp_path: Path) -> None:
    """Each is judged by what it truly brings, or said not to be judged."""
    if why := case.needs() or left_out(case):
        pytest.skip(why)
    torture(case, Ground(tmp_path, case.object_format))
