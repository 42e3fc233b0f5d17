"""JSON read strictly and cheaply: no key twice, no NaN, nothing behind the value.

The json package imports re and enum, 8-14 ms of a push; its C scanner does the same work without
them and is used where it can be had. Reading only: writing is never in a hurry.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLANK = " \t\r\n"


def _to_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse_constant(_text: str) -> None:
    raise ValueError("NaN and infinities are no JSON")


class _Settings:
    strict = True
    object_hook = None
    object_pairs_hook = staticmethod(_to_dict)
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_refuse_constant)
    memo: dict[str, str] = {}  # noqa: RUF012 - the scanner reads it, nothing writes it


def parse_json(data: bytes) -> Any:
    """Return the one value in `data`; raise ValueError with the reason where it is not JSON."""
    text = data.decode("utf-8").strip(_BLANK)
    try:
        from _json import make_scanner
    except ImportError:
        from json import loads

        return loads(text, object_pairs_hook=_to_dict, parse_constant=_refuse_constant)
    try:
        value, end = make_scanner(_Settings)(text, 0)  # type: ignore[arg-type]
    except StopIteration:
        raise ValueError("it is empty or no JSON") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if end != len(text):
        raise ValueError("something stands behind its end")
    return value
