"""Attackers' programs everywhere, and repositories in odd places, in every form of the hook."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture import places, programs
from tests.torture.bars import left_out, torture
from tests.torture.case import Case
from tests.torture.ground import Ground


@pytest.mark.parametrize("case", [*programs.CASES, *places.CASES], ids=lambda case: case.name)
def test_no_setting_starts_a_program_and_no_place_is_too_odd(case: Case, tmp_path: Path) -> None:
    """Each is judged, or said not to be, and nothing but git is started."""
    if why := case.needs() or left_out(case):
        pytest.skip(why)
    torture(case, Ground(tmp_path, case.object_format))
