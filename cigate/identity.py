"""Pseudonyms for people: the only form in which an author gets past the reader.

A keyed hash: without the repository's key nobody can test which address it stands for.
Must not store or print what it is given.
"""

from __future__ import annotations

from hashlib import blake2b

PSEUDONYM_BYTES = 8
NOBODY = b"\0nobody"  # in the place of a key: authors are left out


def pseudonym(author: bytes, key: bytes) -> str:
    """Return 16 hexadecimal digits that stand for `author` (an e-mail address, else a name).

    Addresses differ in case between a person's machines, so case is folded. An empty author stays
    empty: "unknown" must not look like one busy person. With NOBODY for a key, everybody is unknown.
    """
    folded = author.strip().lower()
    if not folded or key == NOBODY:
        return ""
    return blake2b(folded, key=key[:64], digest_size=PSEUDONYM_BYTES).hexdigest()
