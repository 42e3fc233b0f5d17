"""Attackers' programs everywhere, and repositories in odd places, in every form of the hook."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.judged import RISKY, Judged, said
from tests.repo import Repo
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


def test_hooks_that_run_inside_hooks_are_judged_each(tmp_path: Path) -> None:
    """A commit's hook pushes, and that push's earlier hook pushes elsewhere: both are judged."""
    judged = Judged.make(tmp_path)
    work = judged.work
    Repo.init(tmp_path / "second.git", bare=True)
    hooks = judged.hook.parent
    (hooks / "pre-push.before-cigate").write_text(INNER)
    (hooks / "post-commit").write_text("#!/bin/sh\nexec git push origin main\n")
    for name in ("pre-push.before-cigate", "post-commit"):
        (hooks / name).chmod(0o755)
    work.write(RISKY)
    work.git("add", "-A")
    done = work.git_raw("commit", "-q", "-m", "Push from a hook", env={"CIGATE_TIME_LIMIT": "120"})
    text = said(done.stdout + done.stderr)
    assert done.returncode == 0
    assert text.count("likely to break CI: 100 %") == 2, text
    assert "main -> ../second.git" in text
    assert "main -> origin" in text
    assert "not judged" not in text
    assert judged.sees("main") == work.head()


# Stands before cigate's hook and pushes to another place, once.
INNER = """#!/bin/sh
cat >/dev/null
[ "$1" = ../second.git ] || exec git push ../second.git main
"""
