"""What must hold for manifests: canonical, strict, and clear about whose turn it is to upgrade."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from cigate.errors import DamagedBundle, ModelError, UnknownFeature
from cigate.model import Manifest, Thresholds, check_features, parse_manifest, render_manifest
from tests.forests import make_manifest, numbered_features


class Feature(NamedTuple):
    name: str
    version: int


def manifest(features: tuple[tuple[str, int], ...] = (("size", 1), ("streak", 2))) -> Manifest:
    return make_manifest(b"model", b"history", features)


def plain() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render_manifest(manifest()))
    return made


def parse(changed: dict[str, Any]) -> Manifest:
    return parse_manifest(json.dumps(changed).encode())


def test_reading_what_was_written_gives_the_same_manifest() -> None:
    assert parse_manifest(render_manifest(manifest())) == manifest()


def test_a_manifest_without_blocking_keeps_its_reason() -> None:
    made = make_manifest(b"", b"", numbered_features(1))
    made = Manifest(
        **{name: getattr(made, name) for name in made.__slots__ if name != "thresholds"},
        thresholds=Thresholds(0.3, None, "too few failures"),
    )
    assert parse_manifest(render_manifest(made)).thresholds.block_why == "too few failures"


def test_the_written_form_is_canonical() -> None:
    data = render_manifest(manifest())
    assert data.endswith(b"}\n")
    assert data.isascii()
    assert list(json.loads(data)) == sorted(json.loads(data))
    assert render_manifest(parse_manifest(data)) == data


def test_whole_numbers_are_taken_where_numbers_are_meant() -> None:
    made = parse({**plain(), "base_rate": 0, "typical": [1, 2]})
    assert made.typical == (1.0, 2.0)
    assert all(type(value) is float for value in made.typical)


@pytest.mark.parametrize(("found", "hint"), [(2, "upgrade cigate here"), (0, "train the model again")])
def test_an_unknown_format_says_which_side_to_upgrade(found: int, hint: str) -> None:
    with pytest.raises(ModelError, match=f"format {found}") as caught:
        parse({"format": found, "something": "new"})
    assert hint in caught.value.hint
    assert not isinstance(caught.value, DamagedBundle)


WRONG: list[tuple[str, object]] = [
    ("format", "1"),
    ("format", True),
    ("model_id", ""),
    ("model_id", "two words"),
    ("model_id", "\u001b[31m"),
    ("created_at", -1),
    ("created_at", 1.5),
    ("created_at", True),
    ("features", []),
    ("features", [["size", 0]]),
    ("features", [["size", 1], ["size", 2]]),
    ("features", [["size"]]),
    ("features", {"size": 1}),
    ("model_sha256", "AB" * 32),
    ("model_sha256", "ab"),
    ("history_sha256", None),
    ("thresholds", []),
    ("base_rate", 1.01),
    ("base_rate", "0.5"),
    ("typical", [None]),
    ("typical", [1.0]),
    ("typical", [10**400, 1]),
    ("synthetic", 0),
    ("card", []),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_malformed_field_is_named(field: str, value: object) -> None:
    with pytest.raises(DamagedBundle, match=field) as caught:
        parse({**plain(), field: value})
    assert caught.value.hint


@pytest.mark.parametrize("field", sorted(plain()))
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(DamagedBundle, match=f"{field} is missing"):
        parse({name: value for name, value in plain().items() if name != field})


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"warn": 2}, "thresholds.warn is not"),
        ({"block": "no"}, "thresholds.block is not"),
        ({"block": None}, "block_why"),
        ({"block_why": "but it is on"}, "block_why"),
        ({"block": 0.4}, "below thresholds.warn"),
        ({"more": 1}, "thresholds.'more' is unknown"),
    ],
)
def test_malformed_thresholds_are_named(limits: dict[str, object], said: str) -> None:
    with pytest.raises(DamagedBundle, match=said):
        parse({**plain(), "thresholds": {**plain()["thresholds"], **limits}})


def test_all_problems_are_reported_at_once() -> None:
    wrong = {**plain(), "base_rate": 7, "synthetic": "yes", "\x1b[2Jmore": 1}
    wrong["thresholds"] = {"warn": 0.5, "block": None}
    del wrong["card"]
    with pytest.raises(DamagedBundle) as caught:
        parse(wrong)
    said = str(caught.value)
    for part in ("base_rate", "synthetic", "card is missing", "block_why is missing", "unknown"):
        assert part in said
    assert said.isprintable()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"format": 1, "format": 1}',
        b'{"base_rate": NaN}',
        b'{"base_rate": -Infinity}',
        b'{"format": 1} {}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_manifest_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedBundle, match=r"manifest\.json"):
        parse_manifest(data)


def test_a_manifest_that_would_be_refused_is_not_written() -> None:
    made = make_manifest(b"", b"", numbered_features(2), model_id="two words")
    with pytest.raises(DamagedBundle, match="model_id"):
        render_manifest(made)
    bad = make_manifest(b"", b"", numbered_features(2))
    bad.card["auc"] = float("nan")
    with pytest.raises(DamagedBundle, match="cannot be written"):
        render_manifest(bad)


def test_a_model_of_the_programs_own_features_is_accepted() -> None:
    check_features(manifest(), [Feature("size", 1), Feature("streak", 2)])


@pytest.mark.parametrize(
    ("ours", "named", "hint"),
    [
        ([("size", 1)], "streak (version 2)", "upgrade cigate here"),
        ([("size", 1), ("streak", 1)], "streak (version 2)", "upgrade cigate here"),
        ([("size", 2), ("streak", 2)], "size (version 2)", "train the model again"),
        ([("size", 1), ("streak", 2), ("new", 1)], "new (version 1)", "train the model again"),
        ([("streak", 2), ("size", 1)], "another order", "train the model again"),
    ],
)
def test_another_list_of_features_says_which_side_to_upgrade(
    ours: list[tuple[str, int]], named: str, hint: str
) -> None:
    with pytest.raises(UnknownFeature) as caught:
        check_features(manifest(), [Feature(*pair) for pair in ours])
    assert named in str(caught.value)
    assert hint in caught.value.hint


def test_a_long_list_of_unknown_features_is_cut_short() -> None:
    with pytest.raises(UnknownFeature, match="and 25 more"):
        check_features(manifest(numbered_features(30)), [])
