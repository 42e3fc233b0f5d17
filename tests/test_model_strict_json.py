"""What must hold for the cheap JSON reader: it reads what json reads, and less."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.model.strict_json import parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
FINITE = VALUES.filter(lambda value: "Infinity" not in json.dumps(value))


@given(FINITE, st.sampled_from([None, 1]), st.booleans())
def test_it_reads_what_json_reads(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    data = f" \n{text}\t".encode("utf-8", "surrogatepass")
    if any(0xD800 <= ord(char) < 0xE000 for char in text):
        with pytest.raises(ValueError):
            parse_json(data)
    else:
        assert parse_json(data) == json.loads(text)


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "{'a': 1}", "NaN", "1 2", '{"a": 1, "a": 1}', "\x00", '"\n"', "nul"]
)
@pytest.mark.parametrize("scanner", ["c", "python"])
def test_it_refuses_what_is_not_strictly_json(
    text: str, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if scanner == "python":
        monkeypatch.setitem(sys.modules, "_json", None)
    with pytest.raises(ValueError):
        parse_json(text.encode())


def test_it_works_without_the_c_scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_json", None)
    assert parse_json(b'{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}
