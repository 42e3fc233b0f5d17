"""What each field of a manifest must look like, and what is wrong with those that do not.

Pure; knows the JSON form only. Bools are not numbers here, whatever Python says.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Rules = dict[str, tuple[Callable[[Any], bool], str]]

MAX_FEATURES = 1000


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 53


def _is_number(value: object) -> bool:
    if type(value) is int:
        return -(1 << 53) < value < 1 << 53
    return type(value) is float and value - value == 0


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1  # type: ignore[operator]


def _is_name(value: object) -> bool:
    if type(value) is not str:
        return False
    return 0 < len(value) <= 100 and value.isascii() and value.isprintable() and " " not in value


def _is_digest(value: object) -> bool:
    return type(value) is str and len(value) == 64 and not value.strip("0123456789abcdef")


def _is_feature(value: object) -> bool:
    if type(value) is not list or len(value) != 2:
        return False
    return _is_name(value[0]) and _is_count(value[1]) and value[1] > 0


def _are_features(value: object) -> bool:
    if type(value) is not list or not 0 < len(value) <= MAX_FEATURES:
        return False
    return all(map(_is_feature, value)) and len({name for name, _ in value}) == len(value)


def _are_numbers(value: object) -> bool:
    return type(value) is list and all(map(_is_number, value))


_THRESHOLDS: Rules = {
    "warn": (_is_share, "a number from 0 to 1"),
    "block": (lambda value: value is None or _is_share(value), "null or a number from 0 to 1"),
    "block_why": (lambda value: type(value) is str, "a text"),
}
_MANIFEST: Rules = {
    "format": (_is_count, "a whole number"),
    "model_id": (_is_name, "a name of 1 to 100 printable characters"),
    "created_at": (_is_count, "a time in whole seconds"),
    "features": (_are_features, "a list of [name, version], each name once"),
    "model_sha256": (_is_digest, "64 hexadecimal digits"),
    "history_sha256": (_is_digest, "64 hexadecimal digits"),
    "thresholds": (lambda value: type(value) is dict, "an object"),
    "base_rate": (_is_share, "a number from 0 to 1"),
    "typical": (_are_numbers, "a list of finite numbers"),
    "synthetic": (lambda value: type(value) is bool, "true or false"),
    "card": (lambda value: type(value) is dict, "an object"),
}


def find_problems(plain: dict[str, Any]) -> list[str]:
    """Return everything that is wrong with a manifest's JSON object, in words."""
    problems = _compare(plain, _MANIFEST, "")
    thresholds = plain.get("thresholds")
    if type(thresholds) is dict:
        problems += _compare(thresholds, _THRESHOLDS, "thresholds.")
    if not problems:
        problems += _check_together(plain, plain["thresholds"])
    return problems


def _compare(plain: dict[str, object], rules: Rules, prefix: str) -> list[str]:
    found = []
    for name, (is_right, wanted) in rules.items():
        if name not in plain:
            found.append(f"{prefix}{name} is missing")
        elif not is_right(plain[name]):
            found.append(f"{prefix}{name} is not {wanted}")
    found += [f"{prefix}{name[:40]!a} is unknown" for name in plain if name not in rules]
    return found


def _check_together(plain: dict[str, Any], thresholds: dict[str, Any]) -> list[str]:
    found = []
    if len(plain["typical"]) != len(plain["features"]):
        found.append("typical is not one number for each feature")
    block = thresholds["block"]
    if (block is None) != bool(thresholds["block_why"]):
        found.append("thresholds.block_why is not there exactly where block is null")
    if block is not None and block < thresholds["warn"]:
        found.append("thresholds.block is below thresholds.warn")
    return found
