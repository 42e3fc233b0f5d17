"""Where in a YAML file a few lines can be put without reading it in as YAML. Pure.

Knows block mappings and block lists and nothing else: what looks in any way different is Unclear,
and then a person must decide.
"""

from __future__ import annotations

import re

_OPEN = r":[ \t]*(#.*)?$"


class Unclear(Exception):
    """The text is not of the plain form in which lines can be added."""


def split(text: str) -> list[str]:
    """Return the lines of `text`, each without its end; refuse what has more than one document."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    begun = False
    for line in lines:
        if line.startswith("\t") or "\r" in line or (begun and line.startswith(("---", "...", "%"))):
            raise Unclear
        begun = begun or _has_content(line) or line.startswith("---")
    return lines


def join(lines: list[str], text: str) -> str:
    """Return `lines` as one text with the line ends of `text`."""
    end = "\r\n" if "\r\n" in text else "\n"
    return end.join(lines) + end


def find_key(lines: list[str], key: str, start: int = 0, end: int | None = None, indent: int = 0) -> int:
    """Return the line on which `key` opens a block at `indent`, -1 where the key is not there.

    Raises:
        Unclear: the key is there more than once, or with its value beside it.
    """
    there = re.compile(rf"^ {{{indent}}}[\"']?{re.escape(key)}[\"']?\s*:")
    found = [
        number for number in range(start, len(lines) if end is None else end) if there.match(lines[number])
    ]
    if not found:
        return -1
    if len(found) > 1 or not re.match(rf"^ {{{indent}}}{re.escape(key)}{_OPEN}", lines[found[0]]):
        raise Unclear
    return found[0]


def block_of(lines: list[str], opening: int) -> tuple[int, int]:
    """Return the first line after the opening one with content and the line behind the block's last.

    Raises:
        Unclear: the block is empty.
    """
    indent = _indent(lines[opening])
    first = last = -1
    for number in range(opening + 1, len(lines)):
        line = lines[number]
        if not _has_content(line):
            continue
        inside = _indent(line) > indent or (_indent(line) == indent and line.lstrip().startswith("- "))
        if not inside:
            break
        first = number if first < 0 else first
        last = number
    if first < 0:
        raise Unclear
    return first, last + 1


def indent_of(lines: list[str], number: int) -> int:
    """Return by how many spaces a line is indented."""
    return _indent(lines[number])


def indented(block: str, indent: int) -> list[str]:
    """Return the lines of `block`, each moved to the right."""
    return [(" " * indent + line).rstrip() for line in block.splitlines()]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _has_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
