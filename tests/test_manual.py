"""`man cigate` says what `--help` says, and formatters have nothing to complain about."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from cigate.cli import COMMANDS, build_parser
from tools import reference
from tools.manual import roff

PAGE = reference.ROOT / "docs" / "man" / "cigate.1"


def _shown() -> str:
    """Return the committed page as a reader sees it, without the marks of roff."""
    text = PAGE.read_text("utf-8")
    return re.sub(r"\\f[BRI]|\\&", "", text).replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_option_of_a_command_is_in_the_manual_with_its_help(command: str) -> None:
    section = _shown().split(f".SS cigate {command}\n")[1].split("\n.S")[0]
    for action in reference.command_parser(command)._actions:
        for option in action.option_strings:
            assert re.search(rf"(^|, ){re.escape(option)}\b", section, re.M), option
        if action.help and action.dest != "help":
            words = action.help % {"default": action.default, "prog": "cigate"}
            assert words.replace("…", "...") in section


def test_the_program_s_own_options_and_every_exit_code_are_there() -> None:
    text = _shown()
    options = {o for action in build_parser(())._actions for o in action.option_strings} - {"-h", "--help"}
    assert all(option in text for option in options)
    codes = text.split(".SH EXIT STATUS")[1].split(".SH")[0]
    assert [int(code) for code in re.findall(r"^\.TP\n(\d+)$", codes, re.M)] == [
        c for c, _ in reference.EXIT_CODES
    ]


@pytest.mark.parametrize("words", [".TH x", "'br", "a\\fBb", "--flag", "it's"])
def test_words_are_never_commands(words: str) -> None:
    made = roff(words)
    assert not made.startswith((".", "'"))
    assert "\\f" not in made.replace("\\e", "")


@pytest.mark.parametrize(
    "command",
    [["mandoc", "-T", "lint", "-W", "warning"], ["man", "--warnings=w", "-l", "-Tutf8"]],
    ids=["mandoc", "man"],
)
def test_formatters_have_no_complaint(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: apt-get install mandoc man-db groff-base")
    done = subprocess.run([*command, PAGE], capture_output=True, text=True, check=False)
    # The page has no date: it is made anew with every change of the program.
    said = [line for line in done.stdout.splitlines() if "missing date" not in line]
    assert done.stderr == ""
    assert command[0] != "mandoc" or said == []
