"""A table of builds, from its lines to Builds and to complaints about the rows that are none.

Pure: the lines are given. Good rows never suffer from bad ones.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

from cigate.errors import UsageError
from cigate.tables.columns import Columns, choose_delimiter, parse_header
from cigate.tables.rows import BadRow, Build, parse_row

HEADER: Final = "give a CSV file whose first line names its columns"


@dataclass(frozen=True, slots=True)
class Table:
    """What one file says."""

    file: str
    columns: Columns
    builds: list[Build]
    bad: list[BadRow]

    @property
    def has_times(self) -> bool:
        """Whether the times are the table's own; else they were made up from the order of its rows."""
        return bool(self.columns.places.keys() & {"started_at", "pushed_at", "finished_at"})


def parse_table(lines: Iterable[str], file: str, mapping: Mapping[str, str], workflow: str = "") -> Table:
    """Return the table in `lines`; `mapping` and `workflow` are as in `parse_header` and `parse_row`.

    Raises:
        UsageError: there is no header line in which the needed columns are recognised.
    """
    rest = iter(lines)
    skipped, header = next(((n, line) for n, line in enumerate(rest) if line.strip()), (0, ""))
    if not header:
        raise UsageError(f"{file} is empty", HEADER)
    rows = _read_rows(chain([header], rest), choose_delimiter(header), skipped)
    _, names = next(rows, (0, "it names no column"))
    if isinstance(names, str):
        raise UsageError(f"{file} line {skipped + 1} is no header of a CSV file: {names}", HEADER)
    table = Table(file, parse_header(names, mapping, file), [], [])
    for number, (line, row) in enumerate(rows):
        if isinstance(row, str):
            table.bad.append(BadRow(file, line, "", "", row))
            continue
        build = parse_row(row, table.columns, file, line, number, workflow)
        if isinstance(build, Build):
            table.builds.append(build)
        else:
            table.bad.append(build)
    return table


def _read_rows(lines: Iterable[str], delimiter: str, skipped: int) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the line on which each row begins and its cells, or why they cannot be told apart."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = skipped + reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, f"not CSV from here on: {error}"
            continue
        if any(row):
            yield line, row
