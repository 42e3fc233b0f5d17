"""What cannot be right is said; what may merely be another dialect, or meant to be broken, is not."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.broken import CHECKS, Broken, find_broken, kinds_of

CONFLICT = "a\n<<<<<<< HEAD\nb\n||||||| base\nc\n=======\nd\n>>>>>>> topic\n"


def look(path: str, content: str | bytes) -> Broken | None:
    """Look into one file as a push does."""
    data = content.encode() if isinstance(content, str) else content
    return find_broken(path, data, kinds_of(path, thorough=True))


@pytest.mark.parametrize(
    ("path", "content", "text"),
    [
        ("src/a.py", CONFLICT, "conflict markers in src/a.py:2"),
        ("Makefile", CONFLICT.replace("\n", "\r\n"), "conflict markers in Makefile:2"),
        ("package.json", '{"a": 1,\n "b": }\n', "package.json:2 is no JSON: Expecting value"),
        ("pyproject.toml", "[a]\nb = \n", "pyproject.toml:2 is no TOML: Invalid value"),
        ("setup.cfg", "[a]\nb = 1\n[a]\n", "setup.cfg:3 is no INI: 'a' stands there twice"),
        ("setup.cfg", "b = 1\n", "setup.cfg:1 is no INI: no key or section"),
        ("setup.cfg", "[a]\nb\n", "setup.cfg:2 is no INI: no key or section"),
        ("pom.xml", "<a>\n<b></a>\n", "pom.xml:2 is no XML: mismatched tag"),
        ("b.py", "x = (\n", "b.py:1 is no Python: '(' was never closed"),
        (
            "b.py",
            "if x:\npass\n",
            "b.py:2 is no Python: expected an indented block after 'if' statement on line 1",
        ),
    ],
)
def test_what_cannot_be_right_is_named_with_its_line(path: str, content: str, text: str) -> None:
    found = look(path, content)
    assert found is not None
    assert found.text == text


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.py", "x = '<<<<<<< '\n"),
        ("a.txt", CONFLICT),
        ("docs/merging.md", CONFLICT),
        ("tests/fixtures/a.py", CONFLICT),
        ("src/test/resources/package.json", "{"),
        ("tests/package.json", "{"),
        ("node_modules/a/package.json", "{"),
        ("tsconfig.json", "{ // a comment\n}"),
        ("assets/model.json", "{,}"),
        ("conf/a.toml", "="),
        ("layout.xml", "<a>"),
        ("package.json", ""),
        ("package.json", "  \n"),
        ("package.json", '{"a": {{ value }}}'),
        ("package.json", "\ufeff{}"),
        ("package.json", "1" * 5000),
        ("pyproject.toml", "a = {{ value }}"),
        ("pom.xml", "<!DOCTYPE a SYSTEM 'a.dtd'><a>&b;</a>"),
        ("a.py", "print 'python 2'\n"),
        ("a.py", "type X = int\ndef f[T](x: T): pass\n"),
        ("a.py", 'f"{x!r:{"{"}>10}"\n'),
        ("a.cfg", "no section"),
        ("a.py", "x = '\\d'\n"),
    ],
)
def test_nothing_is_said_of_what_may_be_right(path: str, content: str) -> None:
    """Another dialect, an older or a newer version, a template, a sample, or prose."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert look(path, content) is None


@pytest.mark.parametrize(
    "content", ["<<<<<<< a\n=======\n", "=======\n>>>>>>> b\n<<<<<<< a\n", "<<<<<<< a\n>>>>>>> b\n=======\n"]
)
def test_a_conflict_needs_its_three_marks_in_their_order(content: str) -> None:
    assert look("a.rb", content) is None


@pytest.mark.parametrize("path", ["package.json", "pyproject.toml", "setup.cfg", "pom.xml", "a.py", "a.rb"])
@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01{",
        b"\xff\xfe{\x00",
        b"\xff\xff\xff",
        b"[" * 100_000,
        b"(" * 100_000,
        b"-" * 50_000 + b"1",
        b"{" * 1000 + b"'a':1",
        b"<a>" * 50_000,
        b"[a" * 50_000,
        b"\r\n" * 1000,
        b"x = " + b"9" * 5000,
    ],
    ids=range(11),
)
def test_hostile_content_is_looked_at_without_harm(path: str, data: bytes) -> None:
    """No parser may break, and what is no text is not judged."""
    found = look(path, data)
    assert found is None or found.line >= 1
    if b"\0" in data:
        assert found is None


@given(st.sampled_from(sorted(CHECKS)), st.binary(max_size=300))
def test_no_bytes_make_a_check_fail(kind: str, data: bytes) -> None:
    found = find_broken("a", data, (kind,))
    assert found is None or (found.line >= 1 and len(found.said) <= 80)


def test_python_is_parsed_where_nobody_waits() -> None:
    assert kinds_of("a.py") == ("conflict",)
    assert kinds_of("a.py", thorough=True) == ("conflict", "python")
