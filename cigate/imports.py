"""Java's imports: which classes a file names, and in which folders a class of the project would have to be.

Pure, and on the path of a push that changes Java. Reads the head of a file line by line: what generators and
annotation processors make is known by its name only where that is a habit of many tools.
"""

from __future__ import annotations

from cigate.change import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SOURCES = (".java", ".kt", ".groovy", ".scala")
_GENERATED = frozenset({"R", "BR", "BuildConfig"})
_GENERATED_ENDS = ("Binding", "_", "Grpc", "Proto", "OuterClass")


class Import(Fact):
    """A class that a file imports: its `package` with slashes, its `name`, and the `line`."""

    __slots__ = ("line", "name", "package")
    package: Final[str]
    name: Final[str]
    line: Final[int]

    def __init__(self, package: str, name: str, line: int) -> None:
        self.package = package
        self.name = name
        self.line = line

    @property
    def text(self) -> str:
        """Return the class as Java writes it."""
        return f"{self.package.replace('/', '.')}.{self.name}"


def imports_of(data: bytes) -> dict[str, Import]:
    """Return the classes that a Java file imports by their full names, those that tools make left out."""
    found = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.startswith(b"import "):
            read = _read(line, number)
            if read:
                found[read.text] = read
        elif b"{" in line and not line.lstrip().startswith((b"*", b"/")):
            break
    return found


def _read(line: bytes, number: int) -> Import | None:
    named, end, _ = line.removeprefix(b"import ").strip().removeprefix(b"static ").partition(b";")
    parts = named.decode("utf-8", "replace").strip().split(".")
    place = next((place for place, part in enumerate(parts) if part[:1].isupper()), 0)
    if not end or not place or not all(part.isidentifier() for part in parts[: place + 1]):
        return None
    name = parts[place]
    if name in _GENERATED or name.endswith(_GENERATED_ENDS):
        return None
    return Import("/".join(parts[:place]), name, number)


def roots_of(path: str, data: bytes) -> tuple[str, ...]:
    """Return the folders below which the packages of a file begin: its own, and that of what it tests.

    There are none where the folder of the file is not that of its package.
    """
    declared = next((line for line in data.split(b"\n", 200) if line.startswith(b"package ")), b"")
    package = declared.removeprefix(b"package ").partition(b";")[0].strip().decode("utf-8", "replace")
    folder = path.rpartition("/")[0]
    within = package.replace(".", "/")
    if not within or not (folder == within or folder.endswith("/" + within)):
        return ()
    root = folder[: len(folder) - len(within)]
    before, test, after = root.rpartition("src/")
    kind, slash, language = after.partition("/")
    if test and slash and kind != "main":
        return root, f"{before}src/main/{language}"
    return (root,)


def holds(entries: frozenset[str], name: str) -> bool:
    """Return whether a folder with these `entries` has the class called `name`."""
    return any(name + end in entries for end in SOURCES)
