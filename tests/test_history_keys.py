"""Keys are for ever, of any text; what is remembered of texts is bounded."""

from __future__ import annotations

from hypothesis import given

from cigate.history.keys import Memo, key_of
from tests.builds import ANY_TEXT, examples


def test_key_is_for_ever() -> None:
    """Snapshots are read by other machines and later versions."""
    assert key_of("b:main") == 45334090397861


@given(ANY_TEXT)
@examples(100)
def test_key_of_any_text_fits_a_double(text: str) -> None:
    """52 bits, whatever the text, unpaired surrogates included."""
    key = key_of(text)
    assert 0 <= key < 2**52
    assert int(float(key)) == key


def test_keys_tell_odd_texts_apart() -> None:
    """A byte that is no UTF-8, an unpaired surrogate, and what looks like them."""
    texts = ["\udce9", "\ud800", "é", "é\ud800", "?", ""]
    assert len({key_of(text) for text in texts}) == len(texts)


def test_a_memo_makes_once_and_forgets_when_it_is_full() -> None:
    """A year of replay must not keep every path for ever."""
    asked: list[str] = []

    def shout(text: str) -> str:
        asked.append(text)
        return text.upper()

    memo = Memo(shout, most=3)
    for number in range(20):
        assert [memo[f"p{number}"], memo[f"p{number}"]] == [f"P{number}"] * 2
        assert len(memo) <= 3
    assert asked == [f"p{number}" for number in range(20)]
    assert memo["p0"] == "P0"
