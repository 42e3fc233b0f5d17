"""Looks into the changed files of a push for what cannot be right; git reads them while others work.

One git for all files, and a second one only where something was found: what had been broken before the push,
a link and a submodule are no news. Says what it did not get to. Must not hold up a push: it is bounded in
files, in bytes and in time.
"""

from __future__ import annotations

from time import monotonic

from cigate.broken import CONFLICT, IMPORT, find_broken, kinds_of
from cigate.errors import GitError
from cigate.git.contents import BLOB, LINK, TREE, Contents, modes, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from cigate.broken import Broken
    from cigate.change import Change
    from cigate.git import Repository
    from cigate.missing import Suspect

    T = TypeVar("T")

MOST_FILES = 200
MOST_FILE_BYTES = 256 * 1024
MOST_BYTES = 4 * 1024 * 1024
MOST_SHOWN = 3  # of one push
MOST_DOUBTED = 20  # of all pushes together; each costs a look at its folder and at what was before
_LFS = b"version https://git-lfs.github.com/spec/"


class Look:
    """A look under way; `signals` waits for it. Files of all changes share its bounds."""

    def __init__(self, repo: Repository, changes: Sequence[Change], thorough: bool = False) -> None:
        """Start git where there is something to look into, and return at once.

        A `thorough` look is for where nobody waits. Without, it takes manifests, and all files where a merge
        is pushed: most pushes then need no second git, which costs a twentieth of their time.

        Raises:
            GitError: where git cannot be started.
        """
        self._repo = repo
        self._changes = changes
        self._thorough = thorough
        files = [
            (number, path) for number, change in enumerate(changes) for path in files_of(change, thorough)
        ]
        self._files = files[:MOST_FILES]
        self._left = len(files) - len(self._files)
        asked = [(changes[number].head, path) for number, path in self._files]
        self._java = [
            place
            for place, (number, path) in enumerate(self._files)
            if IMPORT in kinds_of(path, thorough) and changes[number].base
        ]
        for number, path in (self._files[place] for place in self._java):
            asked.append((changes[number].base, path))
        self._contents = Contents(repo, asked, MOST_BYTES) if asked else None

    def signals(self, until: float) -> tuple[list[tuple[Broken, ...]], str]:
        """Return what is broken in each change, and in words what was not looked at, "" for nothing.

        `until` is a moment of the monotonic clock.
        """
        found: list[list[Broken]] = [[] for _ in self._changes]
        if self._contents is None:
            return [() for _ in self._changes], ""
        try:
            heads, suspects = self._read(until)
            for number, broken in self._news(self._broken(heads), until):
                found[number].append(broken)
            if suspects:
                from cigate.missing import find_missing

                for suspect in find_missing(self._repo, suspects, until):
                    found[suspect.number].append(suspect.broken)
        except GitError as error:
            return [() for _ in self._changes], f"changed files were not looked into: {error}"
        return [tuple(signals[:MOST_SHOWN]) for signals in found], self._note()

    def meanwhile(self, work: Callable[[], T], until: float) -> tuple[T, list[tuple[Broken, ...]], str]:
        """Do `work` while git reads; return what it gave, and what `signals` gives.

        Half of the time that is then left before `until` goes into the look.
        """
        try:
            done = work()
            now = monotonic()
            return done, *self.signals(now + max(0.001, (until - now) / 2))
        finally:
            if self._contents:
                self._contents.close()

    def _note(self) -> str:
        files = "1 changed file was" if self._left == 1 else f"{self._left} changed files were"
        return f"{files} not looked into" if self._left else ""

    def _read(self, until: float) -> tuple[list[bytes | None], list[Suspect]]:
        """Return the files at their heads, None for what is none, and the imports that Java got anew."""
        assert self._contents is not None
        contents = list(self._contents.read(until))
        heads = [self._text(content) for content in contents[: len(self._files)]]
        befores = contents[len(self._files) :]
        unread = [place for place in self._java[len(befores) :] if place < len(heads)]
        self._left += len(self._files) - len(heads) + len(unread)
        suspects: list[Suspect] = []
        for place, before in zip(self._java, befores, strict=False):
            number, path = self._files[place]
            head = heads[place]
            if head:
                from cigate.missing import suspects_of

                known = before[1] if before and before[0] == BLOB else b""
                suspects += suspects_of(number, self._changes[number], path, head, known)
        return heads, suspects

    def _text(self, content: tuple[bytes, bytes] | None) -> bytes | None:
        if content is None or content[0] != BLOB or content[1].startswith(_LFS):
            return None
        if len(content[1]) > MOST_FILE_BYTES:
            self._left += 1
            return None
        return content[1]

    def _broken(self, heads: Sequence[bytes | None]) -> list[tuple[int, Broken]]:
        found = []
        for (number, path), data in zip(self._files, heads, strict=False):
            broken = find_broken(path, data, kinds_of(path, self._thorough)) if data else None
            if broken:
                found.append((number, broken))
        self._left += max(0, len(found) - MOST_DOUBTED)
        return found[:MOST_DOUBTED]

    def _news(self, found: Sequence[tuple[int, Broken]], until: float) -> Iterable[tuple[int, Broken]]:
        """Leave out links, and what was broken in the same way in the commit that the push stands on."""
        if not found:
            return []
        asked = []
        for number, broken in found:
            change = self._changes[number]
            nothing = "0" * len(change.head)
            asked.append((change.head, broken.path.rpartition("/")[0]))
            asked.append((change.base or nothing, broken.path))
        answers = list(Contents(self._repo, asked, MOST_BYTES).read(until))
        self._left += len(found) - len(answers) // 2
        return [
            (number, broken)
            for (number, broken), folder, old in zip(found, answers[::2], answers[1::2], strict=False)
            if not _is_link(folder, broken.path, len(self._changes[number].head) // 2)
            and _is_news(broken, old)
        ]


def files_of(change: Change, thorough: bool = False) -> list[str]:
    """Return the files that are looked into: present at the head, with lines, their names plain."""
    if not thorough and all(len(commit.parents) < 2 for commit in change.commits):
        return [path for path in _present(change) if len(kinds_of(path)) > 1]
    return [path for path in _present(change) if kinds_of(path)]


def _present(change: Change) -> list[str]:
    last: dict[str, bool] = {}
    merged = [file for commit in change.commits for file in commit.files]  # where conflicts are left over
    for file in (*change.files(), *merged):  # newest first: what a file is at the head is said first
        last.setdefault(file.path, file.status != "D" and file.added is not None)
    return [path for path, there in last.items() if there and "\n" not in path]


def _is_news(broken: Broken, old: tuple[bytes, bytes] | None) -> bool:
    """Return whether the push broke it: a file is parsed as something only where it could be before.

    What never was JSON may be a dialect of it, or a template.
    """
    if old is None or old[0] != BLOB:
        return broken.kind == CONFLICT
    return find_broken(broken.path, old[1], (broken.kind,)) is None and bool(old[1].strip())


def _is_link(folder: tuple[bytes, bytes] | None, path: str, id_bytes: int) -> bool:
    if folder is None or folder[0] != TREE:
        return True  # it cannot be told: then nothing is said
    return modes(folder[1], id_bytes).get(name_of(path.rpartition("/")[2]), LINK) == LINK
