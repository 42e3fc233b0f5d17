"""What a change touches, worked out once and used by the fold and by the features alike.

Pure. What depends on a path or a word alone is remembered between changes, because a project's
builds name the same few thousand paths again and again.
"""

from __future__ import annotations

from zlib import crc32

from cigate.history.keys import Memo, key_of
from cigate.history.kinds import KIND_NAMES, cues_of, extension_of, kind_of
from cigate.history.online import SLOTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.change import Change, Commit

MOST_PATHS = 64  # looked up one by one; a change of more files is judged by its totals beyond these
MOST_WORDS = 12
MOST_FOLDERS = 3
MOST_COUNTED = 1 << 40  # a table may claim any size; beyond this one, sizes say no more


def slot_of(token: str) -> int:
    """Return the slot of `token` in the online model."""
    return crc32(token.encode("utf-8", "surrogatepass")) % SLOTS


class FolderFacts:
    """What a folder says of the files in it: its keys, and the slots of its tokens."""

    __slots__ = ("key", "slots", "top_key")

    def __init__(self, folder: str) -> None:
        parts = folder.split("/") if folder else []
        self.key = key_of("d:" + folder)
        self.top_key = key_of("t:" + (parts[0] if parts else ""))
        depths = range(1, min(len(parts), MOST_FOLDERS) + 1)
        self.slots = tuple([slot_of("d:" + "/".join(parts[:depth])) for depth in depths])


