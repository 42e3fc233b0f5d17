"""The numbers that stand for texts in the history, and a bounded memory for what a text alone decides.

Pure.
"""

from __future__ import annotations

from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Memo(dict[str, "Any"]):
    """What `make` returns for each text, made when it is first asked for.

    Holds `most` texts, then forgets all of them: builds name the same few thousand again and again.
    """

    __slots__ = ("make", "most")

    def __init__(self, make: Callable[[str], Any], most: int = 100_000) -> None:
        super().__init__()
        self.make = make
        self.most = most

    def __missing__(self, text: str) -> Any:
        if len(self) >= self.most:
            self.clear()
        made = self[text] = self.make(text)
        return made


def key_of(text: str) -> int:
    """Return the 52-bit key of `text`, the same on every machine; a double holds it exactly."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 12
