"""A made-up history as a table: the text of a CSV file whose header and every row say SYNTHETIC.

Pure. The columns are those that `cigate import csv` recognises without being told.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from cigate_train.synthetic import Push

COLUMNS: Final = (
    "author",
    "files_changed",
    "lines_added",
    "lines_deleted",
    "dominant_file_type",
    "build_status",
    "timestamp",
    "SYNTHETIC",
)


def render_totals(pushes: Iterable[Push]) -> str:
    """Return the table of totals: one row a build, in order of time."""
    return _render(COLUMNS, (_cells(push) for push in pushes))


def render_commits(built: Iterable[tuple[Push, str]]) -> str:
    """Return the same with the commit id and the branch of each build in front."""
    rows = ([sha, push.branch, *_cells(push)] for push, sha in built)
    return _render(("commit_sha", "branch", *COLUMNS), rows)


def _cells(push: Push) -> list[str]:
    return [
        push.author,
        str(push.files_changed),
        str(push.lines_added),
        str(push.lines_deleted),
        push.dominant_file_type,
        push.status,
        push.timestamp,
        "true",
    ]


def _render(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
