"""The files behind a made-up history: edited and merged so that git counts what the rows say.

No line occurs twice in a project, so that any diff counts exactly the lines that are not on both
sides. Pure: knows no git.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final

from cigate_train.synthetic import FILE_TYPES

Tree = dict[str, tuple[str, ...]]

_LINES: Final = {
    ".py": "value_{0} = {0}",
    ".js": "export const value{0} = {0};",
    ".md": "- Point {0}.",
    ".html": "<p>Line {0}</p>",
    ".yml": "key_{0}: {0}",
    ".toml": "key_{0} = {0}",
    ".mk": "KEY_{0} = {0}",
}
_FOLDERS: Final = {
    ".py": ("src/core", "src/web", "src/jobs", "tests"),
    ".js": ("web/app", "web/widgets"),
    ".md": ("docs",),
    ".html": ("web/pages",),
    ".yml": (".github/workflows", "deploy"),
    ".toml": ("settings",),
    ".mk": ("build",),
}
_PATHS: Final = 48  # of each type: enough for the largest push
_AT_FIRST: Final = 12
_LINES_AT_FIRST: Final = 8


class Editor:
    """Makes the edits of one project; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._line = 0

    def edit(self, tree: Tree, kind: str, files: int, added: int, deleted: int) -> Tree:
        """Return the files of `tree` that change, with their new lines.

        Exactly `files` of them, most of them of type `kind`; `added` lines (at least `files`) come,
        and `deleted` go as far as there are so many.
        """
        paths = self._choose(kind, files)
        incoming = self._share(added, files)
        outgoing = self._share(deleted, files)
        changed = {}
        for path, more, less in zip(paths, incoming, outgoing, strict=True):
            lines = tree.get(path, ())
            at = self._random.randint(0, max(len(lines) - less, 0))
            changed[path] = lines[:at] + self._new_lines(path, max(more, 1)) + lines[at + less :]
        return changed

    def first_tree(self) -> Tree:
        """Return the files with which the project starts."""
        paths = [path for kind in FILE_TYPES for path in _paths(kind)[:_AT_FIRST]]
        return {path: self._new_lines(path, _LINES_AT_FIRST) for path in paths}

    def _choose(self, kind: str, files: int) -> list[str]:
        """Return distinct paths, three quarters of them (all of three) of type `kind`."""
        of_kind = -(-files * 3 // 4)
        chosen = self._random.sample(_paths(kind), of_kind)
        others = [path for other in FILE_TYPES if other != kind for path in _paths(other)]
        return chosen + self._random.sample(others, files - of_kind)

    def _share(self, total: int, parts: int) -> list[int]:
        """Return `parts` numbers that add up to `total`, none 0 where there is enough for all."""
        shares = [1 if total >= parts else 0] * parts
        for part in self._random.choices(range(parts), k=total - sum(shares)):
            shares[part] += 1
        return shares

    def _new_lines(self, path: str, number: int) -> tuple[str, ...]:
        first = self._line + 1
        self._line += number
        form = _LINES["." + path.rpartition(".")[2]]
        return tuple(form.format(n) for n in range(first, first + number))


def merged(base: Tree, ours: Tree, theirs: Tree) -> Tree:
    """Return the files of `ours` that merging `theirs` changes, with their new lines."""
    changed = {}
    for path, their_lines in theirs.items():
        base_lines, our_lines = base.get(path, ()), ours.get(path, ())
        if their_lines == base_lines:
            continue
        if our_lines == base_lines:
            changed[path] = their_lines
            continue
        gone = set(base_lines) - set(their_lines)
        new = tuple(line for line in their_lines if line not in set(base_lines))
        changed[path] = tuple(line for line in our_lines if line not in gone) + new
    return changed


def totals(before: Tree, changed: Tree) -> tuple[int, int, int, str]:
    """Return files, added and deleted lines, and the most frequent type, as git will count them."""
    added = sum(len(set(lines) - set(before.get(path, ()))) for path, lines in changed.items())
    deleted = sum(len(set(before.get(path, ())) - set(lines)) for path, lines in changed.items())
    kinds = Counter("." + path.rpartition(".")[2] for path in changed)
    kind = min(kinds, key=lambda name: (-kinds[name], name), default="")
    return len(changed), added, deleted, kind


def _paths(kind: str) -> list[str]:
    folders = _FOLDERS[kind]
    return [f"{folders[n % len(folders)]}/part_{n + 1}{kind}" for n in range(_PATHS)]
