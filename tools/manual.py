"""The manual page of cigate, from the parsers that read its arguments: what `--help` says, as man(7).

Must not say anything of its own about an option.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence

from cigate import __version__
from cigate.cli import COMMANDS, build_parser, open_command
from cigate.config import KEYS, variable_of

Codes = Sequence[tuple[int, str]]
NAME = "cigate \\- say before a push leaves the laptop whether it will break CI"
ABOUT = """\
cigate answers one question at \\fBgit push\\fR and as the first step of a pipeline:
will these commits break CI?
It learns from a repository's own past builds, runs on this machine without asking a server, and gives a
probability, the usual rate beside it, and the reasons. The default is to warn; the push goes on."""
FILES = (
    (".git/cigate/", "the store of builds, the history, the model, the ledger and the key of the pseudonyms"),
    (".cigate.toml, pyproject.toml, setup.cfg", "the configuration, in the first of them that names cigate"),
)


def manual_page(codes: Codes) -> str:
    """Return the page; `codes` are the exit codes and what they mean."""
    lines = [f'.TH CIGATE 1 "" "cigate {__version__}" "cigate manual"', ".SH NAME", NAME]
    lines += [
        ".SH SYNOPSIS",
        ".B cigate",
        ".I command",
        "[\\fIoptions\\fR]",
        ".SH DESCRIPTION",
        *_text(ABOUT),
    ]
    lines += [".SH OPTIONS", *_options(build_parser(()))]
    lines.append(".SH COMMANDS")
    for name in COMMANDS:
        lines += _command(name)
    lines += [".SH EXIT STATUS", *_terms((str(code), meaning) for code, meaning in codes)]
    lines += [".SH ENVIRONMENT"]
    lines += _terms((variable_of(key), f"sets the key {key} of the configuration") for key in KEYS)
    lines += [".SH FILES", *_terms(FILES), ".SH SEE ALSO", ".BR git (1),", ".BR githooks (5)"]
    return "\n".join(lines) + "\n"


def _command(name: str) -> Iterator[str]:
    module = open_command(name)
    parser = argparse.ArgumentParser(prog=f"cigate {name}", add_help=False)
    module.add_arguments(parser)
    yield f".SS cigate {roff(name)}"
    yield roff(module.HELP[0].upper() + module.HELP[1:] + ".")
    yield from _options(parser)
    yield ".PP"
    yield "Example:"
    yield from (".PP", ".RS 4", ".nf", *map(roff, module.EXAMPLE.splitlines()), ".fi", ".RE")


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.help and action.dest != "help":
            yield ".TP"
            yield _names(action)
            yield roff(action.help % {"default": action.default, "prog": "cigate"})


def _names(action: argparse.Action) -> str:
    value = "|".join(map(str, action.choices)) if action.choices else str(action.metavar or action.dest)
    forms: dict[object, str] = {0: "", "?": f"[{value}]", "+": f"{value}..."}
    value = forms.get(action.nargs, value)
    shown = f"\\fI{roff(value)}\\fR" if value else ""
    if not action.option_strings:
        return shown
    return ", ".join(f"\\fB{roff(name)}\\fR {shown}".rstrip() for name in action.option_strings)


def _terms(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, meaning in entries:
        yield from (".TP", f"\\fB{roff(name)}\\fR", roff(meaning.replace("`", "")))


def _text(words: str) -> list[str]:
    return words.splitlines()


def roff(words: str) -> str:
    """Return words as text of man(7): nothing in them is a command, and hyphens can be copied."""
    safe = words.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("'", "\\(aq")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
