"""What a nasty repository is: how it is built, what it claims to be, and which answer it deserves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.ground import NATIVE, PRE_COMMIT, PREDICT, Ground

# The answers. SEEN proves that the commit with the telltale was read, FINE that it was not among what
# was read; NEVER means that git or pre-commit gave up before cigate was started.
SEEN, FINE, NOTHING, NOT_JUDGED, NEVER = "seen", "fine", "nothing", "not judged", "never"

Build = Callable[[Ground], None]
Claim = Callable[[Ground], bool]


@dataclass(frozen=True)
class Case:
    """One nasty repository and one push from it.

    `pre_commit` and `predict` default to the `native` answer, "" leaves the form out, and `why` says
    why it differs or is left out. `counts` is whether the number of commits can be held against git's
    own. `quick` is whether it is tried in every run of the suite. `refused` is whether git itself refuses
    the push, whatever cigate says.
    """

    name: str
    build: Build
    claim: Claim
    native: str = SEEN
    pre_commit: str | None = None
    predict: str | None = None
    why: str = ""
    push: tuple[str | bytes, ...] = ("origin", "main")
    head: str = "HEAD"
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "work"
    object_format: str = "sha1"
    refused: bool = False
    counts: bool = True
    quick: bool = True
    needs: Callable[[], str] = lambda: ""

    def __post_init__(self) -> None:
        differs = self.pre_commit not in (None, self.native) or self.predict not in (None, self.native)
        assert bool(self.why) == differs, f"{self.name}: say why the forms differ, and only then"

    def expected(self, form: str) -> str:
        """Return the answer that a form must give, "" where the form is left out."""
        other = {NATIVE: None, PRE_COMMIT: self.pre_commit, PREDICT: self.predict}[form]
        return self.native if other is None else other

    def place(self, ground: Ground) -> Path:
        """Return the folder that is pushed from."""
        return ground.place / self.cwd


def names(*paths: bytes) -> Claim:
    """Claim that the head commit touches a file of each name."""

    def claim(ground: Ground) -> bool:
        listed = ground.work.git_raw("log", "-1", "-m", "--name-only", "--format=", "-z", "main").stdout
        return set(paths) <= set(listed.split(b"\0"))

    return claim


def head_holds(*parts: bytes) -> Claim:
    """Claim that the head commit's bytes hold each of `parts`."""

    def claim(ground: Ground) -> bool:
        text = ground.work.git_raw("cat-file", "commit", "main").stdout
        return all(part in text for part in parts)

    return claim


def springs(*args: str, env: Mapping[str, str] | None = None) -> Claim:
    """Claim that a plain git command here starts the attacker's program."""

    def claim(ground: Ground) -> bool:
        ground.forget()
        ground.work.git_raw(*args, env={**ground.env, **(env or {})})
        sprung = bool(ground.sprung(by_us=False))
        ground.forget()
        return sprung

    return claim


def says(expected: str, *args: str | bytes) -> Claim:
    """Claim that git, asked like this, answers exactly that."""

    def claim(ground: Ground) -> bool:
        return ground.work.git_raw(*args).stdout.decode(errors="surrogateescape").strip() == expected

    return claim


def fails(*args: str, words: str = "") -> Claim:
    """Claim that a plain git command fails here, and with these words."""

    def claim(ground: Ground) -> bool:
        done = ground.work.git_raw(*args)
        return done.returncode != 0 and words.encode() in done.stderr

    return claim
