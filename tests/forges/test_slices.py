"""Slices of time: all is read, the oldest first, however much there is."""

from __future__ import annotations

from itertools import pairwise

from cigate.forges.slices import Page, read_slices


def test_a_second_with_too_much_is_said_to_be_cut() -> None:
    """What cannot be split any more gives what there is, and is not called whole."""

    def ask(since: int, until: int, page: int) -> Page:
        return Page(({"id": 1},), 1000 if since <= 5 <= until else 0, False)

    cut = [part for part in read_slices(ask, 0, 100) if not part.whole]
    assert [(part.since, part.until) for part in cut] == [(5, 5)]


def test_slices_touch_and_do_not_overlap() -> None:
    """Together they are the whole time, in its order."""

    def ask(since: int, until: int, page: int) -> Page:
        return Page((), 1000 if until - since > 7 else 7, False)

    parts = list(read_slices(ask, 3, 100))
    assert parts[0].since == 3
    assert parts[-1].until == 100
    assert all(a.until + 1 == b.since for a, b in pairwise(parts))


def test_a_run_that_moves_to_the_next_page_meanwhile_counts_once() -> None:
    """Pages shift while they are read."""
    pages = {1: ({"id": 3}, {"id": 2}), 2: ({"id": 2}, {"id": 1})}
    (part,) = read_slices(lambda since, until, page: Page(pages[page], 3, page == 1), 0, 9)
    assert [told["id"] for told in part.runs] == [1, 2, 3]
