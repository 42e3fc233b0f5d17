"""The fold: what each finished build teaches about its branch, author, commits and paths."""

from __future__ import annotations

import pytest
from hypothesis import given

from cigate.change import BuildRecord, Change, Commit
from cigate.history import History
from cigate.history import fold as fo
from cigate.history import project as pr
from cigate.history.digest import Digest
from cigate.history.keys import key_of
from cigate.history.table import Table
from tests import builds as b

TOOK_S = 600


def _learned(*records: BuildRecord) -> History:
    history = History()
    for record in records:
        history.learn(record)
    return history


def _cells(table: Table, name: str) -> list[float]:
    offset = table.find(key_of(name))
    assert offset >= 0, f"{name} is not known"
    return list(table.cells[offset : offset + table.width])


def test_new_history_knows_nothing() -> None:
    """It says so in numbers."""
    history = History()
    assert (history.as_of, history.builds, history.failures) == (0, 0, 0)


def test_history_counts_builds_and_failures_and_knows_its_age() -> None:
    """An errored build is a failure."""
    history = _learned(*b.builds("pfpe"))
    assert (history.builds, history.failures) == (4, 2)
    assert history.as_of == b.AT + 3 * b.HOUR_S + TOOK_S


@pytest.mark.parametrize("outcome", ["canceled", "skipped"])
def test_outcome_that_says_nothing_teaches_nothing(outcome: str) -> None:
    """Not a byte."""
    history = _learned(*b.builds("pf"))
    before = history.snapshot()
    history.learn(b.build(outcome, at=b.AT + b.DAY_S))
    assert history.snapshot() == before


def test_branch_is_known_by_its_outcomes() -> None:
    """Builds, streak, times, since when it is red, who built last, how long it took."""
    history = _learned(*b.builds("pff"))
    branch = _cells(history.branches, "b:main")
    assert branch[fo.B_BUILDS] == 3
    assert branch[fo.B_STREAK] == 2
    assert branch[fo.B_PASS_AT] == b.AT + TOOK_S
    assert branch[fo.B_RED_SINCE] == b.AT + b.HOUR_S + TOOK_S
    assert branch[fo.B_LAST_AT] == branch[fo.B_FAIL_AT] == b.AT + 2 * b.HOUR_S + TOOK_S
    assert branch[fo.B_AUTHOR] == key_of("a:ann")
    assert branch[fo.B_DURATION] == TOOK_S


def test_only_builds_of_green_branches_count_as_breaking_them() -> None:
    """The second failure of a row broke nothing, and the first build of a branch had nothing to break."""
    history = _learned(*b.builds("fppff"))
    branch = _cells(history.branches, "b:main")
    assert branch[fo.B_GREEN + 1] == 1.0
    assert 1.9 < branch[fo.B_GREEN] < 2.0
    assert history.project.cells[pr.GREEN + 1] == 1.0


def test_flips_are_changes_of_a_branchs_mind() -> None:
    """Other branches in between do not count."""
    records = [*b.builds("pf"), *b.builds("pp", "dev", b.AT + 10), b.build(at=b.AT + b.DAY_S)]
    branch = _cells(_learned(*b.in_order(records)).branches, "b:main")
    assert branch[fo.B_FLIPS + 1] == pytest.approx(1.0 + fo.KEEP_20)


def test_a_repair_counts_the_failures_before_it() -> None:
    """A branch that is red still, or was never, has none."""
    assert _learned(*b.builds("pff")).project.cells[pr.RED_RUNS] == 0.0
    cells = _learned(*b.builds("pfffpp")).project.cells
    assert list(cells[pr.RED_RUNS : pr.RED_RUNS + 2]) == [1.0, 3.0]


def test_a_head_built_again_tells_whether_it_ends_alike() -> None:
    """A commit that was only a part of an earlier push was not built before."""
    same = [b.build(o, head="h", at=b.AT + n * 60) for n, o in enumerate(("failed", "passed", "failed"))]
    part = b.build("failed", head="other", at=b.AT + 600)
    cells = _learned(*same, part).project.cells
    keep = pr.KEEP_OF_RERUNS
    assert list(cells[pr.RERUNS : pr.RERUNS + 2]) == [1.0 + keep, keep + 1.0]
    pushed = [b.build(head="h2", at=b.AT), b.build("failed", head="h3", at=b.AT + 60)]
    assert _learned(*pushed).project.cells[pr.RERUNS] == 0.0


def test_a_branch_remembers_when_it_was_first_built() -> None:
    """Later builds do not move it."""
    branch = _cells(_learned(*b.builds("pfp")).branches, "b:main")
    assert branch[fo.B_FIRST_AT] == b.AT + TOOK_S


def test_trunk_is_the_branch_with_the_most_builds_that_are_no_pull_requests() -> None:
    """A busy pull request does not become what others are held against."""
    records = [
        *b.builds("ppp", "main"),
        *b.builds("pp", "dev", b.AT + 60),
        *[b.build(branch="pull", event="pull_request", at=b.AT + n) for n in range(100, 110)],
    ]
    history = _learned(*b.in_order(records))
    assert history.project.cells[pr.TRUNK] == key_of("b:main")


