"""Files whose names, kinds and contents are not what one hopes for."""

from __future__ import annotations

from tests.torture.case import NEVER, NOT_JUDGED, Build, Case, Claim, fails, names, says
from tests.torture.ground import Ground

LONG = b"/".join([b"d" * 200] * 20)  # 4 KB: longer than a path that the system would open


def files(*paths: bytes) -> Build:
    """Commit the telltale and a file of each name."""

    def build(ground: Ground) -> None:
        ground.work.write(dict.fromkeys(paths, "x\n"))
        ground.commit()

    return build


def in_the_index(*paths: bytes) -> Build:
    """Commit names that no work tree could hold, by the index alone."""

    def build(ground: Ground) -> None:
        work = ground.work
        ground.telltale_tree()
        blob = work.git("hash-object", "-w", "--stdin", stdin=b"x\n")
        lines = b"".join(b"100644 %s 0\t%s\0" % (blob.encode(), path) for path in paths)
        work.git("update-index", "-z", "--index-info", stdin=lines)
        work.git("commit", "-q", "-m", "Add names")

    return build


def tree_entries(*entries: tuple[bytes, bytes]) -> Build:
    """Commit a tree that git itself would not write: (mode, name) of blobs, in this order."""

    def build(ground: Ground) -> None:
        work = ground.work
        tree = ground.telltale_tree()
        blob = bytes.fromhex(work.git("hash-object", "-w", "--stdin", stdin=b"x\n"))
        listed = work.git_raw("cat-file", "tree", tree).stdout
        for mode, name in entries:
            listed += mode + b" " + name + b"\0" + blob
        odd = work.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=listed)
        ground.raw_commit(commit_text(odd, work.head("HEAD")))

    return build


def commit_text(tree: str, *parents: str, author: bytes = b"a <a@example.invalid> 1600000500 +0000") -> bytes:
    """Return the bytes of a commit."""
    lines = [b"tree " + tree.encode(), *(b"parent " + oid.encode() for oid in parents)]
    lines += [b"author " + author, b"committer c <c@example.invalid> 1600000500 +0000", b"", b"Change\n"]
    return b"\n".join(lines)


def links(targets: dict[str, str]) -> Build:
    """Commit symbolic links by their names and targets."""

    def build(ground: Ground) -> None:
        for name, target in targets.items():
            path = ground.work.path / name
            path.unlink(missing_ok=True)
            path.symlink_to(target)
        ground.commit()

    return build


def link_to(name: str, target: str) -> Claim:
    """Claim that the head commit holds a symbolic link to `target`."""
    return says(target, "cat-file", "blob", f"main:{name}")


def content(data: dict[str, bytes]) -> Build:
    """Commit files of this content."""

    def build(ground: Ground) -> None:
        ground.commit(data)

    return build


def named(name: str, *paths: bytes, pre_commit: str | None = None, why: str = "", quick: bool = True) -> Case:
    """Return the case of a commit with files of these names."""
    return Case(name, files(*paths), names(*paths), pre_commit=pre_commit, why=why, quick=quick)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 3000000000\n"

CASES = (
    named("a line break in a file's name", b"new\nline\r\n.py"),
    named("quotes and backslashes in names", b"quo\"te'.py", b"back\\slash\\", b"`touch x`.py", b"$(id).py"),
    named("names that look like options", b"--output=x", b"-rf", b"--", b"-"),
    named(
        *("names that are no UTF-8", b"caf\xe9.py", b"\xff\xfe\xfd", b"\xed\xa0\x80.py"),
        pre_commit=NEVER,
        why="pre-commit breaks on such a name itself, before it starts a hook, and stops the push",
    ),
    named("terminal escapes in names", b"\x1b]0;owned\x07", b"\x1b[2J\x1b[1;1H.py", b"\x7f\x08", quick=False),
    named(
        "the other kind of terminal escapes in names",
        b"\xc2\x9b31m.py",
        b"\xc2\x9d0;owned\xc2\x9c",
        quick=False,
    ),
    named("commands to a CI server as names", b"::error::x", b"##vso[task.setvariable]x", b"##[error]"),
    named("names that turn the direction of text", "\u202egpj.exe".encode(), "\u2066x\u2069".encode()),
    named("tabs, blanks and a name of dots", b"a\tb\t0\t0", b" ", b"...", b"x ", b":(glob)**", b"*?[a]"),
    named("names that differ in case or form only", b"A.py", b"a.py", "\u00e9".encode(), "e\u0301".encode()),
    Case("a path of four kilobytes", in_the_index(LONG), names(LONG)),
    Case(
        "names that git keeps for itself",
        tree_entries((b"100644", b".git"), (b"100644", b"..")),
        fails("fsck", "--strict", words="hasDot"),
    ),
    Case(
        "one name twice in a tree",
        tree_entries((b"100644", b"zz"), (b"100644", b"zz")),
        fails("fsck", words="duplicateEntries"),
    ),
    Case(
        "modes that no file has",
        tree_entries((b"100000", b"zz"), (b"107777", b"zzz")),
        lambda ground: b"badFilemode" in ground.work.git_raw("fsck", "--strict").stderr,
        quick=False,
    ),
    Case(
        "links into the system and in circles",
        links({"passwd": "/etc/passwd", "loop": "loop", "zero": "/dev/zero", "up": "../" * 50}),
        link_to("zero", "/dev/zero"),
    ),
    Case(
        "a configuration that is a link to an endless file",
        links({".cigate.toml": "/dev/zero"}),
        link_to(".cigate.toml", "/dev/zero"),
        NOT_JUDGED,
        quick=False,
    ),
    Case(
        "a configuration of a hundred thousand brackets",
        content({"pyproject.toml": b"[tool.cigate]\nmode = " + b"[" * 100_000}),
        says("100021", "cat-file", "-s", "main:pyproject.toml"),
        NOT_JUDGED,
        quick=False,
    ),
    Case(
        "pointers to files that are elsewhere",
        content({"big.bin": LFS, ".gitattributes": b"*.bin filter=lfs diff=lfs merge=lfs -text\n"}),
        lambda ground: b"oid sha256" in ground.work.git_raw("cat-file", "blob", "main:big.bin").stdout,
    ),
    Case(
        "attributes that hide every line",
        content({".gitattributes": b"* -diff binary -text\n.github/** export-ignore linguist-generated\n"}),
        says(".github/workflows/ci.yml: diff: unset", "check-attr", "diff", ".github/workflows/ci.yml"),
    ),
    Case(
        "text in UTF-16 and lines without end",
        content({"a.ps1": "x\n".encode("utf-16"), "one": b"x" * 2_000_000, "nul": b"\0" * 1000}),
        says("2000000", "cat-file", "-s", "main:one"),
    ),
)
