"""cigate's lines in a pre-push script of the team: before all others, which still get git's input whole."""

from __future__ import annotations

import re

from cigate.managers.missing import MISSING

BLOCK = f"""\
# cigate judges what is being pushed; the lines below read git's input as if it was not here.
cigate_refs=$(cat)
if ! command -v cigate-hook >/dev/null; then
    echo "{MISSING}" >&2
elif [ -n "$cigate_refs" ]; then
    printf '%s\\n' "$cigate_refs" | cigate-hook "$@" || exit
fi
exec <<CIGATE_REFS
$cigate_refs
CIGATE_REFS
[ -n "$cigate_refs" ] || exec </dev/null
"""
_SHELL = re.compile(r"#!\s*\S*/(env\s+)?(ba|da|k|z)?sh\b")
_HUSKY = re.compile(r"\.\s.*husky\.sh")  # what husky before its version 9 wrote first


def add_block(text: str, shebang: str = "") -> str | None:
    """Return a shell script with cigate's lines before its own, None where it is not one of sh's family."""
    if not text:
        return shebang + BLOCK
    lines = text.splitlines(keepends=True)
    if "\r\n" in text or (lines[0].startswith("#!") and not _SHELL.match(lines[0])):
        return None
    first = 1 if lines[0].startswith("#!") else 0
    first += bool(lines[first:] and _HUSKY.match(lines[first]))
    if first and not lines[first - 1].endswith("\n"):
        lines[first - 1] += "\n"
    gap = ["\n"] if lines[first:] and lines[first].strip() else []
    return "".join([*lines[:first], BLOCK, *gap, *lines[first:]])
