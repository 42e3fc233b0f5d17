"""A made-up project of any size: its finished builds and its git repository, from a seed.

As broad as a busy repository, so that tables, trees and forests are as large as they get. Nothing in
it is random from one run to the next.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from random import Random

from cigate.change import BuildRecord, Change, Commit, FileChange
from tests.repo import Repo

START = 1_600_000_000
GAP_S = 1200
FILES = 3_000
WORDS = "fix add remove update refactor test cache parser login retry export layout release".split()
EXTENSIONS = (".py", ".py", ".js", ".rb", ".md", ".yml", ".html", ".java", ".toml", "_test.py")
AUTHORS = [f"{n:016x}" for n in range(1, 61)]
RISKY = frozenset(AUTHORS[:9])
PUSHED = 20


def path_of(number: int) -> str:
    """Return the name of a file; neighbouring numbers share a folder."""
    return f"part{number % 17}/area{number // 40}/file{number}{EXTENSIONS[number % len(EXTENSIONS)]}"


def make_records(count: int, seed: int = 1, commits: int = 2) -> Iterator[BuildRecord]:
    """Yield `count` finished builds in the order of their pushes, of `commits` commits each.

    The author, the files and whether the branch was red decide half of the outcomes, chance the rest.
    """
    draw = Random(seed)
    red: dict[str, bool] = {}
    for number in range(count):
        branch = "main" if draw.random() < 0.5 else f"topic/{number // 8}"
        author = draw.choice(AUTHORS)
        at = START + number * GAP_S
        center = draw.randrange(10 * FILES)
        made = [_make_commit(draw, number, place, author, at, center) for place in range(commits)]
        chance = 0.06 + 0.25 * (center < 3 * FILES) + 0.2 * (author in RISKY) + 0.3 * red.get(branch, False)
        failed = red[branch] = draw.random() < chance
        change = Change(made[0].sha, f"{number:040x}", branch, author, at, tuple(made))
        finished_at = at + draw.randrange(300, 3000)
        yield BuildRecord(f"b{number}", change, "failed" if failed else "passed", at, finished_at, "ci")


def _make_commit(draw: Random, number: int, place: int, author: str, at: int, center: int) -> Commit:
    files = [
        FileChange(
            path_of((center + draw.randrange(60)) % (10 * FILES)), draw.randrange(60), draw.randrange(20)
        )
        for _ in range(1 + int(draw.expovariate(0.4)))
    ]
    sha = f"{number + 1:020x}{place:020x}"
    subject = " ".join(draw.choices(WORDS, k=5))
    return Commit(sha, (f"{number:040x}",), author, at - 600, at - 300, subject, tuple(files))


def make_repository(folder: Path, commits: int, pushed: int = PUSHED) -> Repo:
    """Create a repository of `commits` commits on main, the last `pushed` of which no remote has."""
    repo = Repo.init(folder)
    repo.git("remote", "add", "origin", "../nowhere.git")
    process = subprocess.Popen(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=folder,
        stdin=subprocess.PIPE,
        env=_environment(repo),
    )
    assert process.stdin is not None
    for piece in _stream(commits, pushed):
        process.stdin.write(piece)
    process.stdin.close()
    if process.wait():
        raise RuntimeError("git fast-import failed")
    repo.git("commit-graph", "write", "--reachable")
    return repo


def _environment(repo: Repo) -> dict[str, str]:
    from tests.repo import clean_environment

    return clean_environment() | repo.env


def _stream(commits: int, pushed: int) -> Iterator[bytes]:
    """Yield the input of git fast-import: a tree of FILES files, then a few of them anew each time."""
    draw = Random(7)
    for number in range(commits):
        author = draw.choice(AUTHORS)
        subject = " ".join(draw.choices(WORDS, k=5)).encode()
        ref = "refs/remotes/origin/main" if number < commits - pushed else "refs/heads/main"
        who = f"{author} <{author}@example.invalid> {START + 600 * number} +0000"
        head = [f"commit {ref}\nauthor {who}\ncommitter {who}\n", f"data {len(subject)}\n"]
        yield "".join(head).encode() + subject + b"\n"
        if number == commits - pushed and number:
            yield b"from refs/remotes/origin/main\n"
        if number == 0:
            yield b"".join(_file(file, draw) for file in range(FILES))
            continue
        first = draw.randrange(FILES)
        for step in accumulate(draw.choices((1, 2, 5, 40), k=3)):
            yield _file((first + step) % FILES, draw)


def _file(number: int, draw: Random) -> bytes:
    """Return one file of 40 lines, some of them different each time."""
    lines = [f"line {n} of file {number}, version 0\n" for n in range(40)]
    for _ in range(4):
        place = draw.randrange(40)
        lines[place] = f"line {place} of file {number}, now {draw.random()}\n"
    data = "".join(lines).encode()
    return f"M 100644 inline {path_of(number)}\ndata {len(data)}\n".encode() + data + b"\n"
