"""One repository: where it is, and git started in it.

Must not interpret commits; no object id or revision ever becomes an argument of git.
"""

from __future__ import annotations

import os

from cigate.errors import GitError
from cigate.git.pins import CONFIG, LOCAL, open_environment, pinned_environment
from cigate.git.process import Process, failure
from cigate.git.reading import Query, Reading, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cigate.change import Commit

_HASH_BYTES = {"sha1": 20, "sha256": 32}
_WHERE = ("--show-object-format", "--path-format=absolute", "--git-dir", "--git-common-dir")


class Repository:
    """A repository on disk.

    `top` is the root of the work tree, None where there is none. `missing` counts the commits that
    had to be read without line counts, because git could not read a file's content.
    """

    def __init__(
        self,
        git_dir: str,
        common_dir: str,
        top: str | None,
        env: Mapping[str, str],
        author_key: bytes = b"",
        hash_bytes: int = 0,
    ) -> None:
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.top = top
        self.path = top or git_dir
        self.author_key = author_key
        self.missing = 0
        self._hash_bytes = hash_bytes
        self._env = pinned_environment(env, git_dir)
        self._shallow: frozenset[str] | None = None

    @classmethod
    def open(
        cls, path: str = ".", author_key: bytes = b"", env: Mapping[str, str] | None = None
    ) -> Repository:
        """Ask git which repository `path` lies in (one process).

        A GIT_DIR of the environment, which a hook may have, counts for "." only.

        Raises:
            GitError: where git is missing, there is no repository, or git does not trust it.
        """
        env = os.environ if env is None else env
        if path != ".":
            env = {name: value for name, value in env.items() if name not in LOCAL}
        asked = Process(["-C", path, "rev-parse", *_WHERE, "--show-cdup"], b"", open_environment(env))
        returncode, out, stderr = asked.communicate(60)
        if returncode:
            raise failure(returncode, stderr)
        lines = os.fsdecode(out).split("\n")
        if len(lines) not in (4, 5) or lines[-1] or lines[0] not in _HASH_BYTES:
            from cigate.git.version import read_version, refuse_old

            refuse_old(read_version(env))
            raise GitError("git named this repository in a way that cigate does not understand")
        top = os.path.abspath(os.path.join(path, lines[3])) if len(lines) == 5 else None
        return cls(lines[1], lines[2], top, env, author_key, _HASH_BYTES[lines[0]])

    @classmethod
    def of_hook(cls, env: Mapping[str, str], author_key: bytes = b"") -> Repository:
        """Return the repository whose hook git runs right now, as a rule without asking git.

        Git has just found, checked and named it: in GIT_DIR, or by starting the hook beside its
        `.git`. Wherever that is not plain to see, git is asked after all.

        Raises:
            GitError: as `open` does.
        """
        git_dir = os.path.abspath(env.get("GIT_DIR") or ".git")
        common_dir = _common_dir(git_dir)
        known = "GIT_DIR" in env or _owned(git_dir)
        if not (known and os.path.isdir(os.path.join(common_dir, "objects"))) or (
            "GIT_COMMON_DIR" in env
            or not os.path.isfile(os.path.join(git_dir, "HEAD"))
            or _may_be_elsewhere(git_dir, common_dir, env)
        ):
            return cls.open(".", author_key, env)
        bare = env.get("GIT_DIR") == "."
        return cls(git_dir, common_dir, None if bare else os.getcwd(), env, author_key)

    @property
    def hash_bytes(self) -> int:
        """Return the length of an object id in bytes: 20, or 32 for SHA-256."""
        if not self._hash_bytes:
            said = self.run(["rev-parse", "--show-object-format"]).decode().strip()
            self._hash_bytes = _HASH_BYTES[said]
        return self._hash_bytes

    @property
    def boundary(self) -> frozenset[str]:
        """Return the commits whose parents a shallow clone pretends not to exist."""
        if self._shallow is None:
            try:
                with open(os.path.join(self.common_dir, "shallow"), "rb") as lines:
                    self._shallow = frozenset(lines.read().decode("ascii", "replace").split())
            except FileNotFoundError:
                self._shallow = frozenset()
            except OSError as error:
                raise GitError(f"{error.filename}: {error.strerror}") from None
        return self._shallow

    @property
    def shallow(self) -> bool:
        """Return whether some of the history is cut off."""
        return bool(self.boundary)

    def start(self, args: Sequence[str], stdin: bytes = b"") -> Process:
        """Start `git ARGS` here with everything pinned; what comes of it is the caller's to read.

        Raises:
            GitError: where git cannot be started.
        """
        return Process(["-C", self.git_dir, *CONFIG, *args], stdin, self._env)

    def run(self, args: Sequence[str], stdin: bytes = b"", deadline_s: float = 60) -> bytes:
        """Return what `git ARGS` prints.

        Raises:
            GitError: where git fails (in its own words) or takes longer than `deadline_s`.
        """
        returncode, out, stderr = self.start(args, stdin).communicate(deadline_s)
        if returncode:
            raise failure(returncode, stderr)
        return out

    def resolve(self, rev: str) -> str:
        """Return the id of the commit that `rev` names; tags are peeled.

        Raises:
            GitError: where it names none, or more than one.
        """
        asked = os.fsencode(rev)
        if rev and b"\n" not in asked and b"\0" not in asked:
            answer = self.run(["cat-file", "--batch-check"], asked + b"^{commit}\n")
            oid, _, kind = answer.decode(errors="replace").rpartition("\n")[0].partition(" ")
            if kind.startswith("commit ") and len(oid) in (40, 64):
                return oid
        raise GitError(f"no commit is called '{rev}' here", "`git log --all --oneline` lists what there is")

    def start_reading(
        self,
        heads: Sequence[str],
        exclude: Sequence[str] = (),
        not_remotes: bool = False,
        limit: int | None = None,
    ) -> Reading:
        """Start to read what `heads` (object ids) have and `exclude` has not, and return at once.

        Ids in `exclude` that are unknown here exclude nothing; zeros are skipped. `not_remotes`
        also leaves out what any remote-tracking branch has. At most `limit` commits for each head
        are judged: one more is read, to tell a cut from an end.

        Raises:
            UsageError: where something given is no object id.
            GitError: where git cannot be started.
        """
        return Reading(self, Query(heads, exclude, not_remotes, limit))

    def read_commits(
        self,
        heads: Sequence[str] = (),
        exclude: Sequence[str] = (),
        not_remotes: bool = False,
        limit: int | None = None,
        all_refs: bool = False,
    ) -> Iterator[Commit]:
        """Yield the same commits as they come, newest first; with `all_refs` all there are.

        A shallow repository is for the caller to refuse (`refuse_shallow`).

        Raises:
            GitError: where git fails, in the middle of the stream too.
        """
        return read(self, Query(heads, exclude, not_remotes, limit, all_refs))


def _common_dir(git_dir: str) -> str:
    """Return the directory that linked worktrees share."""
    try:
        with open(os.path.join(git_dir, "commondir"), "rb") as line:
            return os.path.normpath(os.path.join(git_dir, os.fsdecode(line.read()).strip("\n")))
    except OSError:
        return git_dir


def _may_be_elsewhere(git_dir: str, common_dir: str, env: Mapping[str, str]) -> bool:
    """Return whether a work tree is named by the environment or by core.worktree, as submodules do.

    Git then starts hooks wherever it was started itself, and always with GIT_DIR set.
    """
    if "GIT_DIR" not in env or "GIT_WORK_TREE" in env:
        return "GIT_WORK_TREE" in env
    for path in (os.path.join(common_dir, "config"), os.path.join(git_dir, "config.worktree")):
        try:
            with open(path, "rb") as file:
                text = file.read().lower()
        except OSError:
            continue
        if b"worktree" in text.replace(b"worktreeconfig", b""):
            return True
    return False


def _owned(git_dir: str) -> bool:
    """Return whether `git_dir` is a directory of this user's: git would ask the same."""
    try:
        return os.path.isdir(git_dir) and os.stat(git_dir).st_uid == os.geteuid()
    except OSError:
        return False
