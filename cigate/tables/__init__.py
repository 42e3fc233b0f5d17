"""Tables of builds (CSV, JSON lines) as people have them, read into build records.

`read_lines` reads a file, `parse_table` gives its Builds and the rows that are none, and
`join_commits` or `totals_records` make records of them. Nothing here stores anything.
"""

from cigate.tables.columns import Columns, parse_map
from cigate.tables.jsonlines import Documents, parse_json_lines
from cigate.tables.lines import read_lines
from cigate.tables.reader import Table, parse_table
from cigate.tables.records import join_commits, record_id, totals_records
from cigate.tables.rows import BadRow, Build

__all__ = [
    "BadRow",
    "Build",
    "Columns",
    "Documents",
    "Table",
    "join_commits",
    "parse_json_lines",
    "parse_map",
    "parse_table",
    "read_lines",
    "record_id",
    "totals_records",
]