class PathFacts:
    """What a path says by itself: its keys, its kind and the slots of its tokens."""

    __slots__ = ("extension", "extension_key", "folder_key", "key", "kind", "slots", "top_key")

    def __init__(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        above: FolderFacts = _FOLDERS[folder]
        self.kind, self.extension = _kind_and_extension(path)
        self.key = key_of("p:" + path)
        self.folder_key = above.key
        self.top_key = above.top_key
        self.extension_key: int = _KEYS["e:" + self.extension]
        own = (slot_of("p:" + path), slot_of("n:" + name))
        self.slots = (*own, _SLOTS["e:" + self.extension], _SLOTS[f"k:{self.kind}"], *above.slots)


class WordFacts:
    """What a word of a subject says by itself: the slot of its token, and the CUES that it gives."""

    __slots__ = ("cues", "slot")

    def __init__(self, word: str) -> None:
        self.slot = slot_of("w:" + word)
        self.cues = cues_of(word)


def _kind_and_extension(path: str) -> tuple[int, str]:
    """Return the kind of `path` and its extension, or its name where it has none."""
    return kind_of(path), extension_of(path) or path.rpartition("/")[2]


def _plain(word: str) -> str:
    """Return a word of a subject in the form that is learned, '' where it says nothing."""
    word = word.strip("\"'`.,:;!?()[]{}<>#*-")
    return "" if word.isdigit() else word[:24]


_FOLDERS = Memo(FolderFacts)
_PATHS = Memo(PathFacts)
_KINDS = Memo(_kind_and_extension)
_WORDS = Memo(WordFacts)
_PLAIN = Memo(_plain)
_KEYS = Memo(key_of)
_SLOTS = Memo(slot_of)


def path_facts(path: str) -> PathFacts:
    """Return what `path` says by itself."""
    facts: PathFacts = _PATHS[path]
    return facts


def kind_at(path: str) -> int:
    """Return `kind_of(path)`, remembered."""
    kind: int = _KINDS[path][0]
    return kind


def remember(commit: Commit) -> None:
    """Work out what the paths of a commit say, for who has time before its Digest is made."""
    for file in commit.files:
        if len(_PATHS) < MOST_PATHS:
            _PATHS[file.path]
        else:
            _KINDS[file.path]


class Digest:
    """The parts of a change that are looked up in, or learned by, the history.

    `paths` holds the first MOST_PATHS distinct ones, and the lists of keys are theirs. `files`, `added`
    and `deleted` are totals over all judged commits; `kinds` and `extensions` count all distinct listed
    files, `statuses` has the letter of each listed file of each commit. `cues` are those that any of
    `words` gives. `oldest_at` and `newest_at` are when commits were authored, `rebased_s` is the longest
    time from there to committing, `authors` and `merges` are numbers. A key is 0 where there is nothing
    to look up.
    """

    __slots__ = (
        "added",
        "author_key",
        "authors",
        "base_key",
        "branch_key",
        "change",
        "commit_keys",
        "commits",
        "cues",
        "deleted",
        "extension_keys",
        "extensions",
        "file_keys",
        "files",
        "folder_keys",
        "head_key",
        "kinds",
        "merges",
        "newest_at",
        "oldest_at",
        "paths",
        "rebased_s",
        "slots",
        "statuses",
        "target_key",
        "top_keys",
        "words",
    )

    def __init__(self, change: Change) -> None:
        keys = _KEYS
        self.change = change
        self.commits = change.judged_commits()
        self.branch_key: int = keys["b:" + change.branch]
        self.target_key: int = keys["b:" + change.target] if change.target else 0
        self.author_key: int = keys["a:" + change.author] if change.author else 0
        self.base_key = key_of("c:" + change.base) if change.base else 0
        self._look_at_commits(change)
        self.words = words_of(change.commits)
        slots = self._slots_of_names()
        self._look_at_paths(self._sum_files(), slots)
        self.slots = sorted(slots)

    @property
    def path_keys(self) -> list[int]:
        """Return the keys of the paths, then of their folders, top folders and extensions."""
        return [*self.file_keys, *self.folder_keys, *self.top_keys, *self.extension_keys]

    def _look_at_commits(self, change: Change) -> None:
        commits, head = change.commits, change.head
        self.commit_keys = [key_of("c:" + c.sha) for c in commits[:MOST_PATHS] if c.sha]
        if commits and head and commits[0].sha == head:
            self.head_key = self.commit_keys[0]
        else:
            self.head_key = key_of("c:" + head) if head else 0
        written, lags, authors = [], [], set()
        self.merges = 0
        for commit in commits:
            at = commit.authored_at
            written.append(at)
            lags.append(commit.committed_at - at)
            authors.add(commit.author)
            self.merges += len(commit.parents) > 1
        self.authors = len(authors)
        self.oldest_at = min(written, default=0)
        self.newest_at = max(written, default=0)
        self.rebased_s = max(lags, default=0)

    def _slots_of_names(self) -> set[int]:
        """Return the slots of all tokens but those of paths; gather what the words speak of."""
        change, slots = self.change, _SLOTS
        found = {slots["a:" + change.author], slots["b:" + change.branch]}
        found.add(slots["v:" + change.event + change.target])
        self.cues = 0
        for word in self.words:
            said: WordFacts = _WORDS[word]
            found.add(said.slot)
            self.cues |= said.cues
        return found

    def _sum_files(self) -> list[str]:
        """Add up the listed files and the others; return the distinct paths of the listed."""
        distinct: dict[str, None] = {}
        statuses: list[str] = []
        added = deleted = more = 0
        for commit in self.commits:
            more += commit.rest_files
            added += commit.rest_added
            deleted += commit.rest_deleted
            for file in commit.files:
                distinct[file.path] = None
                statuses.append(file.status)
                added += file.added or 0
                deleted += file.deleted or 0
        self.statuses = statuses
        self.files = _within_reason(len(distinct) + more)
        self.added = _within_reason(added)
        self.deleted = _within_reason(deleted)
        return list(distinct)

    def _look_at_paths(self, distinct: list[str], slots: set[int]) -> None:
        """Look up the first of these paths, add the slots of their tokens, and count all by kind."""
        memory = _PATHS
        paths: list[PathFacts] = []
        folder_keys: dict[int, None] = {}
        top_keys: dict[int, None] = {}
        extension_keys: dict[int, None] = {}
        self.kinds = kinds = [0] * len(KIND_NAMES)
        extensions: dict[str, int] = {}
        for path in distinct[:MOST_PATHS]:
            facts: PathFacts = memory[path]
            paths.append(facts)
            folder_keys[facts.folder_key] = None
            top_keys[facts.top_key] = None
            extension_keys[facts.extension_key] = None
            slots.update(facts.slots)
            kinds[facts.kind] += 1
            extensions[facts.extension] = extensions.get(facts.extension, 0) + 1
        for path in distinct[MOST_PATHS:]:
            kind, extension = _KINDS[path]
            kinds[kind] += 1
            extensions[extension] = extensions.get(extension, 0) + 1
        self.paths = paths
        self.extensions = extensions
        self.file_keys = [facts.key for facts in paths]
        self.folder_keys = list(folder_keys)
        self.top_keys = list(top_keys)
        self.extension_keys = list(extension_keys)


def _within_reason(total: int) -> int:
    return min(max(total, 0), MOST_COUNTED)


def words_of(commits: tuple[Commit, ...]) -> list[str]:
    """Return the first distinct words of the commits' subjects, in lower case, newest first."""
    plain = _PLAIN
    words: dict[str, None] = {}
    for commit in commits[:4]:
        for word in commit.subject.lower().split()[:MOST_WORDS]:
            words[plain[word]] = None
    words.pop("", None)
    return list(words)[:MOST_WORDS]
