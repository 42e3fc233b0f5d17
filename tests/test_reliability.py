"""The table of faults names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from tools import torture

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")


def test_every_fault_names_tests_that_exist() -> None:
    """A promise without its test would be one."""
    rows = re.findall(r"^\| (?!fault|---)(.*) \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)
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


def test_a_result_is_added_up_and_takes_the_place_of_the_last(tmp_path: Path) -> None:
    """Each process of the torture counts for itself."""
    counts = tmp_path / "counts"
    counts.write_text('["kills", 3]\n["cases", 1]\n["kills", 4]\n')
    first = torture.summary(torture.read_counts(counts), 5)
    assert "| cases | 1 |\n| kills | 7 |\n" in first
    page = torture.insert(torture.insert(PAGE, first), "other\n")
    assert f"{torture.BEGIN}\nother\n{torture.END}" in page
    assert page.count(torture.BEGIN) == 1
