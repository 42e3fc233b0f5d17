"""Features on the author: what they did, never who they are."""

from __future__ import annotations

from math import log1p, log2

from tests import builds as b
from tests.builds import expect, features_of

LATER = b.AT + 2 * b.DAY_S
RECORDS = [
    *[b.build("failed", author="ann", at=b.AT + n * 3600) for n in range(4)],
    *[b.build("passed", author="bob", at=b.AT + n * 3600 + 60) for n in range(8)],
]


def test_author_with_a_record() -> None:
    """Builds, streak, times; the rate stands against the project's."""
    ann = features_of(b.change(author="ann", at=LATER), RECORDS)
    bob = features_of(b.change(author="bob", at=LATER), RECORDS)
    last_at = b.AT + 3 * 3600 + 600
    since = log2(1 + (LATER - last_at) / 3600)
    expect(
        ann, author_builds=log1p(4), author_streak=log1p(4), author_since_last=since, author_since_fail=since
    )
    expect(bob, author_builds=log1p(8), author_streak=-log1p(8), author_since_fail=-1)
    assert ann.get("author_rate_excess", 1) > 0.1 > 0 > bob.get("author_rate_excess", -1)
    assert ann.get("author_green_excess", 1) > bob.get("author_green_excess", 0)


def test_stranger_and_nobody_look_alike() -> None:
    """Neither has a record."""
    for author in ("stranger", ""):
        expect(
            features_of(b.change(author=author, at=LATER), RECORDS),
            author_builds=0,
            author_rate_excess=0,
            author_green_excess=0,
            author_streak=0,
            author_since_last=-1,
        )


def test_authors_of_the_commits_are_counted() -> None:
    """Whoever pushes."""
    two = [b.commit(author="ann", id="1"), b.commit(author="bob", id="2"), b.commit(author="bob", id="3")]
    expect(features_of(b.change(commits=two)), change_authors=2)
    expect(features_of(b.change(commits=[])), change_authors=0)
