"""Tables become builds; a bad row is named with its line and its cell, and costs nobody else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.change import OUTCOMES
from cigate.errors import UsageError
from cigate.tables import Build, Table, parse_map, parse_table, read_lines
from cigate.tables.rows import APART_S, FIRST_AT, Totals
from tests import real

A, B = "a" * 40, "b" * 40
AT = 1_500_000_000


def table(text: str, *options: str, workflow: str = "") -> Table:
    return parse_table(text.splitlines(keepends=True), "t.csv", parse_map(options), workflow)


def only(text: str, *options: str, workflow: str = "") -> Build:
    made = table(text, *options, workflow=workflow)
    assert not made.bad
    (build,) = made.builds
    return build


def complaints(text: str) -> list[str]:
    return [str(row) for row in table(text).bad]


def test_travis_push() -> None:
    """All that a row of Travis says, and nothing else."""
    build = only(
        "build_id,build_number,commit_sha,branch,is_pr,pr_number,status,pushed_at,started_at,duration_s,n_jobs\n"
        f"2407430,1,{A},master,false,,errored,2012-09-11T11:23:47Z,2012-09-11T11:25:11Z,73,2\n"
    )
    assert build == Build(
        build_id="2407430",
        sha=A,
        totals=None,
        outcome="errored",
        branch="master",
        target="",
        event="push",
        pushed_at=1_347_362_627,
        started_at=1_347_362_711,
        finished_at=1_347_362_784,
        provider="travis",
        workflow="",
        attempt=1,
        url="",
    )


def test_travis_pull_request() -> None:
    """Travis names the branch that a pull request wants to enter."""
    build = only(f"commit_sha,branch,is_pr,pr_number,status,started_at\n{A},master,true,77,passed,{AT}\n")
    assert (build.branch, build.target, build.event) == ("pull/77", "master", "pull_request")


def test_travis_pull_request_without_number() -> None:
    """Pull requests of unknown number are not taken for one branch."""
    text = f"commit_sha,branch,is_pr,status,started_at\n{A},master,true,passed,1\n{B},master,true,passed,2\n"
    assert [build.branch for build in table(text).builds] == [f"pull/{A}", f"pull/{B}"]


def test_github_run() -> None:
    """GitHub names the branch that a pull request comes from; the run's time is that of the push."""
    build = only(
        "build_id,commit_sha,branch,workflow,event,status,conclusion_raw,started_at,duration_s\n"
        f"15066332934,{A},fix-filter,Tests,pull_request,passed,success,2025-05-16T10:25:18Z,56\n"
    )
    assert (build.branch, build.target, build.event) == ("fix-filter", "", "pull_request")
    assert (build.pushed_at, build.started_at, build.finished_at) == (1747391118, 1747391118, 1747391174)
    assert (build.provider, build.workflow, build.attempt) == ("github", "Tests", 1)


@pytest.mark.parametrize(
    ("columns", "cells", "place"),
    [
        ("branch,event,pr_number", "main,pull_request,5", ("pull/5", "main", "pull_request")),
        ("head_branch,event,pr_number", "fix,pull_request,5", ("fix", "", "pull_request")),
        ("head_branch,base_ref,is_pr", "fix,refs/heads/main,true", ("fix", "main", "pull_request")),
        ("ref,event", "refs/heads/fix,push", ("fix", "", "push")),
        ("ref,event", "refs/pull/12/merge,pull_request", ("pull/12", "", "pull_request")),
        ("branch,pr_number", "main,", ("main", "", "push")),
        ("branch,is_pr,pr_number", "main,True,77.0", ("pull/77", "main", "pull_request")),
        ("branch,event", "main,schedule", ("main", "", "schedule")),
    ],
)
def test_where_a_build_belongs(columns: str, cells: str, place: tuple[str, str, str]) -> None:
    """Branch, target and event, in the ways in which exports tell them."""
    build = only(f"sha,status,date,{columns}\n{A},ok,{AT},{cells}\n")
    assert (build.branch, build.target, build.event) == place


