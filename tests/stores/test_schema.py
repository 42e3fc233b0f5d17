"""Text that survives any database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cigate.stores.schema import escape, unescape

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_escaping_is_reversible_and_storable(text: str) -> None:
    """Whatever comes out is valid UTF-8 without NUL, and leads back."""
    stored = escape(text)
    stored.encode()
    assert "\0" not in stored
    assert unescape(stored) == text


def test_usual_text_is_stored_as_it_is() -> None:
    """Somebody who looks into the database sees the branch that they know."""
    assert escape("feature/größe_%41") == "feature/größe_%41"
    assert escape("a\\u0041") == "a\\u005cu0041"
