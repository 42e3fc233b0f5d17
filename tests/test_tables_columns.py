"""Columns are recognised by the names that exports of many servers give them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.errors import UsageError
from cigate.tables.columns import ALIASES, TOTALS, choose_delimiter, parse_header, parse_map

TRAVIS = (
    "build_id,build_number,commit_sha,branch,is_pr,pr_number,status,pushed_at,started_at,duration_s,n_jobs"
)
GITHUB = "build_id,commit_sha,branch,workflow,event,status,conclusion_raw,started_at,duration_s"
GITHUB_API = "id,name,head_branch,head_sha,run_attempt,status,conclusion,html_url,created_at,run_started_at"
JENKINS = "number,GIT_COMMIT,GIT_BRANCH,result,timestamp,duration"
DESCRIPTION = "author,files_changed,lines_added,lines_deleted,dominant_file_type,build_status,timestamp"


def named(header: str, *options: str) -> dict[str, str]:
    return dict(parse_header(header.split(","), parse_map(options), "t.csv").names)


def test_travis() -> None:
    """The build id and not the build's number, both times, pull requests."""
    names = named(TRAVIS)
    assert {names.pop(field) for field in ("build_id", "sha", "branch", "is_pr", "pr_number", "status")} == {
        "build_id",
        "commit_sha",
        "branch",
        "is_pr",
        "pr_number",
        "status",
    }
    assert names == {"pushed_at": "pushed_at", "started_at": "started_at", "duration": "duration_s"}


@pytest.mark.parametrize(
    ("header", "field", "column"),
    [
        (GITHUB, "status", "status"),
        (GITHUB, "event", "event"),
        (GITHUB_API, "status", "conclusion"),
        (GITHUB_API, "sha", "head_sha"),
        (GITHUB_API, "branch", "head_branch"),
        (GITHUB_API, "workflow", "name"),
        (GITHUB_API, "attempt", "run_attempt"),
        (GITHUB_API, "started_at", "run_started_at"),
        (GITHUB_API, "url", "html_url"),
        (JENKINS, "sha", "GIT_COMMIT"),
        (JENKINS, "status", "result"),
        (JENKINS, "build_id", "number"),
        ("Commit ID,Build Status,Start Time", "sha", "Commit ID"),
        ("revision,outcome,date", "started_at", "date"),
    ],
)  # fmt: skip
def test_header_variants(header: str, field: str, column: str) -> None:
    """Case, spaces and signs do not matter; of two columns for one field the more telling one counts."""
    assert named(header)[field] == column


def test_totals_need_no_commit_and_no_time() -> None:
    """A table without ids but with all totals is of the second form."""
    columns = parse_header(DESCRIPTION.split(",")[:-1], {}, "t.csv")
    assert not columns.has_commits
    assert set(TOTALS) | {"status"} == set(columns.places)
    assert parse_header(f"commit_sha,{DESCRIPTION}".split(","), {}, "t.csv").has_commits


def test_mapping_by_hand() -> None:
    """What is mapped wins over what would have been recognised."""
    assert named("sha,status,ergebnis,date", "status=Ergebnis")["status"] == "ergebnis"
    assert named("x,status,date", "sha=x")["sha"] == "x"


@pytest.mark.parametrize("item", ["status", "status=", "colour=blue", "=x", ""])
def test_bad_mapping_is_explained(item: str) -> None:
    """The message names the item, the hint all the fields."""
    with pytest.raises(UsageError, match="FIELD=COLUMN") as caught:
        parse_map([item])
    assert all(field in caught.value.hint for field in ALIASES)


def test_mapping_to_a_column_that_is_not_there() -> None:
    """The hint lists the columns that are."""
    with pytest.raises(UsageError, match=r"t.csv has no column 'result'") as caught:
        named("sha,outcome,date", "status=result")
    assert "'sha', 'outcome', 'date'" in caught.value.hint


@pytest.mark.parametrize(
    ("header", "lacking"),
    [
        ("sha,branch,date", "status"),
        ("sha,status", "started_at"),
        ("author,files_changed,lines_added,status", "lines_deleted, dominant_file_type"),
        ("a,b,c", "sha, status, started_at"),
        ("2407430,1,62914788727f9bb367cf8e22f3719bf6a83eee6f,master", "sha, status, started_at"),
    ],
)
def test_missing_columns_are_named(header: str, lacking: str) -> None:
    """What is needed, what is there, and the option that connects them."""
    with pytest.raises(UsageError, match=f"no column for {lacking} ") as caught:
        named(header)
    assert caught.value.hint.startswith("say which one it is with --map ")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_recognised(delimiter: str) -> None:
    """By the header that it gives, whatever else stands in the line."""
    line = delimiter.join(['"commit_sha"', "status", "a,b;c|d\te", "started_at"])
    assert choose_delimiter(line + "\n") == delimiter


@given(st.lists(st.text(max_size=20), max_size=30))
def test_any_header_is_read_or_refused(header: list[str]) -> None:
    """No header leads to anything but columns or a usage error."""
    with suppress(UsageError):
        columns = parse_header(header, {}, "t.csv")
        assert all(header[place].strip() == columns.names[field] for field, place in columns.places.items())
