"""The table of faults names tests that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tools import torture

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")


def test_every_fault_names_tests_that_exist() -> None:
    """A promise without its test would be one."""
    table = PAGE.partition("## Faults")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!fault|---)(.*) \| (.*) \| (.*) \|$", table, re.MULTILINE)
    assert len(rows) > 15
    for fault, _, shown in rows:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", shown)
        assert named, fault
        for file, test in named:
            (path,) = (ROOT / "tests").rglob(file)
            assert f"def {test}(" in path.read_text("utf-8"), (fault, test)


def test_the_place_for_the_last_result_is_there() -> None:
    """`make torture` writes between the two marks."""
    assert PAGE.count("<!-- torture begin -->") == PAGE.count("<!-- torture end -->") == 1


def test_a_result_takes_the_place_of_that_parts_last(tmp_path: Path) -> None:
    """Counts are added up; other parts keep their rows, and none is told as run that was not."""
    counts = tmp_path / "counts"
    counts.write_text('["kills", 3000]\n["cases", 1]\n["kills", 4]\n')
    good = torture.Outcome(0, 2.6, 9, 0, ("no strace",), torture.read_counts(counts))
    line = torture.row("faults", "1a2b3c4", good)
    assert line.endswith("| 1a2b3c4 | 3 | 9 passed, 1 left out: no strace | 1 cases, 3,004 kills |")
    blank = PAGE.partition(torture.BEGIN)[0] + torture.BEGIN + torture.END + PAGE.partition(torture.END)[2]
    page = torture.insert(blank, {"faults": line}, "git 3")
    assert page.count("| never |") == len(torture.PARTS) - 1
    bad = torture.row("big", "1a2b3c4", torture.Outcome(1, 0, 5, 2, (), Counter()))
    page = torture.insert(page, {"big": bad}, "git 3")
    assert line in page
    assert "FAILED: 2, 3 passed" in page
    assert page.count(torture.BEGIN) == 1
    late = torture.row("big", "1a2b3c4", torture.Outcome(torture.STOPPED, 30, 0, 0, (), Counter()))
    assert "STOPPED after 30 minutes" in late


def test_a_report_tells_what_was_left_out(tmp_path: Path) -> None:
    """pytest's own: passed, failed and skipped are told apart."""
    test = tmp_path / "test_three.py"
    test.write_text(
        "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pytest.skip('because')\n"
    )
    report = tmp_path / "report.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
        str(test),
    ]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert torture.read_report(report) == (2, 1, ("because",))
    assert torture.read_report(tmp_path / "nothing") == (0, 0, ())


def test_the_parts_are_all_of_the_torture() -> None:
    """A file of tests that no part names would never be run at full size."""
    named = {part.words[0] for part in torture.PARTS.values()}
    assert named == {str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "torture").glob("test_*.py")}