def test_author_is_known_by_outcomes_and_unknown_authors_are_nobody() -> None:
    """Two unknown people are not one busy person."""
    history = _learned(
        b.build("failed", author="ann"),
        b.build(author="ann", at=b.AT + 60),
        b.build(author="", at=b.AT + 120),
    )
    author = _cells(history.authors, "a:ann")
    assert (author[fo.A_BUILDS], author[fo.A_STREAK], author[fo.A_FAIL_AT]) == (2, -1, b.AT + TOOK_S)
    assert len(history.authors) == 1


def test_commit_is_known_by_the_builds_that_held_it() -> None:
    """The head's own builds; those of pushes whose base it is are not its own."""
    history = _learned(
        b.build("failed", head="h1", base="root"),
        b.build("passed", head="h2", base="h1", at=b.AT + 60),
        b.build("failed", head="h3", base="h1", at=b.AT + 120, branch="dev"),
    )
    first = _cells(history.commits, "c:h1")
    assert first == [1, 1, b.AT + TOOK_S, 1]
    assert history.commits.find(key_of("c:root")) < 0


def test_commit_in_the_middle_of_a_push_was_built_but_not_as_the_head() -> None:
    """It is known that its build failed, and that it was in company."""
    pushed = b.change(commits=[b.commit(id="top"), b.commit(id="under")])
    history = _learned(b.build_of(pushed, "failed"))
    assert _cells(history.commits, "c:under")[fo.C_FAILURES] == 1
    assert _cells(history.commits, "c:under")[fo.C_HEAD] == 0
    assert _cells(history.commits, "c:top")[fo.C_HEAD] == 1


def test_change_without_commit_ids_teaches_nothing_about_commits() -> None:
    """Otherwise all builds of a table of totals would be of one and the same commit."""
    pushed = Change("", "", "main", "ann", b.AT, (Commit("", (), "ann", 0, 0, "", ()),))
    assert len(_learned(b.build_of(pushed)).commits) == 0


def test_path_folder_top_and_extension_are_known_by_outcomes() -> None:
    """A file counts once a build, however many commits touched it."""
    twice = [b.commit({"src/x/a.py": (1, 1)}, id=id) for id in ("1", "2")]
    history = _learned(b.build_of(b.change(commits=twice), "failed"))
    for name in ("p:src/x/a.py", "d:src/x", "t:src", "e:.py"):
        assert _cells(history.paths, name)[:2] == [1.0, 1.0]


def test_tokens_of_failures_are_learned() -> None:
    """A later push that resembles a failed one has higher odds than one that does not."""
    records = [
        b.build(
            "failed" if n % 2 else "passed",
            at=b.AT + n * 60,
            files={f"{'bad' if n % 2 else 'good'}.py": (1, 1)},
        )
        for n in range(20)
    ]
    words = _learned(*records).words
    bad, good = (Digest(b.change({f"{name}.py": (1, 1)})).slots for name in ("bad", "good"))
    assert words.excess(bad) > words.excess(good) + 0.5


def test_clock_that_goes_back_is_not_believed() -> None:
    """A build that claims to have finished before the last learned one finished with it."""
    history = _learned(b.build(at=b.AT, took_s=900), b.build("failed", "dev", at=b.AT - 5000))
    assert history.as_of == b.AT + 900
    assert _cells(history.branches, "b:dev")[fo.B_FAIL_AT] == b.AT + 900


@pytest.mark.parametrize(("took_s", "duration_s"), [(-50, 0), (600, 600), (10 * b.WEEK_S, b.WEEK_S)])
def test_absurd_durations_are_cut(took_s: int, duration_s: int) -> None:
    """A build that ran for years has a wrong clock."""
    assert _cells(_learned(b.build(took_s=took_s)).branches, "b:main")[fo.B_DURATION] == duration_s


def test_digest_that_is_at_hand_is_used() -> None:
    """The same bytes come of it."""
    given, made = History(), History()
    for record in b.builds("pfp"):
        given.learn(record, Digest(record.change))
        made.learn(record)
    assert given.snapshot() == made.snapshot()


@given(b.histories())
@b.examples(30)
def test_same_builds_give_the_same_bytes(records: list[BuildRecord]) -> None:
    """Nothing but the builds and their order counts."""
    assert _learned(*b.in_order(records)).snapshot() == _learned(*b.in_order(records)).snapshot()


def test_every_table_is_bounded() -> None:
    """A snapshot stays small however long a project lives: 2,000 broad builds fill what is small."""
    history = _learned(*b.busy_repository(2000))
    assert all(len(table) <= table.capacity for table in history._tables())
    assert len(history.authors) == history.authors.capacity
    assert len(history.commits) == history.commits.capacity
