"""The facts: compared by value, labelled by outcome, and the same after a trip through JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.change import (
    FAILURES,
    OUTCOMES,
    BuildRecord,
    Change,
    Commit,
    Fact,
    FileChange,
    change_from_plain,
    change_to_plain,
)
from tests import builds as b


def test_facts_are_values() -> None:
    """Equal parts make equal facts with equal hashes; another part or another type does not."""
    assert b.change() == b.change()
    assert hash(b.change()) == hash(b.change())
    assert len({b.build(), b.build(), b.build(outcome="failed")}) == 2
    assert b.change() != b.change(at=b.AT + 1)
    assert FileChange("a", 1, 2) != ("a", 1, 2, "M")


def test_two_types_with_the_same_parts_differ() -> None:
    """A fact is equal to facts of its own type only."""

    class Named(Fact):
        __slots__ = ("name",)

        def __init__(self, name: str) -> None:
            self.name = name

    class Titled(Named):
        __slots__ = ()

    assert Named("x") == Named("x")
    assert Named("x") != Titled("x")


def test_facts_have_no_room_for_anything_else() -> None:
    """A misspelt attribute is an error, not a silent new one."""
    for fact in (b.change(), b.build(), b.commit(), FileChange("a", 1, 1)):
        with pytest.raises(AttributeError):
            setattr(fact, "outcom", "failed")  # noqa: B010 (mypy would refuse the plain form)


def test_facts_show_themselves() -> None:
    """What a failing test prints names every part."""
    assert repr(FileChange("a.py", 1, None, "A")) == (
        "FileChange(added=1, deleted=None, path='a.py', status='A')"
    )


@pytest.mark.parametrize(
    ("outcome", "failed"),
    [("passed", False), ("failed", True), ("errored", True), ("canceled", None), ("skipped", None)],
)
def test_label_follows_from_outcome(outcome: str, failed: bool | None) -> None:
    """A canceled or skipped build says nothing about the change."""
    assert b.build(outcome).failed is failed


def test_every_outcome_has_its_label_tested() -> None:
    """The table above is whole."""
    assert len(OUTCOMES) == 5
    assert FAILURES < OUTCOMES


MERGE = b.commit({"merged.py": (9, 9)}, id="m", parents=("p", "q"))


def test_merge_counts_only_where_nothing_else_was_pushed() -> None:
    """Its difference from the first parent repeats the merged commits, or is the whole news."""
    own = b.commit({"own.py": (1, 1)}, id="o")
    assert [f.path for f in b.change(commits=[MERGE, own]).files()] == ["own.py"]
    assert [f.path for f in b.change(commits=[MERGE]).files()] == ["merged.py"]
    assert b.change(commits=[]).judged_commits() == ()


def test_file_of_two_commits_is_yielded_twice() -> None:
    """Lines are summed over commits, so each commit's entry is there."""
    pushed = b.change(commits=[b.commit({"a": (1, 0)}, id="1"), b.commit({"a": (2, 0)}, id="2")])
    assert [f.added for f in pushed.files()] == [1, 2]


@given(b.changes())
@b.examples(60)
def test_json_gives_back_the_same_change(change: Change) -> None:
    """Nothing is lost or altered on the way, bytes that are not UTF-8 included."""
    assert change_from_plain(json.loads(json.dumps(change_to_plain(change)))) == change


def test_totals_without_files_survive_json() -> None:
    """A table may know lines without files."""
    pushed = b.change(commits=[b.commit({}, rest=(0, 7, 3))])
    assert change_from_plain(change_to_plain(pushed)) == pushed


def _paths(plain: Any, way: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    found = [way] if way else []
    items = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for key, inner in items:
        found += _paths(inner, (*way, key))
    return found


PLAIN = change_to_plain(b.change(commits=[b.commit(rest=(1, 2, 3))]))


@given(st.sampled_from(_paths(PLAIN)), st.sampled_from([None, 1, {}, []]))
@b.examples(150)
def test_strange_json_raises_no_other_errors_than_named(way: tuple[Any, ...], other: object) -> None:
    """Whatever stands in one place, the answer is a Change or KeyError, TypeError, ValueError."""
    damaged = json.loads(json.dumps(PLAIN))
    inner = damaged
    for key in way[:-1]:
        inner = inner[key]
    if other is None and isinstance(inner, dict):
        del inner[way[-1]]
    else:
        inner[way[-1]] = other
    try:
        change = change_from_plain(damaged)
    except (KeyError, TypeError, ValueError):
        return
    assert isinstance(change, Change)


def test_build_record_names_its_parts() -> None:
    """The defaults are those of a first attempt of an unnamed workflow."""
    record = BuildRecord("1", b.change(), "passed", 10, 20)
    assert (record.provider, record.workflow, record.attempt, record.url) == ("", "", 1, "")


def test_commit_sums_up_nothing_unless_told() -> None:
    """Without a reader's cap there is no rest."""
    commit = Commit("s", (), "", 0, 0, "", ())
    assert (commit.rest_files, commit.rest_added, commit.rest_deleted) == (0, 0, 0)
