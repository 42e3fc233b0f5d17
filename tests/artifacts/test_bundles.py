"""Models to and from every kind of place: whole, checked, or not at all."""

from __future__ import annotations

from hashlib import sha256

import pytest

from cigate.artifacts.bundles import (
    known_index,
    manifest_digest,
    publish,
    read_index,
    read_objects,
    write_objects,
)
from cigate.artifacts.index import render_index
from cigate.errors import ArtifactError, CigateError, Overtaken
from cigate.model import Bundle, render_manifest
from tests.artifacts.conftest import Place
from tests.artifacts.models import model
from tests.forests import fit_forest, make_bundle, make_manifest


def test_a_published_model_comes_back_as_it_was(place: Place) -> None:
    first, second = model("one"), model("two", history=False)
    for at, bundle in enumerate((first, second)):
        version = publish(place.writer, "default", bundle, 1000 + at)
        assert version is not None
        assert version.published_at == 1000 + at
        assert read_objects(place.reader, version.digest) == bundle
    index, _ = known_index(place.reader, "default")
    assert [v.model_id for v in index.versions] == ["one", "two"]
    assert index.latest == manifest_digest(second)
    assert publish(place.writer, "default", second, 2000) is None
    assert known_index(place.reader, "default")[0] == index


def test_nothing_published_is_said(place: Place) -> None:
    with pytest.raises(ArtifactError, match="no model was published under the name other"):
        known_index(place.reader, "other")


@pytest.mark.parametrize("part", ["manifest", "model", "history"])
@pytest.mark.parametrize("how", ["altered", "cut", "grown"])
def test_a_spoiled_part_is_refused(place: Place, part: str, how: str) -> None:
    bundle = model("one")
    digest = write_objects(place.writer, bundle)
    head = render_manifest(bundle.manifest)
    content = {"manifest": head, "model": bundle.model, "history": bundle.history}[part]
    altered = content[:50] + bytes([content[50] ^ 1]) + content[51:]
    spoiled = {"altered": altered, "cut": content[:-1], "grown": content + b"\n"}[how]
    place.spoil(sha256(content).hexdigest(), spoiled)
    with pytest.raises(CigateError) as caught:
        read_objects(place.reader, digest)
    assert caught.value.hint


def refusal(place: Place, digest: str) -> str:
    with pytest.raises(CigateError) as caught:
        read_objects(place.reader, digest)
    return str(caught.value)


@pytest.mark.parametrize("place", ["folder"], indirect=True)
def test_what_could_not_judge_is_refused_whatever_its_digest_says(place: Place) -> None:
    """Digests prove who named what, not that it is a model."""
    good = model("one")
    history = Bundle(
        make_manifest(good.model, b"no history", good.manifest.features), good.model, b"no history"
    )
    assert "history" in refusal(place, write_objects(place.writer, history))
    junk = b"\x08\x08 not a model" * 10
    features = good.manifest.features
    assert "model.onnx" in refusal(
        place, write_objects(place.writer, Bundle(make_manifest(junk, b"", features), junk, b""))
    )
    assert "f0" in refusal(place, write_objects(place.writer, make_bundle(fit_forest(), b"")))
    loose = render_manifest(good.manifest).replace(b"\n", b" \n")
    assert "not written by cigate" in refusal(place, place.writer.write(loose))
    assert "manifest.json" in refusal(place, place.writer.write(b"{}"))


@pytest.mark.parametrize("place", ["folder"], indirect=True)
def test_an_object_above_its_cap_is_refused(place: Place) -> None:
    huge = place.writer.write(b"{" + b" " * (1 << 20) + b"}")
    assert "is larger than 1 MiB" in refusal(place, huge)


def test_a_publisher_who_was_overtaken_is_told(place: Place) -> None:
    """What the other one published stays the latest."""
    publish(place.writer, "default", model("one"), 1)
    index, tag = read_index(place.writer, "default")
    publish(place.writer, "default", model("two"), 2)
    with pytest.raises(Overtaken):
        place.writer.move_pointer("default", render_index(index), tag)
    assert known_index(place.reader, "default")[0].versions[-1].model_id == "two"
