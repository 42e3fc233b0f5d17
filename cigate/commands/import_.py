"""`cigate import`: build records from tables, joined to git, or from cigate's own lines, into the store.

Says what went in and, by reason, what did not, and renews the history that pushes are judged by. Must
not compute features.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext

from cigate import places
from cigate.errors import UsageError
from cigate.importing import (
    Joiner,
    count_builds,
    open_repository,
    renew_history,
    say_joined,
    say_next,
    say_outcomes,
    served_workflow,
)
from cigate.progress import track
from cigate.reporters.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.change import BuildRecord
    from cigate.git import Repository
    from cigate.stores import Store
    from cigate.tables import Build, Documents, Table

HELP = "read the outcomes of past builds from CSV files or JSON lines into the store"
EXAMPLE = "cigate import csv builds.csv.gz --repo . --map status=conclusion"
MAX_BAD_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate import` understands."""
    parser.add_argument("form", choices=["csv", "jsonl"], help="tables, or an object a line; plain or gzip")
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file of that form; - is stdin")
    parser.add_argument("--repo", metavar="PATH", help="the repository whose builds they are (default: .)")
    parser.add_argument("--store", metavar="URL", help="where records go (default: in the git directory)")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="which column holds a field, where its name does not tell: --map status=conclusion",
    )
    parser.add_argument(
        "--workflow",
        default="",
        metavar="NAME",
        help="take only this workflow's builds; names the builds of a table that has no such column",
    )


def run(args: argparse.Namespace) -> int:
    """Read the files, store their builds and say how that went."""
    from cigate.stores import open_store
    from cigate.tables import parse_map

    mapping = parse_map(args.map)
    read = [_read_file(file, args.form, mapping, args.workflow) for file in args.files]
    tables = [table for table, _ in read if table is not None]
    records = [record for _, found in read for record in found]
    _complain(tables, len(read), len(records))
    wanted = {table.file: _of_workflow(table, args.workflow) for table in tables}
    commits = [b for t in tables if t.columns.has_commits for b in wanted[t.file]]
    totals = [t for t in tables if not t.columns.has_commits]
    repo = open_repository(args.repo or ".") if commits or args.repo or not args.store else None
    workflow = served_workflow(repo) if repo and not args.store else None
    store = open_store(args.store or (places.store_url(repo) if repo else ""))
    try:
        new = _import_commits(commits, repo, store) if commits and repo else 0
        for table in totals:
            new += _import_totals(table, wanted[table.file], repo, store)
        new += store.append(r for r in records if args.workflow in ("", r.workflow))
        print(f"stored  {count_builds(new)} more; now {store.count().builds:,} in {store.shown}")
        if repo and workflow is not None:
            renew_history(repo, store, workflow)
    finally:
        store.close()
    say_next(repo if workflow is not None else None)
    return 0


def _read_file(
    file: str, form: str, mapping: Mapping[str, str], workflow: str
) -> tuple[Table | None, list[BuildRecord]]:
    """Return the table in a file, None where there is none, and the records that cigate wrote."""
    from cigate.tables import parse_json_lines, parse_table, read_lines

    name = "standard input" if file == "-" else file
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else open(file, "rb") as source:
            lines = track(read_lines(source, name), f"reading {name}")
            if form == "csv":
                return parse_table(lines, name, mapping, workflow), []
            found = parse_json_lines(lines, name)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
    if not found.lines and not found.bad:
        return None, found.records
    return _json_table(found, name, mapping, workflow), found.records


def _json_table(found: Documents, name: str, mapping: Mapping[str, str], workflow: str) -> Table:
    """Return the table that lines of JSON are, with their own numbers in complaints."""
    from dataclasses import replace

    from cigate.tables import Columns, Table, parse_table

    if not found.lines:
        return Table(name, Columns({}, {}, 0), [], found.bad)
    table = parse_table(found.lines, name, mapping, workflow)
    bad = [*found.bad, *(replace(row, line=row.line - 1) for row in table.bad)]
    return Table(name, table.columns, table.builds, sorted(bad, key=lambda row: row.line))


def _complain(tables: list[Table], files: int, records: int) -> None:
    """Name the rows that cannot be read, on stderr; give up where there are no others."""
    bad = [row for table in tables for row in table.bad]
    for row in bad[:MAX_BAD_SHOWN]:
        print(row, file=sys.stderr)
    if len(bad) > MAX_BAD_SHOWN:
        print(f"... and {len(bad) - MAX_BAD_SHOWN:,} more such rows", file=sys.stderr)
    good = sum(len(table.builds) for table in tables) + records
    print(f"read    {count_builds(good)} from {files} file{'s' * (files > 1)}", end="")
    print(f"; {len(bad):,} row{'s' * (len(bad) > 1)} left out, as said above" if bad else "")
    if bad and not good:
        raise UsageError("no row could be read", "see the complaints above; --map names columns")


def _of_workflow(table: Table, workflow: str) -> list[Build]:
    if not workflow:
        return table.builds
    wanted = [build for build in table.builds if build.workflow == workflow]
    if others := len(table.builds) - len(wanted):
        print(f"        {count_builds(others)} of other workflows left out")
    return wanted


def _import_commits(builds: list[Build], repo: Repository, store: Store) -> int:
    from cigate.tables import record_id

    joiner = Joiner(repo, store)
    if {record_id(build) for build in builds} <= set(joiner.known):
        return 0
    joined = joiner.join(builds)
    say_joined(repo, len(builds), Counter(build.outcome for build in joined), joiner.commits)
    _say_synthetic(joined)
    return joiner.add(joined)


def _import_totals(table: Table, builds: list[Build], repo: Repository | None, store: Store) -> int:
    from cigate.config import read_config
    from cigate.tables import totals_records

    off = read_config(None, os.environ).no_authors
    key = repo.author_key if repo else places.given_key(os.environ, off)
    print(f"totals  {escape(table.file)} names no commits: each row is taken as one commit with its totals")
    if not table.has_times:
        print("        it has no times either: its rows are taken in order, one an hour from 2000 on")
    _say_labels(builds)
    records = totals_records(builds, key)
    return store.append(track(records, f"storing {table.file}", len(builds)))


def _say_labels(builds: list[Build]) -> None:
    say_outcomes(Counter(build.outcome for build in builds))
    _say_synthetic(builds)


def _say_synthetic(builds: list[Build]) -> None:
    if any(build.provider == "synthetic" for build in builds):
        print("        SYNTHETIC: made by `cigate generate`, not built by any CI")
