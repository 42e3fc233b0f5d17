"""One store holds many repositories apart: what one reads or adds is its own."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from cigate.errors import StoreError
from cigate.stores import Store, open_store, part_of, split_repository
from tests.stores.samples import record


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///b.sqlite", ("sqlite:///b.sqlite", "")),
        ("sqlite:///b.sqlite?repository=o/r", ("sqlite:///b.sqlite", "o/r")),
        ("postgresql://h/d?sslmode=require&repository=o%2Fr", ("postgresql://h/d?sslmode=require", "o/r")),
        ("postgresql://h/d?repository=o/r&sslmode=require", ("postgresql://h/d?sslmode=require", "o/r")),
        ("s3://bucket/builds?repository=o/r", ("s3://bucket/builds", "o/r")),
        ("sqlite:///odd?name", ("sqlite:///odd?name", "")),
    ],
)
def test_the_option_is_taken_out_of_the_url(url: str, expected: tuple[str, str]) -> None:
    assert split_repository(url) == expected


def test_each_repository_reads_its_own(store: Store, url: str) -> None:
    """The same build numbers in two repositories are two builds."""
    one, two = (open_store(f"{url}?repository=o/{name}") for name in ("one", "two"))
    assert one.append([record(1), record(2)]) == 2
    assert two.append([record(2), record(3)]) == 2
    assert two.append([record(2)]) == 0
    assert [r.id for r in one.read()] == [record(1).id, record(2).id]
    assert [r.id for r in two.read()] == [record(2).id, record(3).id]
    assert one.read_commit(record(3).change.head) == []
    assert one.heads([record(3).change.head], 5, 2**40) == {record(1).change.head, record(2).change.head}
    assert (one.count().builds, two.count().builds) == (2, 2)
    assert one.shown.endswith("?repository=o/one")


def test_without_a_repository_all_builds_are_read(store: Store, url: str) -> None:
    """A store of before, and one that many repositories share, is read whole."""
    store.append([record(1)])
    open_store(f"{url}?repository=o/r").append([record(2)])
    assert [r.id for r in open_store(url).read()] == [record(1).id, record(2).id]
    assert open_store(url).count().builds == 2


def test_names_that_look_alike_are_two_repositories(store: Store, url: str) -> None:
    """Whatever their characters are made into where a store takes only some."""
    names = ("o/r", "o_r", "O/r", "o/../r", "größe/🐍", "a" * 200)
    for n, name in enumerate(names):
        assert open_store(f"{url}?repository={quote(name)}").append([record(n), record(9)]) == 2
    for n, name in enumerate(names):
        part = open_store(f"{url}?repository={quote(name)}")
        assert [r.id for r in part.read()] == [record(n).id, record(9).id]
        assert [r.id for r in part.read_commit(record(9).change.head)] == [record(9).id]
    assert [r.id for r in store.read()].count(record(9).id) == len(names)
    assert len(store.read_commit(record(9).change.head)) == len(names)
    assert store.count().builds == 2 * len(names)
    assert store.append([record(0)]) == 1  # of no repository: this one is new


def test_an_author_is_forgotten_everywhere(store: Store, url: str) -> None:
    """A person who asks to be forgotten did not mean one repository."""
    for name in ("one", "two"):
        open_store(f"{url}?repository=o/{name}").append([record(1)])
    assert store.forget_author(record(1).change.author) == 1
    assert {r.change.author for r in store.read()} == {""}


def test_a_store_of_another_kind_is_refused() -> None:
    class Other:
        shown = "other://x"

    other: Store = Other()  # type: ignore[assignment]
    with pytest.raises(StoreError, match="other://x does not keep repositories apart"):
        part_of(other, "o/r")
