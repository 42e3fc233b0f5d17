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
_MEMO_MAX = 100_000


class PathFacts:
    """What a path says by itself: its keys, its kind and the slots of its tokens."""

    __slots__ = ("extension", "extension_key", "folder_key", "key", "keys", "kind", "slots", "top_key")

    def __init__(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        parts = folder.split("/") if folder else []
        self.kind = kind_of(path)
        self.extension = extension_of(path) or name
        self.key = key_of("p:" + path)
        self.folder_key = key_of("d:" + folder)
        self.top_key = key_of("t:" + (parts[0] if parts else ""))
        self.extension_key = key_of("e:" + self.extension)
        self.keys = (self.key, self.folder_key, self.top_key, self.extension_key)
        tokens = ["p:" + path, "n:" + name, "e:" + self.extension, f"k:{self.kind}"]
        tokens += ["d:" + "/".join(parts[:depth]) for depth in range(1, min(len(parts), MOST_FOLDERS) + 1)]
        self.slots = tuple(slot_of(token) for token in tokens)


_PATHS: dict[str, PathFacts] = {}
_SLOTS: dict[str, int] = {}


def slot_of(token: str) -> int:
    """Return the slot of `token` in the online model."""
    slot = _SLOTS.get(token)
    if slot is None:
        slot = crc32(token.encode("utf-8", "surrogateescape")) % SLOTS
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


class Digest:
    """The parts of a change that are looked up in, or learned by, the history.

    `paths` holds the first MOST_PATHS distinct ones. `files`, `added` and `deleted` are totals over
    all judged commits, `kinds` counts the distinct listed files of each kind.
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
        "extensions",
        "files",
        "head_key",
        "kinds",
        "path_keys",
        "paths",
        "slots",
        "statuses",
        "target_key",
        "words",
    )

    def __init__(self, change: Change) -> None:
        self.change = change
        self.commits = change.judged_commits()
        self.branch_key = key_of("b:" + change.branch)
        self.target_key = key_of("b:" + change.target) if change.target else 0
        self.author_key = key_of("a:" + change.author) if change.author else 0
        self.head_key = key_of("c:" + change.head)
        self.base_key = key_of("c:" + change.base) if change.base else 0
        self.commit_keys = [key_of("c:" + commit.sha) for commit in change.commits[:MOST_PATHS]]
        self._sum_files()
        self.words = words_of(change.commits)
        self.slots = self._token_slots()

    def _sum_files(self) -> None:
        distinct: dict[str, None] = {}
        added = deleted = more = 0
        statuses: dict[str, int] = {}
        for commit in self.commits:
            more += commit.rest_files
            added += commit.rest_added
            deleted += commit.rest_deleted
            for file in commit.files:
                distinct[file.path] = None
                added += file.added or 0
                deleted += file.deleted or 0
                statuses[file.status] = statuses.get(file.status, 0) + 1
        self.files = len(distinct) + more
        self.added = added
        self.deleted = deleted
        self.statuses = statuses
        self.kinds = [0] * len(KIND_NAMES)
        self.extensions: dict[str, int] = {}
        for path in distinct:
            facts = path_facts(path)
            self.kinds[facts.kind] += 1
            self.extensions[facts.extension] = self.extensions.get(facts.extension, 0) + 1
        self.paths = [path_facts(path) for path in list(distinct)[:MOST_PATHS]]
        self.path_keys = list(dict.fromkeys(key for facts in self.paths for key in facts.keys))

    def _token_slots(self) -> list[int]:
        change = self.change
        slots = {slot for facts in self.paths for slot in facts.slots}
        slots.update([slot_of("w:" + word) for word in self.words])
        slots.add(slot_of("a:" + change.author))
        slots.add(slot_of("b:" + change.branch))
        slots.add(slot_of("v:" + change.event + change.target))
        return sorted(slots)


def words_of(commits: tuple[Commit, ...]) -> list[str]:
    """Return the first distinct words of the commits' subjects, in lower case, newest first."""
    words: dict[str, None] = {}
    for commit in commits[:4]:
        for raw in commit.subject.lower().split()[:MOST_WORDS]:
            word = raw.strip("\"'`.,:;!?()[]{}<>#*-")
            if word and not word.isdigit():
                words[word[:24]] = None
    return list(words)[:MOST_WORDS]
