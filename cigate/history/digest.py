"""What a change touches, worked out once and used by the fold and by the features alike.

Pure. What depends on a path or a word alone is remembered between changes, because a project's
builds name the same few thousand paths again and again.
"""

from __future__ import annotations

from zlib import crc32

from cigate.history.kinds import KIND_NAMES, extension_of, kind_of
from cigate.history.online import SLOTS
from cigate.history.table import key_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.change import Change, Commit

MOST_PATHS = 64  # looked up one by one; a change of more files is judged by its totals beyond these
MOST_WORDS = 12
MOST_FOLDERS = 3
MOST_COUNTED = 1 << 40  # a table may claim any size; beyond this one, sizes say no more
_MEMO_MAX = 100_000


class PathFacts:
    """What a path says by itself: its keys, its kind and the slots of its tokens."""

    __slots__ = ("extension", "extension_key", "folder_key", "key", "kind", "slots", "top_key")

    def __init__(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        parts = folder.split("/") if folder else []
        self.kind, self.extension = kind_and_extension(path)
        self.key = key_of("p:" + path)
        self.folder_key = key_of("d:" + folder)
        self.top_key = key_of("t:" + (parts[0] if parts else ""))
        self.extension_key = key_of("e:" + self.extension)
        tokens = ["p:" + path, "n:" + name, "e:" + self.extension, f"k:{self.kind}"]
        tokens += ["d:" + "/".join(parts[:depth]) for depth in range(1, min(len(parts), MOST_FOLDERS) + 1)]
        self.slots = tuple(slot_of(token) for token in tokens)


_PATHS: dict[str, PathFacts] = {}
_KINDS: dict[str, tuple[int, str]] = {}
_SLOTS: dict[str, int] = {}


def slot_of(token: str) -> int:
    """Return the slot of `token` in the online model."""
    slot = _SLOTS.get(token)
    if slot is None:
        slot = crc32(token.encode("utf-8", "surrogatepass")) % SLOTS
        if len(_SLOTS) >= _MEMO_MAX:
            _SLOTS.clear()
        _SLOTS[token] = slot
    return slot


def path_facts(path: str) -> PathFacts:
    """Return what `path` says by itself."""
    facts = _PATHS.get(path)
    if facts is None:
        if len(_PATHS) >= _MEMO_MAX:
            _PATHS.clear()
        facts = _PATHS[path] = PathFacts(path)
    return facts


def kind_and_extension(path: str) -> tuple[int, str]:
    """Return the kind of `path` and its extension, or its name where it has none."""
    found = _KINDS.get(path)
    if found is None:
        if len(_KINDS) >= _MEMO_MAX:
            _KINDS.clear()
        found = _KINDS[path] = kind_of(path), extension_of(path) or path.rpartition("/")[2]
    return found


class Digest:
    """The parts of a change that are looked up in, or learned by, the history.

    `paths` holds the first MOST_PATHS distinct ones, and the lists of keys are theirs. `files`, `added`
    and `deleted` are totals over all judged commits; `kinds` and `extensions` count all distinct listed
    files. A key is 0 where there is nothing to look up.
    """

    __slots__ = (
        "added",
        "author_key",
        "base_key",
        "branch_key",
        "change",
        "commit_keys",
        "commits",
        "deleted",
        "extension_keys",
        "extensions",
        "file_keys",
        "files",
        "folder_keys",
        "head_key",
        "kinds",
        "paths",
        "slots",
        "statuses",
        "target_key",
        "top_keys",
        "words",
    )

    def __init__(self, change: Change) -> None:
        self.change = change
        self.commits = change.judged_commits()
        self.branch_key = key_of("b:" + change.branch)
        self.target_key = key_of("b:" + change.target) if change.target else 0
        self.author_key = key_of("a:" + change.author) if change.author else 0
        self.head_key = key_of("c:" + change.head) if change.head else 0
        self.base_key = key_of("c:" + change.base) if change.base else 0
        self.commit_keys = [key_of("c:" + c.sha) for c in change.commits[:MOST_PATHS] if c.sha]
        self.words = words_of(change.commits)
        self._look_at_paths(self._sum_files())
        self.slots = self._token_slots()

    @property
    def path_keys(self) -> list[int]:
        """Return the keys of the paths, then of their folders, top folders and extensions."""
        return [*self.file_keys, *self.folder_keys, *self.top_keys, *self.extension_keys]

    def _sum_files(self) -> list[str]:
        distinct: dict[str, None] = {}
        added = deleted = more = 0
        self.statuses: dict[str, int] = {}
        for commit in self.commits:
            more += commit.rest_files
            added += commit.rest_added
            deleted += commit.rest_deleted
            for file in commit.files:
                distinct[file.path] = None
                added += file.added or 0
                deleted += file.deleted or 0
                self.statuses[file.status] = self.statuses.get(file.status, 0) + 1
        self.files = _within_reason(len(distinct) + more)
        self.added = _within_reason(added)
        self.deleted = _within_reason(deleted)
        return list(distinct)

    def _look_at_paths(self, distinct: list[str]) -> None:
        self.paths = [path_facts(path) for path in distinct[:MOST_PATHS]]
        self.file_keys = [facts.key for facts in self.paths]
        self.folder_keys = list({facts.folder_key: None for facts in self.paths})
        self.top_keys = list({facts.top_key: None for facts in self.paths})
        self.extension_keys = list({facts.extension_key: None for facts in self.paths})
        self.kinds = [0] * len(KIND_NAMES)
        self.extensions: dict[str, int] = {}
        for facts in self.paths:
            self._count(facts.kind, facts.extension)
        for path in distinct[MOST_PATHS:]:
            self._count(*kind_and_extension(path))

    def _count(self, kind: int, extension: str) -> None:
        self.kinds[kind] += 1
        self.extensions[extension] = self.extensions.get(extension, 0) + 1

    def _token_slots(self) -> list[int]:
        change = self.change
        slots = {slot_of("a:" + change.author), slot_of("b:" + change.branch)}
        slots.add(slot_of("v:" + change.event + change.target))
        slots.update([slot_of("w:" + word) for word in self.words])
        for facts in self.paths:
            slots.update(facts.slots)
        return sorted(slots)


def _within_reason(total: int) -> int:
    return min(max(total, 0), MOST_COUNTED)


def words_of(commits: tuple[Commit, ...]) -> list[str]:
    """Return the first distinct words of the commits' subjects, in lower case, newest first."""
    words: dict[str, None] = {}
    for commit in commits[:4]:
        for raw in commit.subject.lower().split()[:MOST_WORDS]:
            word = raw.strip("\"'`.,:;!?()[]{}<>#*-")
            if word and not word.isdigit():
                words[word[:24]] = None
    return list(words)[:MOST_WORDS]
