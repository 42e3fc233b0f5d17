"""Writes the documents that are generated: commands, features, messages and the manual page.

`python -m tools.reference` writes them; tests/test_docs.py compares them with what is committed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cigate.cli import COMMANDS, build_parser, open_command
from cigate_train.feature_docs import features_page, measured_of
from tools.manual import manual_page
from tools.messages import messages_page

ROOT = Path(__file__).resolve().parent.parent
EXIT_CODES = (
    (0, "done; when judging: passes, or was warned about"),
    (1, "when judging: blocked, or predicted to fail"),
    (2, "usage: arguments, files or a configuration that make no sense; an extra that is not installed"),
    (
        3,
        "cigate itself could not do it: git, the model, the history, the store or the hook is not as it must"
        " be; or lines are left to add by hand",
    ),
    (
        4,
        "`cigate retrain` published nothing: the new one is worse, or an author's outcomes contradict the"
        " rest",
    ),
    (130, "interrupted"),
    (143, "terminated"),
)
COMMANDS_HEAD = """\
# Commands

Generated from the program by `make docs`. Each command answers `--help` with the same words.

## Exit codes

| code | means |
|---|---|
{codes}

In a hook, 3 becomes 0 with one visible line, unless [`on-error`](configuration.md) says "block": a
broken guard must not stop work, and must not be silent either.
"""


def commands_page() -> str:
    """Return docs/commands.md: exit codes, then every command with its options and example."""
    codes = "\n".join(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES)
    sections = [COMMANDS_HEAD.format(codes=codes), "\n".join(["## cigate", "", *_table(build_parser(()))])]
    sections += [_section(name) for name in COMMANDS]
    return "\n".join(sections)


def command_parser(name: str) -> argparse.ArgumentParser:
    """Return the parser of one command, as the program builds it."""
    parser = argparse.ArgumentParser(prog=f"cigate {name}", add_help=False)
    open_command(name).add_arguments(parser)
    return parser


def _section(name: str) -> str:
    module = open_command(name)
    example = [f"    {line}" for line in module.EXAMPLE.splitlines()]
    table = _table(command_parser(name))
    return "\n".join([f"## cigate {name}", "", _sentence(module.HELP), "", *example, "", *table])


def _table(parser: argparse.ArgumentParser) -> list[str]:
    rows = [_row(action) for action in parser._actions if action.help and action.dest != "help"]
    return ["| argument | what it does |", "|---|---|", *rows, ""] if rows else []


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _row(action: argparse.Action) -> str:
    value = "|".join(map(str, action.choices)) if action.choices else action.metavar or action.dest
    forms: dict[object, str] = {0: "", "?": f"[{value}]", "+": f"{value}..."}
    value = forms.get(action.nargs, value)
    names = action.option_strings or [""]
    shown = ", ".join(f"`{f'{name} {value}'.strip()}`" for name in names)
    meaning = (action.help or "") % {"default": action.default, "prog": "cigate"}
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (shown, meaning)) + " |"


def pages() -> dict[Path, str]:
    """Return every generated page with its place in the checkout."""
    return {
        ROOT / "docs" / "commands.md": commands_page(),
        ROOT / "docs" / "features.md": features_page(
            measured_of((ROOT / "docs" / "features.md").read_text("utf-8"))
        ),
        ROOT / "docs" / "messages.md": messages_page(ROOT),
        ROOT / "docs" / "man" / "cigate.1": manual_page(EXIT_CODES),
    }


def main() -> int:
    """Write the pages that are not up to date."""
    for path, text in pages().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
