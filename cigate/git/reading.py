"""One question to git, under way: which commits are new, and what they change.

Git starts when a Reading is made and works while its owner does something else. Where a file's
content is missing, git dies in the middle: the rest is then read on, commit by commit if need be.
Must not take a failed git for an empty answer.
"""

from __future__ import annotations

from time import monotonic

from cigate.change import Commit
from cigate.errors import GitError, ShallowError, UsageError
from cigate.git.pins import COUNTED, LOG, UNCOUNTED
from cigate.gitlog import parse_log
from cigate.walk import new_commits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cigate.git.process import Process
    from cigate.git.repository import Repository

MAX_LOST = 200  # beyond it, a git for each lost commit would take longer than it is worth
MAX_TOGETHER = 1000  # commits read for all heads of one question that is limited
LISTED_AT_ONCE = 2000  # commits a git is told when others were lost: it looks at all of them before the first
_HEX = frozenset("0123456789abcdef")
_LISTED = ("--no-walk=unsorted", "--stdin")
_NO_DEFAULT = "--glob=refs/cigate/none"  # with no commit given, git would read HEAD


class Query:
    """Which commits are asked for, and how git is asked.

    What is new is git's own answer. With a commit from the future among the excluded ones it may
    call a few old commits new: it stops looking five commits after it found nothing new.
    """

    def __init__(
        self,
        heads: Sequence[str],
        exclude: Sequence[str] = (),
        not_remotes: bool = False,
        limit: int | None = None,
        all_refs: bool = False,
    ) -> None:
        self.heads = [_checked(oid) for oid in dict.fromkeys(heads)]
        self.exclude = [_checked(oid) for oid in dict.fromkeys(exclude) if oid.strip("0")]
        self.not_remotes = not_remotes
        self.limit = limit
        self.all_refs = all_refs

    @property
    def stdin(self) -> bytes:
        """Return the lines git reads: the only place where object ids go."""
        return "".join([*(f"{h}\n" for h in self.heads), *(f"^{x}\n" for x in self.exclude)]).encode()

    @property
    def args(self) -> list[str]:
        """Return the arguments of `git log` and `git rev-list`.

        git 2.39 takes --ignore-missing only before --stdin, and no --not on stdin; a --not before
        --stdin would turn the heads around in some versions.
        """
        args = ["--ignore-missing", "--stdin", _NO_DEFAULT]
        if self.limit is not None:
            args.append(f"--max-count={self.limit + 1}")
        if self.all_refs:
            args.append("--all")
        return [*args, "--not", "--remotes"] if self.not_remotes else args


