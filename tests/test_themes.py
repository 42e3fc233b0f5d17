"""Themes: features that exist, said in words that hold numbers of this repository and no names."""

from __future__ import annotations

import pytest
from hypothesis import given

from cigate.change import BuildRecord, Change
from cigate.features import FEATURES, Moment
from cigate.reporters.escape import escape
from cigate.themes import THEMES
from tests import builds as b

SAY = {theme.name: theme.say for theme in THEMES}
LATER = b.AT + b.DAY_S


def _say(theme: str, change: Change, *records: BuildRecord) -> str:
    return SAY[theme](Moment(change, b.history_of(records), change.pushed_at))


def test_themes_name_features_of_the_list() -> None:
    """A misspelt one would be without effect, silently."""
    names = {feature.name for feature in FEATURES}
    assert [(t.name, f) for t in THEMES for f in t.features if f not in names] == []


def test_themes_have_names_and_features_of_their_own() -> None:
    """Each is found once, and none is empty."""
    assert len({theme.name for theme in THEMES}) == len(THEMES)
    for theme in THEMES:
        assert theme.features
        assert len(set(theme.features)) == len(theme.features)


@pytest.mark.parametrize("theme", SAY)
def test_first_push_of_all_is_told_little(theme: str) -> None:
    """Only what the change itself shows: no claim about a history that does not exist."""
    said = _say(theme, b.change({"README.md": (1, 1)}))
    assert said == {
        "author": "no build by this author is known yet",
        "paths": "100 % of the touched files were in no earlier build",
    }.get(theme, "")


def test_branch() -> None:
    """Red for how many builds and how long; or failing more than is usual."""
    red = _say("branch", b.change(at=LATER), *b.builds("pff"))
    assert red == "this branch has been red for 2 builds (23 h)"
    assert _say("branch", b.change(at=LATER), *b.builds("pf")).startswith(
        "this branch has been red for 1 build ("
    )
    flaky = [*b.builds("p" * 30, "dev", b.AT - b.WEEK_S), *b.builds("fpfpfp")]
    assert _say("branch", b.change(at=LATER), *flaky).startswith("this branch fails ")
    assert _say("branch", b.change(at=LATER), *b.builds("ppp")) == ""


def test_table_without_branches_speaks_of_the_project() -> None:
    """One nameless branch is all there is."""
    records = b.builds("pff", branch="")
    assert _say("branch", b.change(branch="", at=LATER), *records).startswith(
        "this project has been red for 2"
    )


def test_ground() -> None:
    """What it stands on: the base's own build, builds that held it, its target."""
    base = b.build("failed", head="h1")
    assert "failed its own build" in _say("ground", b.change(base="h1", at=LATER), base)
    middle = b.build_of(b.change(commits=[b.commit(id="h2"), b.commit(id="h1")]), "failed")
    assert "was part of builds that failed" in _say("ground", b.change(base="h1", at=LATER), middle)
    target = b.change(branch="new", target="main", event="pull_request", at=LATER)
    assert "red for 2 builds" in _say("ground", target, *b.builds("pff"))
    assert _say("ground", b.change(base="h1", at=LATER), b.build("passed", head="h1")) == ""


def test_project() -> None:
    """Many red branches, or many failures."""
    red = [b.build("failed", f"x{n}", at=b.AT + n) for n in range(3)]
    assert _say("project", b.change(at=LATER), *red) == "100 % of the branches built lately are red"
    assert _say("project", b.change(at=LATER), *b.builds("f" * 30)).endswith("of recent builds here failed")
    assert _say("project", b.change(at=LATER), *b.builds("p" * 30)) == ""


def test_author() -> None:
    """Unknown, or failing more than is usual; nothing where nobody is named, or all is well."""
    records = [
        *[b.build("passed", at=b.AT + n, author="bob", id=f"b{n}") for n in range(30)],
        *[b.build("failed", at=b.AT + n, author="ann", id=f"a{n}") for n in range(6)],
    ]
    assert "failed" in _say("author", b.change(author="ann", at=LATER), *records)
    assert "usual here: " in _say("author", b.change(author="ann", at=LATER), *records)
    assert _say("author", b.change(author="bob", at=LATER), *records) == ""
    assert "no build by this author" in _say("author", b.change(author="eve", at=LATER), *records)
    assert _say("author", b.change(author="", at=LATER), *records) == ""


def test_paths() -> None:
    """A folder or file that breaks builds; a type of file that does; files nobody has built."""
    records = [
        b.build(
            "failed" if n % 3 == 0 else "passed",
            at=b.AT + n,
            files={"lib/bad.rb" if n % 3 == 0 else "src/good.py": (1, 1)},
            id=f"{n:02}",
        )
        for n in range(30)
    ]
    assert _say("paths", b.change({"lib/bad.rb": (1, 1)}, at=LATER), *records) == (
        "pushes touching lib/ fail 8 times in 10 (usual here: 3)"
    )
    both = b.change({"src/good.py": (1, 1), "lib/bad.rb": (1, 1)}, at=LATER)
    assert "touching lib/ fail" in _say("paths", both, *records), "the one that is to blame"
    assert "such file types" in _say("paths", b.change({"new/x.rb": (1, 1)}, at=LATER), *records)
    assert "100 % of the touched files" in _say("paths", b.change({"new/x.go": (1, 1)}, at=LATER), *records)
    assert _say("paths", b.change({"src/good.py": (1, 1)}, at=LATER), *records) == ""


