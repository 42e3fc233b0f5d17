"""The page of every error that cigate can end with, collected from where it is raised: message and next step.

Reads the source, not the running program: a message stands here as soon as it stands there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from cigate import errors

HOLE = "…"
FEWEST_LETTERS = 8
HEAD = """\
# Messages

Generated from the program by `make docs`: every error that it can end with, and its next step. `…` stands
for what depends on the case. [troubleshooting.md](troubleshooting.md) tells what each kind means.
"""
REFUSALS = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.CigateError)]


def messages_page(root: Path) -> str:
    """Return docs/messages.md for the checkout at `root`."""
    found: dict[str, set[tuple[str, str]]] = {kind.__name__: set() for kind in REFUSALS}
    for folder in (root / "cigate", root / "train"):
        for path in folder.rglob("*.py"):
            for kind, message, hint in raised(path.read_text("utf-8")):
                found[kind].add((message, hint))
    parts = [HEAD]
    for kind, entries in found.items():
        if entries:
            rows = [f"| {_cell(message)} | {_cell(hint)} |" for message, hint in sorted(entries)]
            link = f"[What it means](troubleshooting.md#{kind.lower()})."
            parts.append(
                "\n".join([f"## {kind}", "", link, "", "| message | next step |", "|---|---|", *rows, ""])
            )
    return "\n".join(parts)


def raised(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, message and next step of each error that a module makes in words of its own."""
    kinds = {kind.__name__ for kind in REFUSALS}
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in kinds
            and node.args
        ):
            message, *others = (_words(argument) for argument in node.args)
            if node.func.id == errors.MissingExtra.__name__:
                message, others = (
                    f"{message} needs the extra {HOLE}",
                    [f"pip install 'cigate[{''.join(others)}]'"],
                )
            if sum(letter.isalpha() for letter in message) >= FEWEST_LETTERS:
                yield node.func.id, message, others[0] if others else ""


def _words(node: ast.expr) -> str:
    """Return a text's literal words, with a HOLE where something is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _words(node.left) + _words(node.right)
    return HOLE


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
