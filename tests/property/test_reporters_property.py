"""Nothing from a commit reaches a terminal, a CI's log, a page or a variable raw, in whatever format."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cigate.judgement import Alike, FileRisk, Less, Report, Story
from cigate.policy import Verdict
from cigate.reasons import Reason
from cigate.reporters import REPORTERS, facts, github, markdown, open_reporter
from cigate.reporters.escape import escape
from tests.builds import examples
from tests.reports import judgement, report

PIECES = (
    "\x1b[31m",
    "\x1b]0;t\x07",
    "\x9b",
    "\n",
    "\r",
    "\u2028",
    "\u202e",
    "::error::",
    "::set-output name=a::b",
    "##[error]",
    "##vso[task.complete]",
    "##teamcity[buildStop]",
    "##",
    "%0A",
    "%",
    "<script>alert(1)</script>",
    "<img src=x>",
    "![a](http://h/x.png)",
    "[a](b)",
    "http://h/",
    "www.h.org",
    "@someone",
    "a@b.org",
    "`",
    "```",
    "|",
    "**",
    "_",
    "~~",
    "</code>",
    "-->",
    "$(id)",
    "`id`",
    "\\",
    '"',
    "'",
    "EOF",
    "&lt;",
    "#1",
    "- ",
    "> ",
    " ",
    "a",
    b"\xff".decode("utf-8", "surrogateescape"),
    "ü",
    "漢",
)
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join) | st.text(
    min_size=1, max_size=12
)
COMMANDS = ("##[", "##vso[", "##teamcity[")
TAGS = set("h3 p code strong sub ul li table thead tbody tr th td".split())


def hostile(text: str, action: str = "block") -> Report:
    """Return a report in which every name and every reason is `text`."""
    path = text.encode("utf-8", "surrogateescape" if text.isprintable() else "surrogatepass")
    story = Story(Less("file", text, 0.1), Alike("c" * 40, text, 0, f"{text} is no link", 0.3))
    reasons = (Reason(text, 0.2, "paths"),)
    return report(
        judgement(text, verdict=Verdict(action, "blocked"), reasons=reasons, story=story),
        unchanged=(text,),
        remote=text,
        notes=(text,),
        files=(FileRisk(path.decode("utf-8", "surrogateescape"), 1, 0, 0.1, None),),
        worth=(text,),
        scorecard=(("skipped", text),),
    )


def outputs(made: Report) -> dict[str, str]:
    """Return all that any format says, by its name."""
    said = {name: open_reporter(name).render(made) for name in REPORTERS}
    return said | github.sidecars(made) | {"dotenv": facts.dotenv(made)}


@examples(200)
@given(HOSTILE, st.sampled_from(["block", "warn", "pass"]))
def test_every_format_stays_on_its_lines_and_gives_no_commands(text: str, action: str) -> None:
    """Printable text in as many lines as harmless names take, and no line but cigate's own commands."""
    calm = outputs(hostile("a", action))
    for name, said in outputs(hostile(text, action)).items():
        assert all(c.isprintable() or c == "\n" for c in said), name
        # The verdict moves to a line of its own where a name leaves no room for it.
        moved = abs(len(said.splitlines()) - len(calm[name].splitlines()))
        assert moved <= (name in ("text", "github")), name
        assert not any(command in said for command in COMMANDS), name
        commands = [line for line in said.splitlines() if line.lstrip().startswith("::")]
        assert len(commands) == len([line for line in calm[name].splitlines() if line.startswith("::")]), name


@examples(200)
@given(HOSTILE)
def test_commands_of_github_hold_names_as_data(text: str) -> None:
    """What the runner decodes is the escaped name, in the message and in the file's property."""
    lines = [line for line in github.render(hostile(text)).splitlines() if line.startswith("::")]
    for line in lines:
        found = re.fullmatch(r"::(?:error|notice) title=[^:,]*(?:,file=([^:,]*))?::(.*)", line)
        assert found is not None
        if found[1] is not None:
            assert decoded(found[1]) == escape(hostile(text).files[0].path)
        else:
            assert decoded(found[2]).startswith(escape(text) + ": 62 % likely")


def decoded(value: str) -> str:
    """Return what the runner makes of a property; https://github.com/actions/runner, ActionCommand.cs."""
    for code, c in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        value = value.replace(code, c)
    return value


@examples(200)
@given(HOSTILE)
def test_outputs_of_github_are_read_as_they_were_meant(text: str) -> None:
    """No name ends its own block, or begins another one."""
    lines = github.sidecars(hostile(text))["GITHUB_OUTPUT"].splitlines()
    found = {}
    while lines:
        name, end = lines.pop(0).split("<<")
        value = []
        while (line := lines.pop(0)) != end:
            value.append(line)
        found[name] = "\n".join(value)
    assert list(found) == ["probability", "verdict", "model", "p-run", "reasons"]
    assert found["reasons"] == escape(text)


@examples(100)
@given(HOSTILE)
def test_variables_of_gitlab_hold_nothing_to_expand(text: str) -> None:
    lines = facts.dotenv(hostile(text)).splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "CIGATE_PROBABILITY",
        "CIGATE_VERDICT",
        "CIGATE_MODEL_ID",
        "CIGATE_P_RUN",
        "CIGATE_REASONS",
    ]
    assert not any(c in line for line in lines for c in "$`\\\"'")


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.comments = 0
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not attrs

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments += 1


@examples(200)
@example("    ")
@given(HOSTILE)
def test_pages_show_names_and_hold_no_markup_of_theirs(text: str) -> None:
    """Rendered, it is our own tags around the escaped name; nothing in it could become a link or mention."""
    written = markdown.render(hostile(text))
    page = Page(MarkdownIt("commonmark").enable("table").render(written))
    assert page.tags <= TAGS
    assert page.comments == 0
    assert " ".join(escape(text).split()) in " ".join(page.text.split())
    assert "@" not in written
    assert "://" not in written
    assert "www." not in written


@pytest.mark.parametrize("name", ["gitlab", "sarif", "json"])
@examples(100)
@given(HOSTILE)
def test_data_is_ascii_and_can_be_read(name: str, text: str) -> None:
    said = open_reporter(name).render(hostile(text))
    assert said.isascii()
    json.loads(said)