def test_words() -> None:
    """Resembling failures is said, resembling passes is not."""
    records = [
        b.build(
            "passed" if n % 6 else "failed",
            at=b.AT + n,
            subject="nice" if n % 6 else "bad idea",
            files={f"{'nice' if n % 6 else 'bad'}.py": (1, 1)},
            id=f"{n:02}",
        )
        for n in range(48)
    ]
    assert "resemble" in _say("words", b.change({"bad.py": (1, 1)}, subject="bad idea", at=LATER), *records)
    assert _say("words", b.change({"nice.py": (1, 1)}, subject="nice", at=LATER), *records) == ""


def test_size() -> None:
    """Only a large change is told its size."""
    records = [b.build(at=b.AT + n, files={"a.py": (n, 0)}) for n in range(10)]
    large = b.change({"a.py": (500, 20), "b.py": (1, 1)}, at=LATER)
    assert _say("size", large, *records) == "larger than every recent change (2 files, +501/-21 lines)"
    assert _say("size", b.change({"a.py": (4, 0)}, at=LATER), *records) == ""


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (".travis.yml", "it changes CI configuration files"),
        ("Makefile Gemfile Gemfile.lock", "it changes build and dependency manifest and lock files"),
        ("a.yml b.json c.py", "it changes mostly configuration"),
        ("a.py README.md", "it changes source without a test"),
        ("a.py test_a.py", ""),
        ("README.md", ""),
        ("db/migrations/1.sql db/a.py", "migrations without a test"),
        ("db/migrations/1.sql db/a.py test_a.py", ""),
        ("migrations/1.sql", "migrations without a test"),
        ("setup.cfg", "it changes dependency manifest files"),
    ],
)
def test_kinds(paths: str, said: str) -> None:
    """What steers the build is named by its kind."""
    assert _say("kinds", b.change(dict.fromkeys(paths.split(), (1, 1)))) == said


def test_commits() -> None:
    """Many at once."""
    many = [b.commit(id=str(n)) for n in range(5)]
    assert _say("commits", b.change(commits=many)) == "5 commits are built at once"
    assert _say("commits", b.change(commits=many[:3])) == ""


NAMES = ("\x1b[31mred", "ann\nroot", "topic\tx", "bytes\udce9", "\u202eesrever", "secret-folder")


@pytest.mark.parametrize("outcomes", ["ffffff", "pppppp", "pfpfpf"])
def test_words_hold_no_names(outcomes: str) -> None:
    """Branches, authors, paths and subjects are other people's text: none of it reaches a terminal."""
    records, pushes = [], []
    for n, name in enumerate(NAMES):
        files: b.Files = {f"{name}/{name}.{name}": (50 * n, 1), "Makefile": (1, 1)}
        for m, record in enumerate(b.builds(outcomes, name, b.AT + n)):
            pushed = b.change(
                files, name, record.change.pushed_at, name, name, base=f"h{m - 1}", head=f"h{m}"
            )
            records.append(b.build_of(pushed, record.outcome, f"{m}{n}"))
        pushes.append(b.change(files, name, LATER, name, name, target=name, base="h0"))
    history = b.history_of(records)
    said = [say(Moment(pushed, history, LATER)) for pushed in pushes for say in SAY.values()]
    assert any(said)
    for text in said:
        assert text.isprintable()
        assert not any(name in text for name in NAMES)


@given(b.histories(), b.changes())
@b.examples(60)
def test_any_moment_can_be_put_into_words(records: list[BuildRecord], pushed: Change) -> None:
    """One line each, neither capitalised nor ended like a sentence: they stand in a list."""
    moment = Moment(pushed, b.history_of(records), pushed.pushed_at)
    for say in SAY.values():
        text = escape(say(moment))  # a file's name is escaped where it is shown
        assert text.isprintable()
        assert text == text.strip()
        assert len(text) < 120
        assert not text.endswith(".")


def test_a_manifest_without_its_lock() -> None:
    """Only where the project has lock files at all."""
    locked = b.build(files={"poetry.lock": (1, 1), "setup.cfg": (1, 1)})
    pushed = b.change({"docs/a.md": (1, 1), "setup.cfg": (1, 1)}, at=LATER)
    assert _say("kinds", pushed, locked) == "setup.cfg changed, no lock file did"
    both = b.change({"poetry.lock": (1, 1), "setup.cfg": (1, 1)}, at=LATER)
    assert _say("kinds", both, locked) == "it changes dependency manifest and lock files"


def test_shares_too_close_for_tenths_are_told_in_percent() -> None:
    records = [
        b.build(
            "failed" if n % 8 == 0 else "passed",
            at=b.AT + n,
            files={f"{'lib' if n % 2 == 0 else 'src'}/a.py": (1, 1)},
            id=f"{n:03}",
        )
        for n in range(160)
    ]
    said = _say("paths", b.change({"lib/a.py": (1, 1)}, at=LATER), *records)
    assert said == "" or "times in 10" in said or "% of the time (usual here: " in said
