"""Edits and merges of made-up files count what they are said to count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cigate_train.synthetic import FILE_TYPES, MAX_FILES
from cigate_train.synthetic_tree import Editor, Tree, merged, totals

KINDS = st.sampled_from(sorted(FILE_TYPES))


@given(
    seed=st.integers(0, 99),
    kind=KINDS,
    files=st.integers(1, MAX_FILES),
    more=st.integers(0, 300),
    deleted=st.integers(0, 300),
)
def test_edit_has_the_totals_asked_for(seed: int, kind: str, files: int, more: int, deleted: int) -> None:
    """Files and added lines exactly, deleted lines as far as there are any, and the type in the majority."""
    editor = Editor(seed)
    tree = editor.first_tree()
    changed = editor.edit(tree, kind, files, files + more, deleted)
    got_files, got_added, got_deleted, got_kind = totals(tree, changed)
    assert (got_files, got_added, got_kind) == (files, files + more, kind)
    assert got_deleted <= deleted


def test_no_line_occurs_twice() -> None:
    """That is what makes every diff count the same, whatever the algorithm."""
    editor = Editor(1)
    tree = editor.first_tree()
    for n in range(40):
        tree = tree | editor.edit(tree, ".py", 1 + n % 9, 20, 12)
    lines = [line for content in tree.values() for line in content]
    assert len(lines) == len(set(lines))


def test_merge_brings_both_sides() -> None:
    """What either side added is there, what either side deleted is gone, and ours keeps its order."""
    base: Tree = {"a.py": ("1", "2", "3"), "b.py": ("4",)}
    ours: Tree = {"a.py": ("1", "5", "2", "3"), "b.py": ("4",)}
    theirs: Tree = {"a.py": ("1", "3", "6"), "b.py": ("7",), "c.py": ("8",)}
    changed = merged(base, ours, theirs)
    assert changed == {"a.py": ("1", "5", "3", "6"), "b.py": ("7",), "c.py": ("8",)}
    assert totals(ours, changed) == (3, 3, 2, ".py")


def test_merge_of_nothing_changes_nothing() -> None:
    """A side that stood still has nothing to bring."""
    base: Tree = {"a.py": ("1",)}
    assert merged(base, {"a.py": ("1", "2")}, base) == {}
    assert totals(base, {}) == (0, 0, 0, "")
