"""Features on the change itself: its size, kinds of files, message and time."""

from __future__ import annotations

from math import log1p, log2

import pytest

from tests import builds as b
from tests.builds import expect, features_of

MONDAY_AT = 1_600_041_600  # 2020-09-14, a Monday, 00:00 UTC


def test_size() -> None:
    """Files are distinct, lines are summed, what is not listed counts."""
    pushed = b.change(
        commits=[
            b.commit({"src/a.py": (10, 1), "src/b.py": (5, 0)}, id="1"),
            b.commit({"src/a.py": (1, 1), "c.rb": (0, 7, "D")}, id="2", rest=(7, 100, 90)),
        ]
    )
    expect(
        features_of(pushed),
        files=log1p(10),
        lines_added=log1p(116),
        lines_deleted=log1p(99),
        commits=log1p(2),
        merges=0,
        folders=log1p(2),
        extensions=2,
        dominant_extension_share=2 / 3,
        deleted_file_share=1 / 4,
        new_file_share=0,
        renamed_file_share=0,
        pull_request=0,
    )


def test_merge_is_counted() -> None:
    """As a merge and as a commit."""
    merge = b.commit(id="m", parents=("p", "q"))
    expect(features_of(b.change(commits=[merge, b.commit(id="o")])), merges=log1p(1), commits=log1p(2))


def test_size_is_placed_among_recent_ones() -> None:
    """Half of the last changes were smaller."""
    records = [b.build(at=b.AT + n, files={"a.py": (lines, 0)}) for n, lines in enumerate([1, 2, 30, 40])]
    middle = features_of(b.change({"a.py": (5, 5)}, at=b.AT + b.DAY_S), records)
    expect(middle, churn_percentile=0.5, files_percentile=0.5)
    large = features_of(b.change({"a.py": (500, 0), "b.py": (1, 0)}, at=b.AT + b.DAY_S), records)
    expect(large, churn_percentile=1, files_percentile=1)


def test_kinds_of_files() -> None:
    """Shares of all listed files, and whether what steers the build is among them."""
    paths = (
        "src/a.py tests/test_a.py docs/x.md config/app.yml Makefile .travis.yml Gemfile Gemfile.lock".split()
    )
    expect(
        features_of(b.change(dict.fromkeys(paths, (1, 1)))),
        source_share=1 / 8,
        test_share=1 / 8,
        docs_share=1 / 8,
        config_share=1 / 8,
        build_files=log1p(1),
        ci_files=log1p(1),
        manifest_files=log1p(1),
        lock_files=log1p(1),
    )


def test_empty_change_has_no_shares() -> None:
    """Nothing of nothing."""
    expect(
        features_of(b.change({})),
        files=0,
        source_share=0,
        dominant_extension_share=0,
        new_file_share=0,
        extensions=0,
        folders=0,
    )


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Fixes #12: parser", "says_fix"),
        ("merge branch x", "says_merge"),
        ('Revert "Add x"', "says_revert"),
        ("WIP", "says_wip"),
        ("Bump rack to 2.0", "says_upgrade"),
        ("more tests", "says_test"),
        ("fix typos", "says_docs"),
        ("Rename a thing", "says_refactor"),
        ("Introduce a thing", "says_add"),
    ],
)
def test_message_cues(subject: str, name: str) -> None:
    """Heard in any subject of the change, and not where nobody said so."""
    said = b.change(commits=[b.commit(subject="Chore", id="1"), b.commit(subject=subject, id="2")])
    expect(features_of(said), **{name: 1})
    expect(features_of(b.change(subject="Chore")), **{name: 0})


def test_words_are_counted() -> None:
    """Distinct ones of the first subjects."""
    expect(features_of(b.change(subject="the parser, the lexer")), words=3)
    expect(features_of(b.change(subject="")), words=0)


def test_ages_of_commits() -> None:
    """From authoring to judging; and from authoring to committing, which a rebase makes long."""
    two = [
        b.commit(at=b.AT - 3600, id="1"),
        b.commit(at=b.AT - 7 * 3600, id="2", committed_at=b.AT - 3 * 3600),
    ]
    expect(
        features_of(b.change(commits=two)),
        newest_commit_age=log2(1 + 1),
        oldest_commit_age=log2(1 + 7),
        rebased_by=log1p(4),
    )
    expect(features_of(b.change(commits=[])), newest_commit_age=-1, oldest_commit_age=-1, rebased_by=0)
