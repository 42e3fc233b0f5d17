"""Pushes of a size that nobody expects; a part of `make torture` only."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.repo import Repo
from tests.torture.case import FINE, Case, says
from tests.torture.ground import Ground

COMMITTER = "committer a <a@example.invalid> {at} +0000\ndata 1\nx\n"
IN_TIME = {"CIGATE_TIME_LIMIT": "5"}


def imported(ground: Ground, lines: Iterator[bytes]) -> None:
    """Load a stream for `git fast-import`, as the branch `main`."""
    ground.work.fast_import(b"".join(lines))
    ground.work.git("reset", "-q")


def head_of(number: int, start: str) -> bytes:
    """Return the beginning of a commit in a stream."""
    text = (
        f"commit refs/heads/main\nmark :{number}\n{COMMITTER.format(at=1_600_000_100 + number)}from {start}\n"
    )
    return text.encode()


def inline(path: str, content: bytes) -> bytes:
    """Return a file of a commit in a stream."""
    return f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


def many_files(ground: Ground) -> None:
    """Add 100,000 files and the telltale in one commit."""

    def lines() -> Iterator[bytes]:
        yield head_of(1, ground.work.head())
        yield inline(".github/workflows/ci.yml", b"on: push\n")
        for number in range(100_000):
            yield inline(f"src/{number % 300}/f{number}.py", b"%d\n" % number)

    imported(ground, lines())


def many_lines(ground: Ground) -> None:
    """Change 2,000,000 lines."""
    ground.work.commit({"data.txt": b"".join(b"%d old\n" % n for n in range(1_000_000))})
    ground.work.git("push", "-q", "--no-verify", "origin", "main")
    ground.commit({"data.txt": b"".join(b"%d new\n" % (n * 7) for n in range(1_000_000))})


def many_bytes(ground: Ground) -> None:
    """Add and change files of 30 MB that are not text."""
    ground.work.commit({"a.bin": os.urandom(30_000_000)})
    ground.work.git("push", "-q", "--no-verify", "origin", "main")
    ground.commit({"a.bin": os.urandom(30_000_000), "b.bin": b"\0" + os.urandom(30_000_000)})


def many_commits(ground: Ground) -> None:
    """Push 20,000 commits to a second remote, which has none of them, though the first has."""

    def lines() -> Iterator[bytes]:
        start = ground.work.head()
        for number in range(1, 20_001):
            yield head_of(number, start)
            yield inline(f"src/f{number % 500}.py", b"%d\n" % number)
            start = f":{number}"

    imported(ground, lines())
    ground.work.bare_remote("second", ground.place / "second.git")
    ground.work.git("checkout", "-q", "-f", "main")
    ground.commit()


def many_refs(ground: Ground) -> None:
    """Push a thousand branches, each with a commit of its own; one has the telltale."""
    work = ground.work
    base = work.head()

    def lines() -> Iterator[bytes]:
        for number in range(1000):
            yield head_of(number + 1, base).replace(b"refs/heads/main", b"refs/heads/t/%d" % number)
            path = ".github/workflows/ci.yml" if number == 500 else f"f{number}.py"
            yield inline(path, b"x\n")

    work.fast_import(b"".join(lines()))
    work.git("symbolic-ref", "HEAD", "refs/heads/t/500")


def second(ground: Ground) -> Repo:
    """Return the second remote."""
    return Repo(ground.place / "second.git", bare=True)


CASES = (
    Case(
        "100,000 files in a commit",
        many_files,
        lambda g: g.work.git("ls-tree", "-r", "main").count("\n") > 100_000,
        env=IN_TIME,
    ),
    Case(
        "a difference of two million lines",
        many_lines,
        lambda g: "1000000" in g.work.git("diff", "--numstat", "HEAD~1", "HEAD"),
        env=IN_TIME,
    ),
    Case(
        "files of thirty megabytes", many_bytes, says("30000001", "cat-file", "-s", "main:b.bin"), env=IN_TIME
    ),
    Case(
        "20,000 commits to a second remote",
        many_commits,
        says("20002", "rev-list", "--count", "main"),
        push=("second", "main"),
        env=IN_TIME,
    ),
    Case(
        "a thousand branches",
        many_refs,
        lambda g: g.work.git("branch").count("\n") == 1000,
        push=("origin", "refs/heads/t/*:refs/heads/t/*"),
        pre_commit=FINE,
        why="pre-commit shows the first ref only",
        env=IN_TIME,
    ),
)
