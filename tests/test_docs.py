"""The documents name everything there is, and nothing that is not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cigate import errors
from cigate.cli import COMMANDS, build_parser
from cigate.commands.retrain import KEPT
from cigate.config import KEYS, Config, variable_of
from tools import reference
from tools.messages import raised

ROOT = reference.ROOT
README = ROOT / "README.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
REFUSALS = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.CigateError)]
EXIT_CODES = {0, 1, KEPT, 130, 143} | {refusal.exit_code for refusal in REFUSALS}


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _blocks(path: Path) -> list[str]:
    """Return the lines of a document's code blocks, fenced or indented, without a prompt."""
    text = _text(path)
    fenced = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4}(.*)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    lines = [line for block in fenced for line in block.splitlines()] + indented
    return [line.strip().removeprefix("$ ") for line in lines]


def _typed(path: Path, program: str) -> list[list[str]]:
    """Return the words after `program` of each line that calls it."""
    calls = [line for line in _blocks(path) if line.startswith(program + " ")]
    return [shlex.split(line, comments=True)[1:] for line in calls]


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_generated_pages_are_up_to_date(path: Path) -> None:
    """`make docs` would change nothing."""
    assert _text(path) == reference.pages()[path]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_and_options_stand_in_the_reference(command: str) -> None:
    """Each command has its section, and the section each of its options."""
    section = _text(ROOT / "docs" / "commands.md").split(f"## cigate {command}\n")[1].split("\n## ")[0]
    for action in reference.command_parser(command)._actions:
        assert action.help, f"{action.dest} has no help"
        for option in action.option_strings:
            assert f"`{option}" in section


def test_options_of_the_program_stand_in_the_reference() -> None:
    """The options that come before a command are documented like those behind one."""
    section = _text(ROOT / "docs" / "commands.md").split("## cigate\n")[1].split("\n## ")[0]
    options = {o for action in build_parser(())._actions for o in action.option_strings}
    assert {o for o in options - {"-h", "--help"} if f"`{o}" not in section} == set()


def test_exit_codes_stand_in_the_documents() -> None:
    """Every code that the program can end with is explained where commands are and in README."""
    for path in (ROOT / "docs" / "commands.md", README):
        rows = {int(code) for code in re.findall(r"^\| (\d+) \|", _text(path), re.MULTILINE)}
        assert rows == EXIT_CODES, path


@pytest.mark.parametrize("key", KEYS)
def test_keys_stand_in_the_documents_with_their_defaults(key: str) -> None:
    """Each key has a row with its variable and the default that the program uses."""
    default = getattr(Config(), {"time-limit": "time_limit_s"}.get(key, key.replace("-", "_")))
    row = re.search(rf"^\| `{key}` \| `(\w+)` \| `(.*?)` \|", _text(ROOT / "docs" / "configuration.md"), re.M)
    assert row is not None
    assert row.group(1) == variable_of(key)
    assert row.group(2) == _toml(default)


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else f'"{value}"'


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents_exist(path: Path) -> None:
    """A cigate line in a code block is accepted by that command's own parser; a make target exists."""
    for words in _typed(path, "cigate"):
        if not words[0].startswith("-"):
            reference.command_parser(words[0]).parse_args(words[1:])
    targets = re.findall(r"^([a-z-]+):", _text(ROOT / "Makefile"), re.MULTILINE)
    for words in _typed(path, "make"):
        assert words[0] in targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """A link inside the project reaches a file, and its anchor a heading of that file."""
    for link in re.findall(r"\]\(([^)\s]+)\)", _text(path)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", _text(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("kind", [refusal.__name__ for refusal in REFUSALS])
def test_each_kind_of_error_has_its_entry_in_troubleshooting(kind: str) -> None:
    """What can be raised is explained, and each message leads there."""
    headings = re.findall(r"^## (\w+)$", _text(ROOT / "docs" / "troubleshooting.md"), re.M)
    assert headings.count(kind) == 1


def test_messages_are_collected_from_where_they_are_raised() -> None:
    """A text that is put together counts as one, with a hole where something is put in."""
    source = 'raise GitError(f"no commit is called {name!r} " "here", "say another")\nUsageError(f"{a}: {b}")'
    assert list(raised(source)) == [("GitError", "no commit is called … here", "say another")]
    found = _text(ROOT / "docs" / "messages.md")
    assert "| this is not a git repository |" in found
    assert "| … needs the extra … |" not in found
    assert "pip install 'cigate[report]'" in found


def test_readme_names_every_command() -> None:
    """Somebody who reads README alone has seen what there is."""
    assert [name for name in COMMANDS if f"cigate {name}" not in _text(README)] == []
