"""Pseudonyms: the same person is the same 16 digits, and nobody without the key can tell who."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cigate.identity import NOBODY, PSEUDONYM_BYTES, pseudonym
from tests.builds import examples


@given(st.binary(max_size=80), st.binary(max_size=100).filter(lambda key: key != NOBODY))
@examples(100)
def test_any_author_becomes_sixteen_digits_or_nothing(author: bytes, key: bytes) -> None:
    """Any bytes and any key will do; only an empty author stays empty."""
    name = pseudonym(author, key)
    assert re.fullmatch(r"[0-9a-f]{16}", name) if author.strip() else name == ""
    assert len(name) in (0, 2 * PSEUDONYM_BYTES)


def test_nobody_is_named_where_authors_are_off() -> None:
    """What stands in the place of a key is none that cigate makes or that a variable can hold."""
    assert pseudonym(b"ann@x", NOBODY) == ""


def test_case_and_space_around_do_not_matter() -> None:
    """One person's machines write one address in several ways."""
    assert pseudonym(b" Ann@Example.invalid\n", b"k") == pseudonym(b"ann@example.invalid", b"k")


def test_people_and_keys_differ() -> None:
    """Another person, or another repository's key, gives another pseudonym."""
    names = {pseudonym(who, key) for who in (b"ann@x", b"bob@x") for key in (b"", b"one", b"two")}
    assert len(names) == 6


def test_pseudonym_never_changes() -> None:
    """Stored records keep meaning the same person: this value is for ever."""
    assert pseudonym(b"ann@example.invalid", b"key") == "4d93fbe7768fdc62"