class Reading:
    """A question under way; `commits` waits for the answer."""

    def __init__(self, repo: Repository, query: Query) -> None:
        self._repo = repo
        self._query = query
        self._tips: dict[str, str] = {}
        self._process = _start_log(repo, query.args, query.stdin)

    def commits(self, deadline_s: float = 60, look: Callable[[Commit], None] | None = None) -> list[Commit]:
        """Return the new commits of all heads together, newest first, each once.

        `look` is shown each of them while git is still at work on the next.

        Raises:
            ShallowError: where a new commit lies at the edge of a shallow clone.
            GitError: where git fails, a head is no object here, or `deadline_s` passes.
        """
        until = monotonic() + deadline_s
        query = self._query
        found = []
        for commit in _resume(self._repo, query, self._process, until):
            found.append(commit)
            if look:
                look(commit)
        if query.limit is not None and len(found) > query.limit and len(query.heads) > 1:
            found += _beyond_the_cut(self._repo, query, self.limit or 0, found, until)
        by_id = {commit.sha: commit for commit in found}
        self._tips = _peel(self._repo, [h for h in query.heads if h not in by_id], until)
        if self._repo.shallow:
            limit = len(found) if self.limit is None else self.limit
            for head in query.heads:
                refuse_shallow(self._repo, new_commits(self.tip(head), by_id, (), limit)[0])
        return found

    @property
    def limit(self) -> int | None:
        """Return how many commits of each head are read; heads by the dozen share what there is time for."""
        asked = self._query.limit
        return asked if asked is None else min(asked, max(1, MAX_TOGETHER // max(1, len(self._query.heads))))

    def tip(self, head: str) -> str:
        """Return the commit that `head` stands for, "" for a tag of something else.

        A head is its own commit unless it is an annotated tag. Known after `commits`.
        """
        return self._tips.get(head, head)

    def close(self) -> None:
        """End it without an answer."""
        self._process.close()


def refuse_shallow(repo: Repository, commits: Iterable[Commit] | None = None) -> None:
    """Refuse a shallow repository; with `commits`, only where one of them lies at its edge.

    Git shows such a commit as if it added the whole tree.

    Raises:
        ShallowError: with the line that fetches what is missing.
    """
    if commits is None:
        if repo.shallow:
            raise ShallowError(
                "this clone is shallow: most of its history is not here",
                "git fetch --unshallow",
            )
    elif any(commit.sha in repo.boundary for commit in commits):
        raise ShallowError(
            "this clone is too shallow to see the whole change",
            "git fetch --deepen=200 (or --unshallow for all of it)",
        )


def read(repo: Repository, query: Query, until: float | None = None) -> Iterator[Commit]:
    """Yield the commits that `query` asks for, as git finds them."""
    return _resume(repo, query, _start_log(repo, query.args, query.stdin), until)


def _start_log(repo: Repository, args: Iterable[str], stdin: bytes, how: Sequence[str] = COUNTED) -> Process:
    return repo.start([*LOG, *how, *args, "--"], stdin)


def _resume(repo: Repository, query: Query, process: Process, until: float | None) -> Iterator[Commit]:
    """Yield what `process` tells; if it dies, what it would have told after that."""
    count, last = 0, ""
    try:
        for commit in parse_log(process.chunks(until), repo.author_key):
            yield commit
            count, last = count + 1, commit.sha
        return
    except GitError:
        if not process.returncode or process.returncode < 0:
            raise
    _refuse_old()
    listed = repo.run(["rev-list", *query.args, "--"], query.stdin, _left(until)).decode().split()
    if count and listed[count - 1 : count] != [last]:
        raise GitError("the repository changed while it was read", "try again")
    yield from _read_listed(repo, listed[count:], until)


def _refuse_old() -> None:
    """Refuse a git that lacks what it was asked for: that is the cheaper question of the two."""
    from cigate.git.version import read_version, refuse_old

    refuse_old(read_version())


def _read_listed(repo: Repository, oids: list[str], until: float | None) -> Iterator[Commit]:
    """Yield the commits `oids`, each with line counts if git can find them.

    A git is told twice as many as the one before it, a few after one that died.
    """
    lost, most = 0, LISTED_AT_ONCE
    while oids:
        process = _start_log(repo, _LISTED, _lines(oids[:most]))
        done = 0
        try:
            for commit in parse_log(process.chunks(until), repo.author_key):
                yield commit
                done += 1
            oids, most = oids[most:], 2 * most
            continue
        except GitError:
            if not process.returncode or process.returncode < 0:
                raise
        # Git died in the commit that it printed last or before the one after that.
        suspects = oids[:most][done : done + 2]
        for oid in suspects:
            commit, counted = _read_one(repo, oid, until)
            yield commit
            lost += not counted
        oids, most = oids[done + len(suspects) :], LISTED_AT_ONCE
        if lost > MAX_LOST:
            yield from _read_uncounted(repo, oids, until)
            return


def _read_uncounted(repo: Repository, oids: list[str], until: float | None) -> Iterator[Commit]:
    """Yield the commits `oids` without line counts: a clone that lacks this much lacks it on purpose."""
    process = _start_log(repo, _LISTED, _lines(oids), UNCOUNTED)
    for commit in parse_log(process.chunks(until), repo.author_key):
        yield commit
        repo.missing += 1


def _read_one(repo: Repository, oid: str, until: float | None) -> tuple[Commit, bool]:
    """Return the commit `oid` and whether its lines could be counted."""
    process = _start_log(repo, _LISTED, _lines([oid]))
    try:
        return next(parse_log(list(process.chunks(until)), repo.author_key)), True
    except GitError:
        if not process.returncode or process.returncode < 0:
            raise
    process = _start_log(repo, _LISTED, _lines([oid]), UNCOUNTED)
    commit = next(parse_log(list(process.chunks(until)), repo.author_key))
    repo.missing += 1
    return commit, False


def _beyond_the_cut(
    repo: Repository, query: Query, limit: int, found: list[Commit], until: float
) -> list[Commit]:
    """Return what the limit hid: it cuts all heads together, yet each has a right to its own.

    One git lists what is new, whatever the number of heads: a git for each took 30 s for 1,000 of them.
    """
    everything = Query(query.heads, query.exclude, query.not_remotes)
    args = ["rev-list", "--timestamp", "--parents", *everything.args, "--"]
    listed = {commit.sha: commit for commit in _bare(repo.run(args, everything.stdin, _left(until)))}
    tips = _peel(repo, [head for head in query.heads if head not in listed], until)
    known = {commit.sha for commit in found}
    wanted: dict[str, None] = {}
    for head in query.heads:
        new, _ = new_commits(tips.get(head, head), listed, (), limit + 1)
        wanted.update((commit.sha, None) for commit in new if commit.sha not in known)
    return list(_read_listed(repo, list(wanted), until))


def _bare(listing: bytes) -> Iterator[Commit]:
    """Yield the commits of a listing by their ids, parents and dates alone."""
    for line in listing.decode().splitlines():
        committed_at, sha, *parents = line.split(" ")
        yield Commit(sha, tuple(parents), "", 0, int(committed_at), "", ())


def _peel(repo: Repository, heads: list[str], until: float) -> dict[str, str]:
    """Return the commit behind each of `heads`, which git showed no commit for.

    What is there already is no news, and what is no commit has none; but an id that is unknown
    here was passed over in silence, and that must not look the same.
    """
    if not heads:
        return {}
    asked = "".join(f"{head}^{{}}\n" for head in heads).encode()
    lines = repo.run(["cat-file", "--batch-check"], asked, _left(until)).decode().splitlines()
    tips = {}
    for head, line in zip(heads, lines, strict=True):
        oid, _, kind = line.partition(" ")
        if kind == "missing":
            raise GitError(f"{head[:12]} is not in this repository", "git fetch brings it")
        tips[head] = oid if kind.startswith("commit ") else ""
    return tips


def _checked(oid: str) -> str:
    if len(oid) not in (40, 64) or not _HEX.issuperset(oid):
        raise UsageError(f"'{oid}' is no object id", "give 40 or 64 hexadecimal digits")
    return oid


def _lines(oids: list[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode()


def _left(until: float | None) -> float:
    return 600 if until is None else max(until - monotonic(), 0.001)
