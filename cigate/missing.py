"""Looks for Java that a push makes import a class of the project's own which the tree does not have.

Three looks, each only at what the one before left: the folders where the class would have to be, the whole
tree, and whether anybody imported it before, as is so with what a build generates. Says nothing where it
cannot tell.
"""

from __future__ import annotations

from time import monotonic

from cigate.broken import IMPORT, Broken
from cigate.git.contents import TREE, Contents, modes
from cigate.imports import SOURCES, holds, imports_of, roots_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cigate.change import Change
    from cigate.git import Repository
    from cigate.imports import Import

MOST_BYTES = 4 * 1024 * 1024
MOST_DOUBTED = 10
_NO_FILES = {
    40: b"4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: b"6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


class Suspect:
    """An import that the change with this `number` brings in, and the folders where its class may be."""

    __slots__ = ("change", "folders", "named", "number", "path")

    def __init__(
        self, number: int, change: Change, path: str, named: Import, folders: tuple[str, ...]
    ) -> None:
        self.number = number
        self.change = change
        self.path = path
        self.named = named
        self.folders = folders

    @property
    def broken(self) -> Broken:
        """Return what is told where the class is missing."""
        return Broken(IMPORT, self.path, self.named.line, self.named.text)


def suspects_of(number: int, change: Change, path: str, data: bytes, before: bytes) -> Iterator[Suspect]:
    """Yield what a Java file imports now, of packages that its own tree may hold, and did not `before`."""
    roots = roots_of(path, data)
    known = imports_of(before)
    for name, named in imports_of(data).items():
        if name not in known and roots:
            yield Suspect(number, change, path, named, tuple(root + named.package for root in roots))


def find_missing(repo: Repository, suspects: Sequence[Suspect], until: float) -> Iterator[Suspect]:
    """Yield the suspects that import what is not there; `until` is a moment of the monotonic clock.

    Raises:
        GitError: where git fails, or `until` passes.
    """
    for suspect in _doubted(repo, suspects, until)[:MOST_DOUBTED]:
        if not _elsewhere(repo, suspect, until) and not _imported_before(repo, suspect, until):
            yield suspect


def _doubted(repo: Repository, suspects: Sequence[Suspect], until: float) -> list[Suspect]:
    """Return the suspects whose package has a folder of its own here, in which the class is not."""
    asked = [(suspect.change.head, folder) for suspect in suspects for folder in suspect.folders]
    places = list(dict.fromkeys(asked))
    answers = Contents(repo, places, MOST_BYTES).read(until) if places else iter(())
    entries = {}
    for place, answer in zip(places, answers, strict=False):
        if answer and answer[0] == TREE:
            names = modes(answer[1], len(place[0]) // 2)
            entries[place] = frozenset(name.decode("utf-8", "surrogateescape") for name in names)
    doubted = []
    for suspect in suspects:
        there = [
            entries[at] for folder in suspect.folders if (at := (suspect.change.head, folder)) in entries
        ]
        if there and not any(holds(names, suspect.named.name) for names in there):
            doubted.append(suspect)
    return doubted


def _elsewhere(repo: Repository, suspect: Suspect, until: float) -> bool:
    """Return whether another folder of the tree, of whatever module, holds the class."""
    ends = tuple(f"{suspect.named.package}/{suspect.named.name}{end}".encode() for end in SOURCES)
    return any(path.endswith(ends) for path in _files(repo, suspect.change.head, until))


def _imported_before(repo: Repository, suspect: Suspect, until: float) -> bool:
    """Return whether a file of the commit that the push stands on imports the class."""
    importing = f"import {suspect.named.text};"
    return bool(_files(repo, suspect.change.base, until, "-S", importing, "--", "*.java"))


def _files(repo: Repository, commit: str, until: float, *which: str) -> list[bytes]:
    """Return the paths of a commit's files, as what differs from a tree without any; no id is an argument."""
    tree = repo.run(["cat-file", "--batch-check"], f"{commit}^{{tree}}\n".encode(), _left(until)).split(b" ")[
        0
    ]
    command = ["diff-tree", "--stdin", "-r", "-z", "--name-only", "--no-renames", *which]
    listed = repo.run(command, b"%b %b\n" % (_NO_FILES[len(tree)], tree), _left(until))
    return listed.partition(b"\n")[2].split(b"\0")[:-1]


def _left(until: float) -> float:
    return max(0.001, until - monotonic())