@pytest.mark.parametrize(
    ("columns", "cells", "times"),
    [
        ("pushed_at,started_at,duration", "100,110,30", (100, 110, 140)),
        ("started_at,duration", "110,30", (110, 110, 140)),
        ("pushed_at,duration", "100,30", (100, 100, 130)),
        ("started_at,finished_at", "110,150", (110, 110, 150)),
        ("started_at,finished_at,duration", "110,999,30", (110, 110, 140)),
        ("finished_at,duration", "150,40", (110, 110, 150)),
        ("pushed_at,started_at", "120,110", (110, 110, None)),
        ("started_at,duration", "110,", (110, 110, None)),
        ("started_at,duration", "110,34673474", (110, 110, None)),
        ("started_at,updated_at", "110,105", (110, 110, None)),
        ("started_at,updated_at", "110,99999999", (110, 110, None)),
    ],
)
def test_times_of_a_build(columns: str, cells: str, times: tuple[int, int, int | None]) -> None:
    """What is not told is taken from what is; no build starts before its push or ends before its start."""
    build = only(f"sha,status,{columns}\n{A},ok,{cells}\n")
    assert (build.pushed_at, build.started_at, build.finished_at) == times


def test_workflow_of_a_table_that_names_none() -> None:
    """The name given fills what the table leaves open, and overrides nothing."""
    assert only(f"sha,status,date\n{A},ok,1\n", workflow="ci").workflow == "ci"
    assert only(f"sha,status,date,workflow\n{A},ok,1,docs\n", workflow="ci").workflow == "docs"


def test_totals_with_times() -> None:
    """The original description's table."""
    build = only(
        "author,files_changed,lines_added,lines_deleted,dominant_file_type,build_status,timestamp\n"
        "new_dev,18,150,40,.yml,failure,2024-01-01T09:57:00Z\n"
    )
    assert build.totals == Totals("new_dev", 18, 150, 40, ".yml")
    assert (build.sha, build.outcome, build.provider) == ("", "failed", "csv")
    assert (build.pushed_at, build.started_at, build.finished_at) == (1704103020, 1704103020, None)


def test_totals_without_times() -> None:
    """Rows are taken in file order, an hour apart, and adding rows does not move the old ones."""
    header = "author,files_changed,lines_added,lines_deleted,dominant_file_type,build_status\n"
    made = table(header + "ann,1,2,3,.py,success\n" * 3)
    assert not made.has_times
    assert [build.pushed_at for build in made.builds] == [FIRST_AT + n * APART_S for n in range(3)]


def test_synthetic_rows_say_so() -> None:
    """The mark survives sorting, cutting and joining files, since every row has it."""
    header = "author,files_changed,lines_added,lines_deleted,dominant_file_type,build_status,SYNTHETIC\n"
    assert only(header + "ann,1,2,3,.py,success,true\n").provider == "synthetic"
    assert only(header + "ann,1,2,3,.py,success,\n").provider == "csv"


def test_bad_rows_are_named_and_good_ones_kept() -> None:
    """File, line, column as the file calls it, the cell, and why."""
    made = table(
        "Commit,Result,Start Time,duration\n"
        f"{A},passed,2020-01-01,5\n"
        "\n"
        f"{A},perhaps,2020-01-01,5\n"
        f"abc1234,passed,2020-01-01,5\n"
        f"{A},passed,soon,5\n"
        f"{A},passed,2020-01-01,-5\n"
        f"{A}\n"
        f"{A},passed,2020-01-01,5,6\n"
        f"{B},failed,2020-01-02,5\n"
    )
    assert [build.sha for build in made.builds] == [A, B]
    assert [str(row) for row in made.bad] == [
        "t.csv line 4, column Result: 'perhaps' is no outcome of a build",
        "t.csv line 5, column Commit: 'abc1234' is not a full commit id (40 or 64 hexadecimal digits)",
        "t.csv line 6, column Start Time: 'soon' is neither an ISO time nor epoch seconds",
        "t.csv line 7, column duration: '-5' is not a duration",
        "t.csv line 8, column Result: '' is no outcome of a build",
        "t.csv line 9: more cells than the header has",
    ]


def test_missing_time_is_a_bad_row() -> None:
    """A build of a commit has to have happened at some time."""
    (said,) = complaints(f"sha,status,started_at,pushed_at\n{A},ok,,\n")
    assert said == "t.csv line 2, column started_at: '' is neither an ISO time nor epoch seconds"


