"""Features on the touched files: what builds that touched them before came to."""

from __future__ import annotations

from tests import builds as b
from tests.builds import expect, features_of

LATER = b.AT + 2 * b.DAY_S
RECORDS = [
    b.build(
        "failed" if n % 3 == 2 else "passed",
        at=b.AT + n * 600,
        files={"lib/bad.rb": (1, 1)} if n % 3 == 2 else {"src/good.py": (1, 1)},
        subject="Break the lexer" if n % 3 == 2 else "Polish a page",
    )
    for n in range(30)
]
BAD = features_of(b.change({"lib/bad.rb": (2, 2)}, at=LATER, subject="Break the lexer"), RECORDS)
GOOD = features_of(b.change({"src/good.py": (2, 2)}, at=LATER, subject="Polish a page"), RECORDS)
NEW = features_of(b.change({"new/x.go": (2, 2)}, at=LATER, subject="Greetings"), RECORDS)


def test_risky_paths_have_higher_rates() -> None:
    """The file, its folder, its extension; against the project's usual rate."""
    for name in BAD:
        if name.startswith(
            ("path_rate", "path_green", "folder_rate", "folder_green", "extension_rate", "top_green")
        ):
            assert BAD[name] > 0.05 > 0 > GOOD[name], name


def test_new_paths_are_as_usual_and_not_known() -> None:
    """Nothing is held against them."""
    expect(NEW, path_known=0, folder_known=0, extension_known=0, path_rate_max=0, path_green_mean=0)
    expect(NEW, path_most_builds=0)
    expect(GOOD, path_known=1, folder_known=1, extension_known=1)
    assert GOOD.get("path_most_builds", 1) > 0


def test_words_and_paths_of_failures_raise_the_odds() -> None:
    """The online model has learned which tokens go with red."""
    for name in ("words_excess", "green_words_excess"):
        assert BAD.get(name, 1) > GOOD.get(name, 0)


def test_mean_is_below_the_maximum() -> None:
    """One risky file among many."""
    both = features_of(b.change({"lib/bad.rb": (1, 1), "src/good.py": (1, 1)}, at=LATER), RECORDS)
    assert both.get("path_rate_max", 1) > both.get("path_rate_mean", 0)
    assert both.get("folder_green_max", 1) > both.get("folder_green_mean", 0)
