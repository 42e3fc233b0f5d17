"""Which refs a push moves, as git's pre-push lines or pre-commit's variables tell it.

Pure functions of what was handed over: must not ask git, nor read the environment itself.
"""

from __future__ import annotations

from cigate.change import Fact
from cigate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

_BRANCHES = "refs/heads/"
_TAGS = "refs/tags/"
_HEX = frozenset(b"0123456789abcdef")


class RefUpdate(Fact):
    """One ref that a push moves.

    Ids are full object ids, zeros where there is none: `local_oid` of a deletion, `remote_oid` of
    a new ref. pre-commit may leave an id out (""), or give a revision instead where a person named
    one; `local` is then what there is to resolve. `local_ref` may be any revision, or "(delete)".
    """

    __slots__ = ("local_oid", "local_ref", "remote_oid", "remote_ref")
    local_ref: Final[str]
    local_oid: Final[str]
    remote_ref: Final[str]
    remote_oid: Final[str]

    def __init__(self, local_ref: str, local_oid: str, remote_ref: str, remote_oid: str) -> None:
        self.local_ref = local_ref
        self.local_oid = local_oid
        self.remote_ref = remote_ref
        self.remote_oid = remote_oid

    @property
    def local(self) -> str:
        """Return the revision to push: its id if that is known, else its name."""
        return self.local_oid or self.local_ref

    @property
    def deletes(self) -> bool:
        """Return whether the remote's ref goes away."""
        return bool(self.local_oid) and not self.local_oid.strip("0")

    @property
    def creates(self) -> bool:
        """Return whether the remote has no such ref yet, as far as is known."""
        return not self.remote_oid.strip("0")

    @property
    def branch(self) -> str:
        """Return the name of the remote branch, "" where the ref is none."""
        return self.remote_ref.removeprefix(_BRANCHES) if self._under(_BRANCHES) else ""

    @property
    def is_tag(self) -> bool:
        """Return whether the remote's ref is a tag."""
        return self._under(_TAGS)

    def _under(self, folder: str) -> bool:
        return self.remote_ref.startswith(folder)


class Push(Fact):
    """Everything one push moves, or the one ref of it that was shown.

    `remote` is "" for a push by URL; `url` has lost its user and password.
    """

    __slots__ = ("remote", "sees_all_refs", "updates", "url")
    remote: Final[str]
    url: Final[str]
    updates: Final[tuple[RefUpdate, ...]]
    sees_all_refs: Final[bool]

    def __init__(self, remote: str, url: str, updates: tuple[RefUpdate, ...], sees_all_refs: bool) -> None:
        self.remote = remote
        self.url = url
        self.updates = updates
        self.sees_all_refs = sees_all_refs


def parse_pre_push(stdin: bytes, argv: Sequence[str]) -> Push:
    """Return the push that git described to its pre-push hook.

    `argv` are the hook's arguments: the remote's name (its URL where it has none) and its URL.

    Raises:
        UsageError: where a line is not of git's form; it names the line.
    """
    lines = stdin.removesuffix(b"\n").split(b"\n") if stdin else []
    updates = tuple(_parse_line(line, number) for number, line in enumerate(lines, 1))
    remote, url = (*argv, "", "")[:2]
    return Push("" if remote == url else remote, without_login(url), updates, True)


def parse_pre_commit(env: Mapping[str, str]) -> Push | None:
    """Return the one ref of a push that pre-commit shows to a pre-push hook, None if it shows none.

    It leaves out the range for a ref that brings a root commit: then only the names are known.
    """
    local_ref = env.get("PRE_COMMIT_LOCAL_BRANCH", "")
    local_oid = env.get("PRE_COMMIT_TO_REF", "")
    if not (local_ref or local_oid):
        return None
    update = RefUpdate(
        local_ref,
        local_oid,
        env.get("PRE_COMMIT_REMOTE_BRANCH", ""),
        env.get("PRE_COMMIT_FROM_REF", ""),
    )
    remote, url = env.get("PRE_COMMIT_REMOTE_NAME", ""), env.get("PRE_COMMIT_REMOTE_URL", "")
    return Push("" if remote == url else remote, without_login(url), (update,), False)


def _parse_line(line: bytes, number: int) -> RefUpdate:
    """Return the update in `<local ref> <local id> <remote ref> <remote id>`.

    The local ref is whatever was typed, spaces included; no other field has any.
    """
    fields = line.rsplit(b" ", 3)
    if len(fields) != 4 or not (fields[0] and fields[2] and _are_oids(fields[1], fields[3])):
        raise UsageError(
            f"line {number} of the pre-push input is not one of git's",
            "give '<local ref> <local id> <remote ref> <remote id>' a line, as git does",
        )
    local_ref, local_oid, remote_ref, remote_oid = (
        field.decode("utf-8", "surrogateescape") for field in fields
    )
    return RefUpdate(local_ref, local_oid, remote_ref, remote_oid)


def _are_oids(one: bytes, other: bytes) -> bool:
    return len(one) == len(other) and len(one) in (40, 64) and _HEX.issuperset(one + other)


def without_login(url: str) -> str:
    """Return `url` without the user and password that it may carry; a path stays as it is."""
    scheme, mark, rest = url.rpartition("://")
    host, sign, path = rest.partition("/" if mark else ":")
    if not mark and ("/" in host or not sign):
        return url  # a path, which may hold an @
    return scheme + mark + host.rpartition("@")[2] + sign + path