def test_impossible_totals_are_a_bad_row() -> None:
    """Lines cannot change in no file."""
    header = "author,files_changed,lines_added,lines_deleted,dominant_file_type,build_status\n"
    (said,) = complaints(header + "ann,0,5,0,.py,success\n")
    assert said == "t.csv line 2, column files_changed: '0' is too few for the lines that changed"


def test_author_is_never_shown() -> None:
    """A complaint about a row of totals names no person."""
    header = "author,files_changed,lines_added,lines_deleted,dominant_file_type,build_status\n"
    said = complaints(header + "ann@example.invalid,x,5,0,.py,success\nann@example.invalid,1,5,0,.py,?,1\n")
    assert len(said) == 2
    assert "ann" not in " ".join(said)


def test_cells_cannot_steer_a_terminal() -> None:
    """What a stranger wrote into a cell, a header or a file name is shown harmlessly and cut."""
    made = parse_table(
        ["sha,\x1b]0;status,date\n", f"{A},\x1b[2J{'x' * 99},1\n"], "\x1bt.csv", {"status": "\x1b]0;status"}
    )
    (said,) = map(str, made.bad)
    assert said.isprintable()
    assert len(said) < 120


def test_quotes_and_line_breaks_in_cells() -> None:
    """A message in quotes may have lines and delimiters of its own; line numbers stay right."""
    made = table(f'sha,status,date,message\n{A},ok,1,"two\nlines, ""one"" comma"\n{B},?,1,x\n{B},ok,2,y\n')
    assert [build.sha for build in made.builds] == [A, B]
    assert [row.line for row in made.bad] == [4]


def test_quote_that_is_never_closed() -> None:
    """What follows it is lost, and that is said instead of taking it for one long cell."""
    made = table(f'sha,status,date,url\n{A},ok,1,u\n{A},ok,1,"u\n{B},ok,2,u\n')
    assert [build.sha for build in made.builds] == [A]
    assert [row.line for row in made.bad] == [3]
    assert "not CSV from here on" in str(made.bad[0])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "t.csv is empty"),
        ("\n \n", "t.csv is empty"),
        (",,\n", "t.csv line 1 is no header of a CSV file: it names no column"),
        ('\n"sha,status\n', "t.csv line 2 is no header of a CSV file: not CSV from here on"),
    ],
)
def test_file_without_a_header_is_refused(text: str, why: str) -> None:
    """The hint says what a header is."""
    with pytest.raises(UsageError, match=why) as caught:
        table(text)
    assert "names its columns" in caught.value.hint


def test_header_alone_is_a_table_of_nothing() -> None:
    """An export of a project without builds is no mistake."""
    assert table("sha,status,date\n").builds == []


def test_other_delimiters_and_leading_blank_lines() -> None:
    """Line numbers count what an editor counts."""
    made = table(f"\n\nsha;status;date\n{A}; passed ;2020-01-01\n{A};?;2020-01-01\n")
    assert [build.outcome for build in made.builds] == ["passed"]
    assert [row.line for row in made.bad] == [5]


@given(
    st.sampled_from(["sha,status,date\n", "author;files;added;deleted;extension;result\n", ""]),
    st.text(st.sampled_from("a0,;\"'\n\r\t.-\x00é"), max_size=80),
)
def test_any_text_is_read_or_refused(header: str, text: str) -> None:
    """Nothing but builds, complaints and usage errors comes of any table."""
    with suppress(UsageError):
        made = table(header + text)
        assert all(build.outcome in OUTCOMES for build in made.builds)
        assert all(str(row).isprintable() for row in made.bad)


@pytest.mark.parametrize("kind", ["builds", "github"])
def test_real_tables_are_read_whole(kind: str) -> None:
    """Every row of real exports is a build: nothing in them surprises the reader."""
    for path in sorted((real.data_folder() / kind).glob("*.csv.gz"))[:12]:
        with open(path, "rb") as source:
            made = parse_table(read_lines(source, path.name), path.name, {})
        assert not made.bad, made.bad[:3]
        assert len(made.builds) >= 200
        assert len({build.build_id for build in made.builds}) == len(made.builds)
        assert all(build.pushed_at <= build.started_at for build in made.builds)
