"""A change of totals adds up to exactly them, and is the same each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.change import Change, change_from_plain, change_to_plain
from cigate.gitlog import MAX_FILES
from cigate.identity import pseudonym
from cigate.totals import change_of_totals


def change(
    author: str = "new_dev",
    files: int = 18,
    added: int = 150,
    deleted: int = 40,
    kind: str = ".yml",
    at: int = 1000,
    **more: int | str,
) -> Change:
    repeat, branch = int(more.get("repeat", 0)), str(more.get("branch", ""))
    return change_of_totals(author, files, added, deleted, kind, at, b"key", repeat, branch)


@given(
    files=st.integers(1, 3 * MAX_FILES),
    added=st.integers(0, 10**6),
    deleted=st.integers(0, 10**6),
    kind=st.sampled_from([".py", "py", "*.PY", "Makefile", "setup.cfg", ""]),
)
def test_totals_come_out_exactly(files: int, added: int, deleted: int, kind: str) -> None:
    """Listed files and the rest add up; listed names differ; nothing gets lost on the way to JSON."""
    made = change(files=files, added=added, deleted=deleted, kind=kind)
    (commit,) = made.commits
    listed = list(made.files())
    assert len(listed) + commit.rest_files == files
    assert sum(f.added or 0 for f in listed) + commit.rest_added == added
    assert sum(f.deleted or 0 for f in listed) + commit.rest_deleted == deleted
    assert len({f.path for f in listed}) == len(listed) <= MAX_FILES
    assert change_from_plain(change_to_plain(made)) == made


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (".py", ["file_1.py", "file_2.py"]),
        ("py", ["file_1.py", "file_2.py"]),
        (" *.PY ", ["file_1.py", "file_2.py"]),
        ("Makefile", ["Makefile", "folder_2/Makefile"]),
        ("setup.cfg", ["setup.cfg", "folder_2/setup.cfg"]),
        ("", ["file_1", "file_2"]),
    ],
)
def test_files_are_of_the_dominant_type(kind: str, names: list[str]) -> None:
    """An extension however written, or a file that is known by its name."""
    assert [f.path for f in change(files=2, kind=kind).files()] == names


def test_lines_are_spread_evenly() -> None:
    """The remainder goes to the first files, one line each."""
    spread = [(f.added, f.deleted) for f in change(files=4, added=10, deleted=1).files()]
    assert spread == [(3, 1), (3, 0), (2, 0), (2, 0)]


def test_change_of_nothing() -> None:
    """An empty commit is a change as well."""
    made = change(files=0, added=0, deleted=0)
    assert list(made.files()) == []
    assert len(made.commits) == 1


def test_who_and_when() -> None:
    """The author is a pseudonym, and there is no other time than the one given."""
    made = change(branch="main")
    (commit,) = made.commits
    assert made.author == commit.author == pseudonym(b"new_dev", b"key")
    assert (made.pushed_at, commit.authored_at, commit.committed_at) == (1000, 1000, 1000)
    assert (made.head, made.base, made.branch, commit.parents) == (commit.sha, "", "main", ())


def test_head_tells_changes_apart() -> None:
    """Each thing that is given, and the order among equals, makes another head; nothing else does."""
    others = [
        change(),
        change(author="main_dev"),
        change(files=17),
        change(added=151),
        change(deleted=41),
        change(kind=".py"),
        change(at=1001),
        change(repeat=1),
        change(branch="main"),
    ]
    assert len({c.head for c in others}) == len(others)
    assert change() == change()
    assert len(change().head) == 40


@pytest.mark.parametrize(
    ("totals", "why"),
    [((-1, 0, 0), "is negative"), ((1, 0, -5), "is negative"), ((0, 3, 0), "but no file changed")],
)
def test_impossible_totals_are_refused(totals: tuple[int, int, int], why: str) -> None:
    """What no commit can be is not quietly made into one."""
    with pytest.raises(ValueError, match=why):
        change(files=totals[0], added=totals[1], deleted=totals[2])
