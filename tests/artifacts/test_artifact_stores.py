"""What every place for models promises, on a real one of each kind."""

from __future__ import annotations

import threading

import pytest

from cigate.artifacts import ARTIFACTS, Artifacts, open_artifacts
from cigate.artifacts.layout import digest_of
from cigate.errors import ArtifactError, Overtaken, UsageError
from tests.artifacts.conftest import Place

BIG = bytes(range(256)) * 12_000  # more than one block of every library
MISSING = "ab" * 32


def test_objects_come_back_as_they_were(place: Place) -> None:
    for content in (b"", b"x", BIG):
        digest = place.writer.write(content)
        assert digest == digest_of(content)
        assert place.reader.read(digest, len(content)) == content


def test_writing_again_changes_nothing(place: Place) -> None:
    assert place.writer.write(b"same") == place.writer.write(b"same")
    assert place.reader.read(digest_of(b"same"), 10) == b"same"


def test_what_is_not_there_is_said(place: Place) -> None:
    assert place.reader.read_pointer("default", 1000) is None
    with pytest.raises(ArtifactError, match=f"{MISSING[:12]} is missing in ") as caught:
        place.reader.read(MISSING, 1000)
    assert caught.value.hint
    assert place.reader.shown in str(caught.value)


@pytest.mark.parametrize(
    "spoiled", [b"altered!", b"trunc", b"", BIG], ids=["altered", "cut", "empty", "grown"]
)
def test_a_spoiled_object_is_refused(place: Place, spoiled: bytes) -> None:
    digest = place.writer.write(b"original")
    place.spoil(digest, spoiled)
    with pytest.raises(ArtifactError) as caught:
        place.reader.read(digest, 1000)
    assert caught.value.hint


def test_more_bytes_than_allowed_are_refused(place: Place) -> None:
    digest = place.writer.write(BIG)
    with pytest.raises(ArtifactError, match="is larger than 1 MiB"):
        place.reader.read(digest, 1 << 20)
    place.writer.move_pointer("default", BIG, "")
    with pytest.raises(ArtifactError, match="is larger than 64 KiB"):
        place.reader.read_pointer("default", 1 << 16)


def test_a_pointer_moves_when_its_tag_is_known(place: Place) -> None:
    place.writer.move_pointer("default", b"one", "")
    first = place.writer.read_pointer("default", 1000)
    assert first is not None
    assert first.content == b"one"
    place.writer.move_pointer("default", b"two", first.tag)
    place.writer.move_pointer("other.name_2-x", b"three", "")
    second = place.reader.read_pointer("default", 1000)
    assert second is not None
    assert second.content == b"two"


def test_who_comes_late_is_told_and_changes_nothing(place: Place) -> None:
    place.writer.move_pointer("default", b"one", "")
    old = _tag(place.writer)
    place.writer.move_pointer("default", b"two", old)
    for tag in ("", old):
        with pytest.raises(Overtaken, match="in the meantime") as caught:
            place.writer.move_pointer("default", b"three", tag)
        assert "cigate models list" in caught.value.hint
    found = place.reader.read_pointer("default", 1000)
    assert found is not None
    assert found.content == b"two"


def test_of_several_at_once_one_wins_and_the_others_are_told(place: Place) -> None:
    """A registry cannot compare and swap: of those, only the others' being told is asked."""
    place.writer.move_pointer("default", b"0", "")
    tag = _tag(place.writer)
    won: list[int] = []
    told: list[int] = []
    start = threading.Barrier(4)

    def publish(number: int) -> None:
        mine = open_artifacts(place.url)
        start.wait()
        try:
            mine.move_pointer("default", b"%d" % number, tag)
            won.append(number)
        except Overtaken:
            told.append(number)

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) + len(told) == 4
    found = place.reader.read_pointer("default", 1000)
    assert found is not None
    if place.url.startswith("oci:"):
        assert int(found.content) in range(1, 5)
    else:
        assert [found.content] == [b"%d" % number for number in won]


@pytest.mark.parametrize("name", ["", "A", "a/b", "../x", "x" * 65, "sha256-" + MISSING, ".x", "a b"])
def test_names_that_no_place_could_keep_are_refused(place: Place, name: str) -> None:
    with pytest.raises(UsageError):
        place.reader.read_pointer(name, 1000)


def _tag(place: Artifacts) -> str:
    found = place.read_pointer("default", 1000)
    assert found is not None
    return found.tag


def test_a_damaged_object_is_mended_by_publishing_it_again(place: Place) -> None:
    """All but a registry, which believes that it has what it once was given."""
    digest = place.writer.write(b"original")
    place.spoil(digest, b"altered!")
    if not place.url.startswith("oci:"):
        place.writer.write(b"original")
        assert place.reader.read(digest, 100) == b"original"


def test_every_scheme_opens_and_nothing_is_touched() -> None:
    urls = ["file:///nowhere/x", "/nowhere/x", "s3://bucket/prefix", "gs://bucket", "oci://ghcr.io/me/models"]
    urls += ["https://example.invalid/models", "http://127.0.0.1:1"]
    kinds = {type(open_artifacts(url)).__name__ for url in urls}
    assert len(kinds) == 4
    assert {url.partition("://")[0] for url in urls if "://" in url} | {"az"} == set(ARTIFACTS)


REFUSED = ["", "ftp://x/y", "https://me:secret@x/y", "s3://k:secret@b/p", "https://x/y?token=secret"]
REFUSED += ["http://example.invalid/x", "file://host/x", "oci://ghcr.io", "s3:///x", "https://[x/y"]


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_that_cannot_be_used_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        open_artifacts(url)
    assert caught.value.hint
    assert "secret" not in str(caught.value) + caught.value.hint
