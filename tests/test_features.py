"""THE list: named, described, versioned, finite, and pure; each golden value changes with a version only."""

from __future__ import annotations

from array import array
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.change import BuildRecord, Change, Commit, FileChange
from cigate.features import FEATURES, GROUPS, Feature, Moment, vector, vector_of
from cigate.history import History
from tests import builds as b
from tests import golden_features as golden


def test_names_are_unique_and_plain() -> None:
    """They go into manifests, documents and messages."""
    names = [feature.name for feature in FEATURES]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and name.isidentifier() and name == name.lower() for name in names)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda f: f.name)
def test_feature_has_a_version_and_says_what_it_is(feature: Feature) -> None:
    """On one line, by itself: not "the same as above"."""
    assert feature.version >= 1
    assert len(feature.doc) > 10
    assert not feature.doc.startswith("the same")
    assert feature.doc == feature.doc.strip()
    assert feature.doc.isprintable()
    assert not set(feature.doc) & set("|<>`*")


def test_groups_hold_the_whole_list_in_order() -> None:
    """The documents are made from the groups, the vectors from the list."""
    assert tuple(feature for _, group in GROUPS for feature in group) == FEATURES
    assert len({title for title, _ in GROUPS}) == len(GROUPS)


def test_vector_has_one_float32_for_each_feature() -> None:
    """The cast happens here, once."""
    row = vector(b.change(), History())
    assert isinstance(row, array)
    assert (row.typecode, row.itemsize, len(row)) == ("f", 4, len(FEATURES))


def test_vector_is_of_the_push_unless_told() -> None:
    """`at` is the moment of judging."""
    history = b.history_of(b.project(30))
    pushed = b.change(at=b.AT + b.WEEK_S)
    assert vector(pushed, history) == vector(pushed, history, pushed.pushed_at)
    assert vector(pushed, history) == vector_of(Moment(pushed, history, pushed.pushed_at))
    assert vector(pushed, history) != vector(pushed, history, pushed.pushed_at + b.DAY_S)


def test_asking_teaches_nothing() -> None:
    """Judging a push any number of times changes neither answer nor history."""
    history = b.history_of(b.project(30))
    before, pushed = history.snapshot(), b.change(at=b.AT + b.WEEK_S)
    assert vector(pushed, history) == vector(pushed, history)
    assert history.snapshot() == before


def test_empty_change_on_an_empty_history_has_features() -> None:
    """The very first push of all."""
    assert all(map(isfinite, vector(Change("", "", "", "", 0, ()), History())))


times = st.integers(-(2**40), 2**40) | st.integers(-(2**62), 2**62) | st.just(0)
sizes = st.none() | st.integers(0, 2**62) | st.just(10**30)
texts = b.ANY_TEXT | st.sampled_from(["a/b/c.py", "/", "//", ".", "\udce9", "x" * 300])


@st.composite
def wild_changes(draw: st.DrawFn) -> Change:
    """Draw a change whose every part may be absurd."""
    files = st.builds(FileChange, texts, sizes, sizes, texts)
    commits = st.builds(
        Commit,
        texts,
        st.lists(texts, max_size=3).map(tuple),
        texts,
        times,
        times,
        texts,
        st.lists(files, max_size=3).map(tuple),
        *[st.integers(0, 2**62)] * 3,
    )
    brought = tuple(draw(st.lists(commits, max_size=3)))
    return Change(draw(texts), draw(texts), draw(texts), draw(texts), draw(times), brought, draw(texts))


@st.composite
def wild_records(draw: st.DrawFn) -> BuildRecord:
    """Draw a build whose every part may be absurd."""
    outcome = draw(st.sampled_from(["passed", "failed", "errored"]))
    return BuildRecord(draw(texts), draw(wild_changes()), outcome, draw(times), draw(times))


@given(st.lists(wild_records(), max_size=5), wild_changes(), times)
@b.examples(120)
def test_features_of_anything_are_finite(records: list[BuildRecord], change: Change, at: int) -> None:
    """Huge totals, any text, moments far before and after all builds: numbers, before and after a restore."""
    history = b.history_of(records)
    row = vector(change, history, at)
    assert all(map(isfinite, row))
    assert vector(change, History.open(history.snapshot()), at) == row


def test_golden_values_hold() -> None:
    """A number that means something else needs a new version: old models must not be fed with it."""
    assert golden.differences() == [], golden.WHAT_TO_DO


def test_golden_file_is_not_rewritten_over_a_change_in_place() -> None:
    """The one command that writes it tells a new meaning from a new feature."""
    new = golden.current()
    name = next(iter(new))
    version, values = new[name]
    moved = {**new, name: (version, [value + 0.01 for value in values])}
    raised = {**new, name: (version + 1, [value + 0.01 for value in values])}
    assert len(golden.changed_in_place(new, moved)) == 1
    assert golden.changed_in_place(new, raised) == []
    assert golden.changed_in_place(new, {**new, "brand_new": (1, [0.0])}) == []


def test_golden_pushes_tell_features_apart() -> None:
    """Most features take several values there; a constant would guard nothing."""
    varied = [name for name, (_, values) in golden.current().items() if len(set(values)) > 1]
    assert len(varied) > 0.8 * len(FEATURES)
