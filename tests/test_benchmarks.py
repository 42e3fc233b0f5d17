"""What the documents quote is what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.rows import BEGIN, END, RESULTS, SHORT, documents, read_rows

DOCUMENTS = documents(read_rows())


@pytest.mark.parametrize("path", sorted(DOCUMENTS), ids=lambda path: path.name)
def test_documents_quote_the_results(path: Path) -> None:
    """`make bench` writes both; nobody edits a figure by hand."""
    text = path.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert text == DOCUMENTS[path]


def test_readme_has_all_of_its_rows() -> None:
    assert {key for key, _ in SHORT} <= {row.key for row in read_rows()}


def test_a_row_is_called_met_where_its_bar_holds_and_nowhere_else() -> None:
    plain = {row["key"]: row for row in json.loads(RESULTS.read_text("utf-8"))["rows"]}
    rows = read_rows()
    assert len(plain) == len(rows) > 20
    for row in rows:
        assert plain[row.key]["met"] is row.met, row.key
        assert row.low <= row.value <= row.high, row.key
