"""lefthook: a command that must say `use_stdin`, or git's lines do not reach it."""

from __future__ import annotations

import os

from cigate.managers import lines as yaml
from cigate.managers.missing import OR_GO_ON

NAME = "lefthook"
MARKS: tuple[bytes, ...] = (b"lefthook",)
PROGRAMS: tuple[str, ...] = ("lefthook",)
INSTALL: tuple[str, ...] = ("install", "pre-push")
EXECUTABLE = False
STEMS = ("lefthook", ".lefthook", ".config/lefthook")
ENDS = (".yml", ".yaml", ".json", ".toml", ".jsonc")
RUN = f"""\
use_stdin: true
run: |
  {OR_GO_ON}
  cigate-hook "{{1}}" "{{2}}"
"""
COMMAND = "cigate:\n" + "\n".join(yaml.indented(RUN, 2)) + "\n"
JOB = "- name: cigate\n" + "\n".join(yaml.indented(RUN, 2)) + "\n"
SNIPPET = "pre-push:\n  commands:\n" + "\n".join(yaml.indented(COMMAND, 4)) + "\n"


def find(top: str, hooks: str) -> str:
    """Return the name of its configuration, "" where there is none."""
    del hooks
    names = (stem + end for stem in STEMS for end in ENDS)
    return next((name for name in names if os.path.lexists(os.path.join(top, name))), "")


def add_entry(text: str, file: str) -> str | None:
    """Return the file with one more command, or job, of `pre-push`; only of YAML."""
    if not file.endswith((".yml", ".yaml")) or text.lstrip().startswith("{"):
        return None
    try:
        lines = yaml.split(text)
        hook = yaml.find_key(lines, "pre-push")
        if hook < 0:
            return yaml.join([*lines, *([""] if lines else []), *SNIPPET.splitlines()], text)
        return _add_to(lines, hook, text)
    except yaml.Unclear:
        return None


def _add_to(lines: list[str], hook: int, text: str) -> str | None:
    first, end = yaml.block_of(lines, hook)
    inner = yaml.indent_of(lines, first)
    for key, block in (("jobs", JOB), ("commands", COMMAND)):
        at = yaml.find_key(lines, key, first, end, inner)
        if at < 0:
            continue
        item, stop = yaml.block_of(lines, at)
        if lines[item].lstrip().startswith("- ") != (key == "jobs"):
            return None
        lines[stop:stop] = yaml.indented(block, yaml.indent_of(lines, item))
        return yaml.join(lines, text)
    return None
