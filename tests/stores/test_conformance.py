"""What every store promises, on a real one of each kind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cigate.change import BuildRecord, Change
from cigate.forgetting import record_without
from cigate.shelf import Shelf
from cigate.stores import Counts, Store, open_store
from cigate.stores.shelving import shelve
from cigate.stores.sql import SqlStore
from tests.stores.samples import record, strange_record

ROOT = Path(__file__).resolve().parents[2]


def ids(records: Iterator[BuildRecord]) -> list[str]:
    return [r.id for r in records]


def test_unwritten_store_is_empty(store: Store) -> None:
    """Asking before anything was appended is no error."""
    assert list(store.read()) == []
    assert store.count() == Counts(0, 0, 0, ())


def test_records_come_back_exactly(store: Store) -> None:
    """Every field survives, whatever bytes it is made of."""
    sent = [record(1), strange_record()]
    assert store.append(sent) == 2
    assert list(store.read()) == sent


def test_a_shelf_holds_what_is_read(store: Store) -> None:
    """In the order of their pushes, whole, whatever they are made of, also after the store was closed."""
    change = Change("f" * 40, "", "main", "", 2**70, ())  # a moment that no column takes
    far = BuildRecord("far", change, "passed", 1, 9)
    sent = [record(3), strange_record(), record(1, workflow="lint"), far]
    store.append(sent)
    seen: list[object] = []
    shelves = [shelve(store, watch=lambda builds: _seen(builds, seen)), shelve(store, "lint")]
    shelves.append(shelve(store, until=99))
    store.close()
    assert len(seen) == 4
    for shelf, expected in zip(shelves, (sent, [sent[2]], [far]), strict=True):
        assert list(shelf) == list(Shelf(expected))


def _seen(builds: Iterator[object], seen: list[object]) -> Iterator[object]:
    for one in builds:
        seen.append(one)
        yield one


def test_appending_again_adds_nothing(store: Store) -> None:
    """The number returned counts what is new; the first record of an id stays."""
    assert store.append([record(1), record(2)]) == 2
    changed = record(2, outcome="errored")
    assert store.append([record(1), changed, record(3), record(3, outcome="errored")]) == 1
    assert store.append([]) == 0
    assert list(store.read()) == [record(1), record(2), record(3)]


def test_two_builds_share_one_change(store: Store) -> None:
    """Builds of several workflows differ in id and outcome only."""
    pair = [record(5, id=name, workflow=name) for name in ("lint", "test")]
    assert store.append(pair) == 2
    assert list(store.read()) == pair


def test_order_is_finish_then_id_by_code_point(store: Store) -> None:
    """The locale of the database has no say: capitals stand before small letters and accents."""
    same = [record(n, finished_at=50, id=id) for n, id in enumerate(["é", "b", "a", "B", "a-", "aB"])]
    store.append([*same, record(9, finished_at=10)])
    assert ids(store.read()) == ["test/9/1/", "B", "a", "a-", "aB", "b", "é"]


def test_reading_a_span_of_one_workflow(store: Store) -> None:
    """`since` is included, `until` is not, and "" stands for every workflow."""
    store.append(record(n, finished_at=n, workflow="ci" if n % 2 else "docs") for n in range(1, 9))
    assert ids(store.read(since=3, until=6)) == [f"test/{n}/1/" for n in (3, 4, 5)]
    assert ids(store.read("ci", since=3)) == [f"test/{n}/1/" for n in (3, 5, 7)]
    assert ids(store.read("nightly")) == []


def test_count_says_what_is_there(store: Store) -> None:
    """The workflow with most builds comes first; a canceled build is no failure."""
    store.append(
        [
            record(1, outcome="errored", workflow="docs"),
            record(2, outcome="canceled", workflow="ci"),
            record(3, outcome="failed", workflow="ci", finished_at=7),
        ]
    )
    assert store.count() == Counts(3, 2, record(2).finished_at, (("ci", 2), ("docs", 1)))


def test_interrupted_append_keeps_whole_batches(store: Store) -> None:
    """An iterable that breaks leaves no half batch, and the next try completes it."""

    def breaking() -> Iterator[BuildRecord]:
        for number in range(1500):
            yield record(number)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.append(breaking())
    assert store.count().builds == 1000
    assert store.append(record(number) for number in range(1600)) == 600


def test_reading_goes_on_while_others_write(store: Store, url: str) -> None:
    """A stream that was begun sees what was there when it began."""
    store.append(record(number) for number in range(1200))
    stream = store.read()
    first = next(stream)
    other = open_store(url)
    assert other.append([record(5000)]) == 1
    other.close()
    assert [first, *stream] == [record(number) for number in range(1200)]
    assert store.count().builds == 1201


def test_a_stream_that_nobody_reads_to_its_end_holds_nothing_up(store: Store) -> None:
    """Whoever wants only the first build can have it, and close the store."""
    store.append(record(number) for number in range(1200))
    stream = store.read()
    assert next(stream) == record(0)
    del stream
    assert store.append([record(2000)]) == 1


def test_many_processes_write_the_same_builds(store: Store, url: str) -> None:
    """Writers that start together on an empty store lose nothing and double nothing.

    Only a database can tell which of them was first.
    """
    program = (
        "import sys; from cigate.stores import open_store; from tests.stores.samples import record\n"
        "first = int(sys.argv[2])\n"
        "numbers = [*range(first, first + 300), *range(200)]\n"
        "print(open_store(sys.argv[1]).append(record(n) for n in reversed(numbers)))"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, url, str(first)], cwd=ROOT, stdout=subprocess.PIPE)
        for first in (0, 150, 300, 450)
    ]
    said = [int(writer.communicate(timeout=60)[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4
    assert sum(said) == 750 if isinstance(store, SqlStore) else sum(said) >= 750
    assert ids(store.read()) == [f"test/{number}/1/" for number in range(750)]


def test_thousands_go_in(store: Store) -> None:
    """A bulk import is a matter of batches, and the count is exact across them."""
    assert store.append(record(number) for number in range(5000)) == 5000
    assert store.append(record(number) for number in range(4000, 5100)) == 100


def test_builds_of_one_commit_come_in_the_order_of_their_ends(store: Store) -> None:
    """Every build of it, whatever its outcome, and none of another commit; an unknown commit has none."""
    first = record(1, finished_at=1_700_000_000)
    again = record(1, finished_at=1_600_000_000, id="again", outcome="canceled")
    assert store.read_commit(first.change.head) == []
    store.append([first, again, record(2)])
    assert store.read_commit(first.change.head) == [again, first]
    assert store.read_commit("f" * 40) == []


def test_heads_are_those_asked_for_and_the_newest(store: Store) -> None:
    """Of those that were built and started in time, whether they are asked for or new."""
    made = [record(n) for n in range(1, 9)]
    heads = [r.change.head for r in made]
    assert store.heads(heads, 5, 2**40) == frozenset()
    store.append(made)
    assert store.heads([heads[0], "f" * 40], 2, 2**40) == {heads[0], heads[6], heads[7]}
    assert store.heads(heads, 2, made[3].started_at) == set(heads[:4])
    assert store.heads([], 1, made[3].started_at) == {heads[3]}


def test_forgotten_author_leaves_every_record_but_no_name(store: Store, url: str) -> None:
    """However many changes there are; builds of one change still share it."""
    made = [record(n) for n in range(1, 1203)]
    author = made[0].change.author
    store.append([*made, record(1, id="again")])
    assert store.forget_author("f" * 16) == 0
    assert store.forget_author(author) == len(made)
    left = list(open_store(url).read())
    assert len(left) == len(made) + 1
    assert {who for r in left for who in (r.change.author, *(c.author for c in r.change.commits))} == {""}
    assert {r.id: r for r in left} == {
        r.id: record_without(r, author) for r in [*made, record(1, id="again")]
    }
    assert store.forget_author(author) == 0


def test_outline_is_what_is_read_without_the_changes(store: Store) -> None:
    """In the same order; only the builds of the commits that were asked for come as well."""
    sent = [record(3), strange_record(), record(1, workflow="lint"), record(5, id="x"), record(5, id="y")]
    store.append(sent)
    for workflow in ("", "lint"):
        whole = list(store.read(workflow))
        outline = store.outline(workflow, {r.change.head for r in whole})
        if outline is None:
            continue
        outlined = list(outline)
        assert [_facts(r) for _, _, r in outlined if r] == [_facts(r) for r in whole]
        assert all(r.change.commits == () for _, _, r in outlined if r)
        assert [at for at, _, _ in outlined] == [r.finished_at for r in whole]
        assert list(store.outline(workflow) or ()) == [(at, said, None) for at, said, _ in outlined]


def test_an_outline_says_otherwise_what_is_otherwise(store: Store) -> None:
    """Each of the facts that a history is made of, and the author that was forgotten."""
    store.append([record(1), record(2)])
    if (outline := store.outline()) is None:
        return
    one, other = (said for _, said, _ in outline)
    assert one != other
    store.forget_author(record(1).change.author)
    assert next(said for _, said, _ in store.outline() or ()) != one


def test_outline_of_nothing(store: Store) -> None:
    assert not list(store.outline() or ())


def _facts(r: BuildRecord) -> tuple[object, ...]:
    times = (r.started_at, r.finished_at)
    return r.id, r.change.head, r.outcome, times, r.workflow, r.attempt, r.url
