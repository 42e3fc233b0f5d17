"""A damaged model is refused or scores as its bytes say; it never crashes, hangs or lies in the hook."""

from __future__ import annotations

import random
import struct
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import pytest

from cigate.errors import CigateError, DamagedBundle
from cigate.features import FEATURES, Moment, vector_of
from cigate.history import History
from cigate.judge import open_judge
from cigate.model import (
    Bundle,
    Manifest,
    check_structure,
    open_predictor,
    parse_manifest,
    read_bundle,
    render_manifest,
    write_bundle,
)
from cigate.places import starter_dir
from tests.judged import HARMLESS, Judged, build, past, wary_bundle
from tests.torture.amount import amount, count
from tests.torture.mutants import byte_mutant, structure_mutant
from tests.torture.scoring import score_apart


@pytest.fixture(params=["wary", "starter"])
def bundle(request: pytest.FixtureRequest) -> Bundle:
    """Return a small bundle, or the one that is shipped."""
    return wary_bundle() if request.param == "wary" else read_bundle(starter_dir())


def survivors(bundle: Bundle, mutants: list[bytes]) -> list[bytes]:
    """Return those that the validator takes; it may refuse the others, and do nothing else."""
    taken = []
    for model in mutants:
        try:
            check_structure(model, bundle.manifest.features)
        except DamagedBundle:
            continue
        taken.append(model)
    return taken


def expect_honest(bundle: Bundle, taken: list[bytes]) -> None:
    """Score what was taken, far away from here: each is refused or says what its bytes say."""
    told = score_apart([(bundle.manifest.features, model) for model in taken])
    assert [line for line in told if not line.startswith(("p ", "refused "))] == []


def share(bundle: Bundle, quick: int, full: int) -> int:
    """Return how many mutants of this bundle: the big one takes fifty times as long."""
    big = len(bundle.model) > 100_000
    return amount(quick // 40, full // 25) if big else amount(quick, full)


def test_damaged_bytes_are_refused_or_harmless(bundle: Bundle, tmp_path: Path) -> None:
    """As they are, by their digest; where somebody wrote a new digest, by their structure."""
    chance = random.Random(1)
    number = share(bundle, 300, 10_000)
    mutants = [byte_mutant(chance, bundle.model) for _ in range(number)]
    write_bundle(str(tmp_path), bundle)
    for model in mutants[: amount(50, 1000)]:
        (tmp_path / "model.onnx").write_bytes(model)
        if model != bundle.model:
            with pytest.raises(DamagedBundle, match=r"not the file that manifest\.json was written for"):
                read_bundle(str(tmp_path))
    expect_honest(bundle, survivors(bundle, mutants))
    count("byte mutations of a model", number)


def test_damaged_structure_is_refused_or_harmless(bundle: Bundle) -> None:
    """Children, features, weights, types, operators: any field of any message."""
    chance = random.Random(2)
    number = share(bundle, 300, 10_000)
    mutants = [structure_mutant(chance, bundle.model) for _ in range(number)]
    expect_honest(bundle, survivors(bundle, mutants))
    count("structure mutations of a model", number)


def test_a_damaged_manifest_is_refused_or_means_the_same(bundle: Bundle) -> None:
    """What is still taken binds the same model, the same history and the same features in the same order."""
    chance = random.Random(3)
    head = render_manifest(bundle.manifest)
    number = amount(500, 10_000)
    for _ in range(number):
        try:
            manifest = parse_manifest(byte_mutant(chance, head))
            if manifest.model_sha256 != sha256(bundle.model).hexdigest():
                continue  # refused when the file is read
            open_predictor(Bundle(manifest, bundle.model, b""), "capi")
        except CigateError:
            continue
        assert manifest.features == bundle.manifest.features
    count("mutations of a manifest", number)


def test_a_permuted_manifest_is_refused(bundle: Bundle) -> None:
    """Two features change places: the numbers would be scored as each other's."""
    m = bundle.manifest
    features = [m.features[1], m.features[0], *m.features[2:]]
    permuted = Manifest(
        *(m.model_id, m.created_at, features, m.model_sha256, m.history_sha256, m.thresholds),
        *(m.base_rate, m.typical, m.synthetic, m.card),
    )
    with pytest.raises(DamagedBundle, match="another list of features"):
        open_predictor(Bundle(permuted, bundle.model, b""))
    with pytest.raises(DamagedBundle, match="another list of features"):
        check_structure(bundle.model, permuted.features)


def test_a_damaged_history_is_refused_or_can_be_asked() -> None:
    """A checksum finds damage; where somebody wrote a new one, it is an error of the history or an answer."""
    chance = random.Random(4)
    number = amount(300, 10_000)
    data = past()
    change = build(41, failed=False).change
    for at in range(number):
        mutant = byte_mutant(chance, data[:-4] if at % 4 else data)
        if at % 4:
            mutant += struct.pack("<I", crc32(mutant))
        try:
            row = vector_of(Moment(change, History.open(mutant), change.pushed_at))
        except CigateError:
            continue
        assert len(row) == len(FEATURES)
    count("mutations of a history", number)


def rebound(bundle: Bundle, model: bytes, folder: Path) -> None:
    """Write a bundle whose manifest means `model`, past every check that writing makes."""
    m = bundle.manifest
    manifest = Manifest(
        *(m.model_id, m.created_at, m.features, sha256(model).hexdigest(), m.history_sha256, m.thresholds),
        *(m.base_rate, m.typical, m.synthetic, m.card),
    )
    (folder / "manifest.json").write_bytes(render_manifest(manifest))
    (folder / "model.onnx").write_bytes(model)


def circular(bundle: Bundle) -> bytes:
    """Return the model with a tree whose branches lead back to its root: it never ends."""
    import onnx

    proto = onnx.load_from_string(bundle.model)
    for node in proto.graph.node:
        for attribute in node.attribute:
            if attribute.name in ("nodes_truenodeids", "nodes_falsenodeids"):
                attribute.ints[:] = [0] * len(attribute.ints)
    return bytes(proto.SerializeToString())


def test_a_model_that_never_ends_costs_the_time_limit_and_no_more(tmp_path: Path) -> None:
    """Nothing on the path of a push checks structure: a hang in native code is left behind."""
    judged = Judged.make(tmp_path)
    bundle = wary_bundle()
    rebound(bundle, circular(bundle), judged.state / "model")
    judged.work.commit(HARMLESS)
    code, said = judged.push("main", env={"CIGATE_TIME_LIMIT": "3"})
    assert code == 0
    assert said.startswith("cigate  not judged: ")
    assert said.endswith("The push goes on.\n")


def test_a_committed_model_is_checked_before_it_is_loaded(tmp_path: Path) -> None:
    """Whoever may commit may name a model in the configuration: it is held to what a pull demands."""
    judged = Judged.make(tmp_path)
    bundle = wary_bundle()
    folder = judged.work.path / "model"
    write_bundle(str(folder), bundle)
    rebound(bundle, circular(bundle), folder)
    judged.work.commit({".cigate.toml": 'model = "model"\n', **HARMLESS})
    code, said = judged.push("main")
    assert code == 0
    assert "not judged: model.onnx has a tree whose branches do not lead downwards" in said
    with pytest.raises(DamagedBundle, match="branches do not lead downwards"):
        open_judge(str(folder), None, {})
