"""Builds become records: joined to the commits of real git, or made of totals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cigate.change import BuildRecord, Commit
from cigate.git import Repository
from cigate.tables import Build, join_commits, record_id, totals_records
from cigate.tables.records import USUAL_S, usual_duration
from cigate.tables.rows import Totals
from tests.repo import Repo

AT = 1_600_000_000


def build(sha: str = "", at: int = AT, **fields: str | int | None) -> Build:
    made = Build(
        build_id="",
        sha=sha,
        totals=None if sha else Totals("ann", 1, 2, 3, ".py"),
        outcome="passed",
        branch="main",
        target="",
        event="push",
        pushed_at=at,
        started_at=at + 5,
        finished_at=at + 65,
        provider="ci",
        workflow="test",
        attempt=1,
        url="",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def commits_of(repo: Repo) -> dict[str, Commit]:
    opened = Repository.open(str(repo.path))
    return {commit.sha: commit for commit in opened.read_commits(all_refs=True)}


def news(records: list[BuildRecord]) -> list[list[str]]:
    return [[commit.sha for commit in record.change.commits] for record in records]


def test_each_build_gets_what_was_new(tmp_path: Path) -> None:
    """In the order of pushes, whatever the order of the table: commits come with the first build."""
    repo = Repo.init(tmp_path)
    shas = [repo.commit({f"{n}": f"{n}\n"}) for n in range(6)]
    table = [build(shas[4], AT + 3), build(shas[1], AT + 1)]
    table += [build(shas[2], AT + 2, outcome="failed", branch="dev", target="main", event="pull_request")]
    records = list(join_commits(table, commits_of(repo)))
    assert news(records) == [[shas[1]], [shas[2]], [shas[4], shas[3]]]
    second = records[1]
    assert (second.change.branch, second.change.target, second.change.event) == (
        "dev",
        "main",
        "pull_request",
    )
    assert (second.change.base, second.change.pushed_at) == (shas[1], AT + 2)
    assert (second.outcome, second.started_at, second.finished_at) == ("failed", AT + 7, AT + 67)


def test_builds_of_one_head_share_its_news(tmp_path: Path) -> None:
    """A second workflow, or a second attempt, judges the same commits."""
    repo = Repo.init(tmp_path)
    shas = [repo.commit({f"{n}": f"{n}\n"}) for n in range(3)]
    table = [build(shas[0]), build(shas[2], AT + 9, workflow="lint"), build(shas[2], AT + 9, attempt=2)]
    records = list(join_commits(table, commits_of(repo)))
    assert news(records)[1:] == [[shas[2], shas[1]]] * 2


def test_unknown_commits_are_passed_over(tmp_path: Path) -> None:
    """A build of a commit that git does not have has no change."""
    repo = Repo.init(tmp_path)
    sha = repo.commit({"a": "1"})
    assert len(list(join_commits([build("0" * 40), build(sha)], commits_of(repo)))) == 1


def test_importing_in_parts_gives_the_same(tmp_path: Path) -> None:
    """What was recorded before is no news again, wherever the table was cut."""
    repo = Repo.init(tmp_path)
    shas = [repo.commit({f"{n}": f"{n}\n"}) for n in range(8)]
    commits = commits_of(repo)
    table = [build(shas[n], AT + n) for n in (1, 2, 4, 5, 7)]
    whole = list(join_commits(table, commits))
    for cut in range(1, 5):
        first = list(join_commits(table[:cut], commits))
        known = [(record.change.pushed_at, record.change.head) for record in first]
        known.append((AT, "0" * 40))
        assert first + list(join_commits(table[cut:], commits, known)) == whole


def test_ids_are_stable_and_tell_builds_apart() -> None:
    """The server's own id where there is one, else what makes a build; never the time of import."""
    assert record_id(build("a" * 40, build_id="77", attempt=2)) == "ci/77/2/test"
    anonymous = [
        build("a" * 40),
        build("b" * 40),
        build("a" * 40, branch="dev"),
        build("a" * 40, event="schedule"),
        build("a" * 40, AT + 1),
        build("a" * 40, attempt=2),
        build("a" * 40, workflow="lint"),
    ]
    assert len({record_id(b) for b in anonymous}) == len(anonymous)
    assert record_id(build("a" * 40, outcome="failed")) == record_id(build("a" * 40))


def test_unknown_durations_are_taken_as_usual(tmp_path: Path) -> None:
    """The median of those that are known; ten minutes where none is."""
    repo = Repo.init(tmp_path)
    sha = repo.commit({"a": "1"})
    known = [build(sha, finished_at=AT + 5 + s) for s in (10, 30, 1000)]
    assert usual_duration(known) == 30
    assert usual_duration([build(sha, finished_at=None)]) == USUAL_S
    records = list(join_commits([*known, build(sha, finished_at=None)], commits_of(repo)))
    assert records[-1].finished_at == AT + 5 + 30


def test_totals_become_records() -> None:
    """One commit each, told apart by their order where they say the same of the same moment."""
    table = [build(), build(), build(at=AT + 1), build(outcome="failed", build_id="7")]
    records = list(totals_records(table, b"key"))
    assert len({record.id for record in records}) == 4
    assert records[3].id == "ci/7/1/test"
    assert records[0].id == f"ci/{records[0].change.head}/1/test"
    assert [len(record.change.commits) for record in records] == [1] * 4
    assert [record.outcome for record in records] == ["passed"] * 3 + ["failed"]


def test_totals_keep_their_ids_when_rows_are_added() -> None:
    """A longer export of the same history adds only what is new."""
    short = [build(at=AT + n // 2) for n in range(6)]
    longer = [*short, build(at=AT + 2), build(at=AT + 9)]
    assert list(totals_records(longer, b"k"))[:6] == list(totals_records(short, b"k"))
