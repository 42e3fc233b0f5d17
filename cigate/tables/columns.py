"""Which column of a table is which: recognised by the names people use, or mapped by hand.

Pure. A table has commit ids (joined to git), or totals only (author, files, lines, file type).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cigate.errors import UsageError
from cigate.tables.values import shorten

# For each field the headers that mean it, the most telling first: where a table has two of them
# (GitHub's `status` says "completed", its `conclusion` how), the earlier one counts.
_HEADERS: Final = {
    "build_id": "build_id run_id tr_build_id pipeline_id id build_number run_number number",
    "sha": "commit_sha sha commit_id head_sha git_commit git_sha git_trigger_commit commit revision",
    "branch": "head_branch branch git_branch branch_name ref ref_name",
    "target": "target target_branch base_branch base_ref",
    "event": "event event_type event_name",
    "is_pr": "is_pr gh_is_pr is_pull_request",
    "pr_number": "pr_number pull_request_number pull_req_num gh_pull_req_num",
    "status": "conclusion build_status outcome result status tr_status state",
    "pushed_at": "pushed_at gh_pushed_at push_time",
    "started_at": "started_at run_started_at build_started_at start_time created_at timestamp time date",
    "finished_at": "finished_at completed_at ended_at end_time updated_at",
    "duration": "duration_s duration_seconds duration_sec duration tr_duration",
    "workflow": "workflow workflow_name pipeline job_name name",
    "attempt": "attempt run_attempt",
    "url": "html_url web_url build_url url",
    "provider": "provider",
    "synthetic": "synthetic",
    "author": "author author_name author_email committer",
    "files_changed": "files_changed changed_files num_files files",
    "lines_added": "lines_added additions insertions added",
    "lines_deleted": "lines_deleted deletions lines_removed deleted",
    "dominant_file_type": "dominant_file_type file_type dominant_type extension",
}
ALIASES: Final = {field: tuple(names.split()) for field, names in _HEADERS.items()}
TIMES: Final = ("started_at", "pushed_at", "finished_at")
TOTALS: Final = ("author", "files_changed", "lines_added", "lines_deleted", "dominant_file_type")
DELIMITERS: Final = ",;\t|"


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands: `places` gives the index in a row, `names` the header as written."""

    places: Mapping[str, int]
    names: Mapping[str, str]
    width: int

    @property
    def has_commits(self) -> bool:
        """Whether the rows name commits; else they have totals."""
        return "sha" in self.places


def parse_map(items: Sequence[str]) -> dict[str, str]:
    """Return {field: header} from `--map field=header` options.

    Raises:
        UsageError: an item is not of that form, or there is no such field.
    """
    mapping = {}
    for item in items:
        field, equals, header = item.partition("=")
        if not equals or not header or field not in ALIASES:
            raise UsageError(
                f"--map '{shorten(item)}' is not FIELD=COLUMN with a field that cigate knows",
                "for example --map status=conclusion; the fields are " + " ".join(ALIASES),
            )
        mapping[field] = header
    return mapping


def parse_header(header: Sequence[str], mapping: Mapping[str, str], file: str) -> Columns:
    """Return where the fields stand in a table with this header line.

    Raises:
        UsageError: a mapped column is not there, or too few columns were recognised.
    """
    by_name: dict[str, int] = {}
    for index, name in enumerate(header):
        by_name.setdefault(_normalised(name), index)
    places = {}
    for field, names in ALIASES.items():
        wanted = (_normalised(mapping[field]),) if field in mapping else names
        found = next((by_name[name] for name in wanted if name in by_name), None)
        if found is not None:
            places[field] = found
        elif field in mapping:
            raise UsageError(
                f"{file} has no column '{shorten(mapping[field])}'", f"its columns are {_listed(header)}"
            )
    columns = Columns(places, {field: header[at].strip() for field, at in places.items()}, len(header))
    _check(columns, header, file)
    return columns


def choose_delimiter(line: str) -> str:
    """Return the delimiter under which most headers of `line` are recognised."""
    known = {name for names in ALIASES.values() for name in names}

    def recognised(delimiter: str) -> int:
        return len({_normalised(cell) for cell in line.split(delimiter)} & known)

    return max(DELIMITERS, key=recognised)


def _normalised(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _check(columns: Columns, header: Sequence[str], file: str) -> None:
    places = columns.places
    lacking = [] if "status" in places else ["status"]
    if columns.has_commits:
        lacking += [] if any(time in places for time in TIMES) else ["started_at"]
    else:
        lacking += [field for field in TOTALS if field not in places]
        if len(lacking) >= len(TOTALS):
            lacking = ["sha", "status", "started_at"]
    if lacking:
        raise UsageError(
            f"{file} has no column for {', '.join(lacking)} (its columns are {_listed(header)})",
            f"say which one it is with --map {lacking[0]}=COLUMN",
        )


def _listed(header: Sequence[str]) -> str:
    names = [f"'{shorten(name.strip())}'" for name in header[:20]]
    return ", ".join(names) + (", …" if len(header) > len(names) else "")
