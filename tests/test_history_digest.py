"""The digest of a change: totals, distinct paths, keys, words; the same for the same change."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from cigate.change import Change, Commit
from cigate.history import digest as dg
from cigate.history import kinds
from cigate.history.digest import MOST_COUNTED, MOST_PATHS, MOST_WORDS, Digest, path_facts, slot_of, words_of
from cigate.history.keys import key_of
from cigate.history.online import SLOTS
from tests import builds as b


def _of(*commits: Commit) -> Digest:
    return Digest(b.change(commits=commits))


def test_totals_are_sums_over_commits_and_files_are_distinct() -> None:
    """A file of two commits is one file, with the lines of both."""
    digest = _of(b.commit({"a": (1, 2), "b": (3, None)}, id="1"), b.commit({"a": (10, 0)}, id="2"))
    assert (digest.files, digest.added, digest.deleted) == (2, 14, 2)
    assert digest.statuses == ["M", "M", "M"]


def test_what_is_not_listed_counts_in_the_totals() -> None:
    """The reader's cap hides names, not sizes."""
    digest = _of(b.commit({"a": (1, 1)}, rest=(600, 9000, 50)))
    assert (digest.files, digest.added, digest.deleted) == (601, 9001, 51)


@pytest.mark.parametrize(("lines", "total"), [(10**400, MOST_COUNTED), (-5, 0)])
def test_absurd_totals_are_cut(lines: int, total: int) -> None:
    """A table may claim anything."""
    assert _of(b.commit({"a": (lines, lines)})).added == total


def test_kinds_and_extensions_count_all_files_beyond_those_looked_up() -> None:
    """Only looking up is capped."""
    many = {f"src/f{n}.py": (1, 0) for n in range(MOST_PATHS)} | {f"t/test_{n}.rb": (1, 0) for n in range(9)}
    digest = _of(b.commit(many | {"Makefile": (1, 1), "sub/Makefile": (1, 1)}))
    assert len(digest.paths) == len(digest.file_keys) == MOST_PATHS
    assert digest.extensions == {".py": MOST_PATHS, ".rb": 9, "Makefile": 2}
    assert digest.kinds[kinds.SOURCE] == MOST_PATHS
    assert digest.kinds[kinds.TEST] == 9
    assert digest.kinds[kinds.BUILD] == 2


def test_keys_are_distinct_and_of_their_subject() -> None:
    """A folder named like a file is not that file."""
    digest = _of(b.commit({"a/b/c.py": (1, 1), "a/b/d.py": (1, 1), "e.py": (1, 1)}))
    assert digest.file_keys == [key_of("p:a/b/c.py"), key_of("p:a/b/d.py"), key_of("p:e.py")]
    assert digest.folder_keys == [key_of("d:a/b"), key_of("d:")]
    assert digest.top_keys == [key_of("t:a"), key_of("t:")]
    assert digest.extension_keys == [key_of("e:.py")]
    assert len(set(digest.path_keys)) == len(digest.path_keys) == 8


def test_nothing_has_the_key_nothing() -> None:
    """No author, no base, no target, no commit: there is nothing to look up, and nothing to mix up."""
    digest = Digest(Change("", "", "main", "", b.AT, (Commit("", (), "", 0, 0, "", ()),)))
    assert (digest.author_key, digest.base_key, digest.target_key, digest.head_key) == (0, 0, 0, 0)
    assert digest.commit_keys == []


@given(b.changes())
@b.examples(80)
def test_digest_is_a_function_of_the_change(change: Change) -> None:
    """Whatever was remembered or forgotten in between, and its slots are sorted and within bounds."""
    first = Digest(change)
    dg._PATHS.clear()
    dg._SLOTS.clear()
    second = Digest(change)
    for name in ("slots", "words", "kinds", "extensions", "path_keys", "files", "added", "deleted"):
        assert getattr(first, name) == getattr(second, name)
    assert all(a < b for a, b in pairwise([-1, *first.slots, SLOTS]))
    assert sum(first.kinds) == sum(first.extensions.values())


@given(b.changes())
@b.examples(40)
def test_what_was_remembered_before_changes_nothing(change: Change) -> None:
    """Commits are looked at as git prints them; their Digest comes when all are there."""
    first = Digest(change)
    dg._PATHS.clear()
    dg._KINDS.clear()
    for commit in change.commits:
        dg.remember(commit)
    assert {*dg._PATHS, *dg._KINDS} == {file.path for commit in change.commits for file in commit.files}
    second = Digest(change)
    for name in ("slots", "kinds", "extensions", "path_keys"):
        assert getattr(first, name) == getattr(second, name)


def test_path_facts_say_what_a_path_says() -> None:
    """Its extension, else its name; the folders above it to a depth."""
    facts = path_facts("one/two/three/four/Makefile")
    assert facts.extension == "Makefile"
    assert facts.kind == kinds.BUILD
    assert slot_of("d:one/two/three") in facts.slots
    assert slot_of("d:one/two/three/four") not in facts.slots


def test_words_are_those_of_the_newest_subjects() -> None:
    """In lower case, without punctuation and numbers, each once, to a length and a number."""
    subjects = ["Fix #12: the (Parser)!", "fix parser again", "w" * 99, "four", "five is too old"]
    words = words_of(tuple(b.commit(subject=s, id=s) for s in subjects))
    assert words == ["fix", "the", "parser", "again", "w" * 24, "four"]
    assert len(words_of((b.commit(subject=" ".join(f"w{n}" for n in range(99))),))) == MOST_WORDS
    assert words_of(()) == []


def test_slot_is_for_ever() -> None:
    """Weights in a snapshot belong to slots."""
    assert slot_of("w:fix") == 3445
