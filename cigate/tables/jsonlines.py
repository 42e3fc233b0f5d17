"""JSON lines as a table: an object a line, its keys the columns, those of an object in it joined with a dot.

Also the lines that cigate itself writes, to disk and into object stores: whole records. Pure.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cigate.change import BuildRecord
from cigate.spool import parse_record
from cigate.tables.rows import BadRow

HEADER: Final = "cigate"  # the key of the first line of an object of builds


@dataclass(frozen=True, slots=True)
class Documents:
    """What a file says: `lines` of a CSV table, in which line n + 1 is line n of the file, and records."""

    lines: list[str] = field(default_factory=list)
    records: list[BuildRecord] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


def parse_json_lines(lines: Iterable[str], file: str) -> Documents:
    """Return what stands in `lines`."""
    found = Documents()
    rows: list[Mapping[str, str]] = []
    for number, line in enumerate(lines, 1):
        rows.append(_parse_line(line, file, number, found))
    if any(rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        found.lines.extend(_write([names, *([row.get(name, "") for name in names] for row in rows)]))
    return found


def _parse_line(line: str, file: str, number: int, found: Documents) -> Mapping[str, str]:
    """Return the cells of a line that is a row; what else it is goes to `found`."""
    if not line.strip():
        return {}
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        found.bad.append(BadRow(file, number, "", "", "is no JSON object"))
    elif "record" in plain:
        try:
            found.records.append(parse_record(line.encode("utf-8", "surrogateescape")))
        except (KeyError, TypeError, ValueError):
            found.bad.append(BadRow(file, number, "", "", "is no record that this cigate can read"))
    elif HEADER not in plain:
        return dict(_cells(plain))
    return {}


def _cells(plain: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in plain.items():
        if isinstance(value, dict) and not before:
            yield from _cells(value, f"{name}.")
        elif isinstance(value, bool):
            yield before + name, str(value).lower()
        elif isinstance(value, str | int | float):
            yield before + name, " ".join(str(value).split())


def _write(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = []
    for row in rows:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(row if any(row) else ())
        lines.append(out.getvalue())
    return lines
