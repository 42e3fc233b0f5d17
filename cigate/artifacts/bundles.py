"""A Bundle to and from a place for models: three objects, of which the manifest names the other two.

So one digest, that of the manifest, stands for all of it. Nothing is returned that was not checked
down to a score; nothing on this machine is written.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from cigate.artifacts import Artifacts
from cigate.artifacts.index import MAX_INDEX_BYTES, Index, Version, parse_index, render_index
from cigate.artifacts.layout import digest_of
from cigate.errors import ArtifactError, DamagedBundle
from cigate.features import FEATURES
from cigate.history import History
from cigate.model import (
    Bundle,
    check_features,
    check_structure,
    open_predictor,
    parse_manifest,
    render_manifest,
)
from cigate.model.bundle import HISTORY, MAX_MANIFEST_BYTES, PARTS


def manifest_digest(bundle: Bundle) -> str:
    """Return the digest under which `bundle` is, or would be, published."""
    return digest_of(render_manifest(bundle.manifest))


def check_bundle(bundle: Bundle) -> None:
    """Refuse a bundle that could not judge a push with this program.

    Raises:
        DamagedBundle, UnknownFeature, HistoryError, ModelError: naming what is wrong.
    """
    check_structure(bundle.model, bundle.manifest.features)
    check_features(bundle.manifest, FEATURES)
    if bundle.history:
        History.open(bundle.history)
    open_predictor(bundle).score([array("f", bundle.manifest.typical)])


def write_objects(place: Artifacts, bundle: Bundle) -> str:
    """Write what `bundle` consists of, the manifest last, and return its digest."""
    place.write(bundle.model)
    if bundle.history:
        place.write(bundle.history)
    return place.write(render_manifest(bundle.manifest))


def read_manifest(place: Artifacts, digest: str) -> bytes:
    """Return the manifest of a published model as it was written, after it has proved to be one.

    Raises:
        ArtifactError, DamagedBundle, ModelError: where it is missing, damaged or of another format.
    """
    head = place.read(digest, MAX_MANIFEST_BYTES)
    if render_manifest(parse_manifest(head)) != head:
        raise DamagedBundle(
            f"the manifest {digest[:12]} in {place.shown} was not written by cigate", "publish it with cigate"
        )
    return head


def read_objects(place: Artifacts, digest: str) -> Bundle:
    """Return the model whose manifest has that digest, checked as `check_bundle` does.

    Raises:
        ArtifactError, HistoryError, ModelError: naming what is missing or wrong.
    """
    manifest = parse_manifest(read_manifest(place, digest))
    model = place.read(manifest.model_sha256, PARTS["model.onnx"][2])
    empty = manifest.history_sha256 == digest_of(b"")
    history = b"" if empty else place.read(manifest.history_sha256, PARTS[HISTORY][2])
    bundle = Bundle(manifest, model, history)
    check_bundle(bundle)
    return bundle


def read_index(place: Artifacts, name: str) -> tuple[Index, str]:
    """Return what was published under `name`, and the tag to move its pointer with ("": nothing was)."""
    pointer = place.read_pointer(name, MAX_INDEX_BYTES)
    if pointer is None:
        return Index(), ""
    return parse_index(pointer.content, place.shown), pointer.tag


def known_index(place: Artifacts, name: str) -> tuple[Index, str]:
    """Return the same where something was published under `name`.

    Raises:
        ArtifactError: where nothing was.
    """
    index, tag = read_index(place, name)
    if not tag:
        raise ArtifactError(
            f"no model was published under the name {name} in {place.shown}",
            "cigate publish does; is it the right URL and --name?",
        )
    return index, tag


def first_index(place: Artifacts, names: Sequence[str]) -> tuple[Index, str]:
    """Return what was published under the first of `names` that has any, and that name.

    A place that cannot be asked is not taken for one that has nothing.

    Raises:
        ArtifactError: where nothing was published under any of them.
    """
    for name in names[:-1]:
        index, tag = read_index(place, name)
        if tag:
            return index, name
    try:
        return known_index(place, names[-1])[0], names[-1]
    except ArtifactError as error:
        if len(names) > 1:
            error.hint = f"nor under {', '.join(names[:-1])}; {error.hint}"
        raise


def publish(place: Artifacts, name: str, bundle: Bundle, at: int, signature: bytes = b"") -> Version | None:
    """Write `bundle` and make it the latest under `name`; return None where it is that already.

    `signature` is that of the manifest; with one, what is the latest already is published again.

    Raises:
        Overtaken: where somebody else published under that name at the same time.
        ArtifactError: where the place cannot be written.
    """
    index, tag = read_index(place, name)
    digest = manifest_digest(bundle)
    if index.latest == digest and not signature:
        return None
    write_objects(place, bundle)
    signed = place.write(signature) if signature else ""
    version = Version(digest, bundle.manifest.model_id, bundle.manifest.created_at, at, signed)
    place.move_pointer(name, render_index(index.publish(version)), tag)
    return version
