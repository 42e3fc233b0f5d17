"""Hostile names, contents, authors, dates and messages, in every form of the hook."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture import names, people
from tests.torture.bars import left_out, torture
from tests.torture.case import Case
from tests.torture.ground import Ground


@pytest.mark.parametrize("case", [*names.CASES, *people.CASES], ids=lambda case: case.name)
def test_no_name_and_no_person_breaks_a_push(case: Case, tmp_path: Path) -> None:
    """Each is judged, or said not to be, and nothing is obeyed."""
    if why := case.needs() or left_out(case):
        pytest.skip(why)
    torture(case, Ground(tmp_path, case.object_format))
