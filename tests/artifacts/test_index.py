"""The list of published models: kept in order, read with suspicion."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cigate.artifacts.index import MAX_INDEX_BYTES, MAX_VERSIONS, Index, Version, parse_index, render_index
from cigate.errors import ArtifactError, UsageError


def version(number: int) -> Version:
    return Version(f"{number:064x}"[::-1], f"model-{number}", 1_700_000_000 + number, 1_700_000_100 + number)


def index(count: int) -> Index:
    made = Index()
    for number in range(count):
        made = made.publish(version(number))
    return made


def test_what_is_written_is_read() -> None:
    assert parse_index(render_index(index(3)), "here") == index(3)
    signed = index(1).publish(Version("a" * 64, "m", 1, 2, "b" * 64))
    assert parse_index(render_index(signed), "here") == signed


def test_the_last_published_is_the_latest_and_stands_once() -> None:
    again = index(3).publish(version(0))
    assert [v.model_id for v in again.versions] == ["model-1", "model-2", "model-0"]
    assert again.latest == version(0).digest


def test_a_full_list_lets_the_oldest_go_and_stays_readable() -> None:
    full = index(MAX_VERSIONS + 2)
    assert len(full.versions) == MAX_VERSIONS
    assert full.versions[0] == version(2)
    assert len(render_index(full)) * 2 < MAX_INDEX_BYTES


def test_going_back_follows_the_order_of_publication() -> None:
    back = index(3).choose(index(3).before_latest().digest)
    assert back.before_latest() == version(0)
    assert back.versions == index(3).versions
    with pytest.raises(UsageError, match="before"):
        back.choose(version(0).digest).before_latest()


def test_a_few_digits_name_one_model() -> None:
    made = index(3)
    assert made.find(version(1).digest) == version(1)
    assert made.find("100000") == version(1)
    for start in ("", "10000", "abcdef", "g"):
        with pytest.raises(UsageError):
            made.find(start)
    twins = Index("", (Version("a" * 64, "m", 1, 1), Version("a" * 63 + "b", "m", 1, 1)))
    with pytest.raises(UsageError, match="several"):
        twins.find("a" * 10)


def spoil(**changes: Any) -> bytes:
    plain = json.loads(render_index(index(2)))
    first = plain["versions"][0]
    for key, value in changes.items():
        (plain if key in plain else first)[key] = value
    return json.dumps(plain).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b"<html>not found</html>",
        render_index(index(2))[:-30],
        spoil(format=0),
        spoil(format="1"),
        spoil(latest="c" * 64),
        spoil(latest=None),
        spoil(versions=None),
        spoil(versions=[]),
        spoil(versions=[[]]),
        spoil(digest="x"),
        spoil(digest=version(1).digest),
        spoil(digest="../../../etc/passwd"),
        spoil(signature=5),
        spoil(signature="x"),
        spoil(model_id="\x1b[31m"),
        spoil(model_id=""),
        spoil(model_id=None),
        spoil(created_at=True),
        spoil(published_at=-1),
        spoil(published_at=1 << 60),
        spoil(extra=1),
    ],
)
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(ArtifactError, match="is damaged, or not cigate's"):
        parse_index(data, "here")


def test_a_newer_list_says_to_upgrade() -> None:
    with pytest.raises(ArtifactError, match="format 2") as caught:
        parse_index(spoil(format=2), "here")
    assert "upgrade" in caught.value.hint
