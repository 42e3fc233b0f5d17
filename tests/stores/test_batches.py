"""Objects of builds are JSON lines that any tool can read, and tell what is in them."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cigate.errors import StoreError
from cigate.spool import parse_record
from cigate.stores.batches import (
    CHUNK,
    Contents,
    Row,
    digest_of,
    folder_of,
    make_object,
    parse_header,
    parse_name,
    parse_rows,
)
from tests.stores.samples import record, strange_record

TIMES = st.integers(-(2**40), 2**40)


def contents_of(name: str, content: bytes) -> Contents:
    parsed = parse_name(name)
    assert parsed is not None
    part, contents = parsed
    return contents or parse_header(content[: part.header], "s3://b")


def test_any_tool_can_read_it() -> None:
    """`zcat FILE | tail -n +2` are the builds, as they finished, in the form of waiting records."""
    rows = [Row(record(n)) for n in (3, 1, 2)]
    name, content = make_object(rows)
    header, *lines = gzip.decompress(content).splitlines()
    assert [parse_record(line) for line in lines] == [record(1), record(2), record(3)]
    assert json.loads(header)["heads"] == [record(n).change.head for n in (1, 2, 3)]
    assert name.startswith(f"{folder_of(record(1).finished_at)}/many_")
    assert folder_of(record(1).finished_at) == "builds/2020/09/13"


def test_the_same_builds_make_the_same_object() -> None:
    """So that whoever does not know whether writing succeeded may write again."""
    rows = [Row(record(n)) for n in (1, 2)]
    assert make_object(rows) == make_object(rows[::-1])
    assert make_object(rows, "ab")[0] != make_object(rows, "cd")[0]


def test_strange_builds_come_back() -> None:
    """Alone or among others, whatever bytes they are made of."""
    for rows in ([Row(strange_record())], [Row(strange_record(), 2), Row(record(1))]):
        name, content = make_object(rows)
        contents = contents_of(name, content)
        assert set(contents.ids) == {digest_of(row.record.id) for row in rows}
        parsed = parse_name(name)
        assert parsed is not None
        start = parsed[0].header
        assert sorted(parse_rows(content[start:], contents.revisions, ""), key=lambda r: r.key) == sorted(
            rows, key=lambda r: r.key
        )


def test_chunks_can_be_read_alone() -> None:
    """Each is a whole file of its own, found by the lengths in the first line."""
    rows = [Row(record(n)) for n in range(2 * CHUNK + 1)]
    name, content = make_object(rows)
    parsed = parse_name(name)
    assert parsed is not None
    contents = contents_of(name, content)
    assert len(contents.chunks) == 3
    assert contents.chunk_from(rows[CHUNK].record.finished_at) == 1
    at = parsed[0].header + contents.chunks[0]
    chunk = content[at : at + contents.chunks[1]]
    assert list(parse_rows(chunk, [0] * CHUNK, "")) == rows[CHUNK : 2 * CHUNK]


@given(TIMES, TIMES, st.text(max_size=8))
@settings(max_examples=30, deadline=None)
def test_the_name_of_a_single_build_says_all_that_finds_it(started: int, finished: int, id: str) -> None:
    """Whatever times a CI told."""
    from cigate.change import BuildRecord

    made = BuildRecord(id, record(1).change, "passed", started, finished, "test")
    contents = contents_of(*make_object([Row(made)]))
    assert contents == Contents((digest_of(id),), (made.change.head,), (started,), (finished,))


@pytest.mark.parametrize(
    "name", ["", "builds/x", "builds/one_1_2_3.jsonl.gz", "many_1_2_3_4_5.jsonl", "a/b.gz"]
)
def test_names_of_others_are_left_alone(name: str) -> None:
    assert parse_name(name) is None


@pytest.mark.parametrize("at", [0, 10, -30, -1])
def test_damage_is_told(at: int) -> None:
    """A bit that flipped anywhere is found; nothing is read past it."""
    name, content = make_object([Row(record(1)), Row(record(2))])
    parsed = parse_name(name)
    assert parsed is not None
    start = parsed[0].header
    for part, read in (
        (content[:start], lambda piece: parse_header(piece, "s3://b")),
        (content[start:], lambda piece: list(parse_rows(piece, [0, 0], "s3://b"))),
    ):
        changed = bytearray(part)
        changed[at] ^= 1
        for piece in (bytes(changed), part[:-9], b""):
            if at in (0, -1) or piece != bytes(changed):
                with pytest.raises(StoreError, match="an object of builds in s3://b is damaged"):
                    read(piece)


def test_a_newer_form_is_refused() -> None:
    with pytest.raises(StoreError, match="written by a newer cigate"):
        parse_header(gzip.compress(b'{"cigate": 2}'), "s3://b")
