"""Nothing from a commit reaches a terminal or a CI log raw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.reporters.escape import escape


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("feature/ü-ж-漢", "feature/ü-ж-漢"),
        ("a b", "a b"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\nb\r\tc", "a\\x0ab\\x0d\\x09c"),
        ("\x7f\x9b", "\\x7f\\x9b"),
        ("a\u202eb\u2028", "a\\u202eb\\u2028"),
        ("\U000e0001", "\\U000e0001"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), "caf\\xe9"),
        ("::error::x", ":\\x3aerror::x"),
        ("a::b", "a::b"),
        ("x##[command]", "x#\\x23[command]"),
        ("##vso[task.complete]", "#\\x23vso[task.complete]"),
    ],
)
def test_shows_what_it_was(raw: str, shown: str) -> None:
    assert escape(raw) == shown


@given(st.text())
def test_whatever_comes_in_one_printable_line_comes_out(raw: str) -> None:
    shown = escape(raw)
    assert shown.isprintable()
    assert not shown.startswith("::")
    assert "##[" not in shown
    assert "##vso[" not in shown
    assert escape(shown) == shown or "##" in raw or raw.startswith("::")
