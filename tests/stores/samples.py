"""Records for the tests of stores: plain ones, and one that is as strange as git allows."""

from __future__ import annotations

from cigate.change import BuildRecord, Change, Commit, FileChange

# Bytes that are not UTF-8, a line break, a backslash and an astral character, as git may give them.
STRANGE = b"caf\xe9\n\\u00e9 \xf0\x9f\x90\x8d\xed\xa0\x80".decode("utf-8", "surrogateescape")


def record(number: int, finished_at: int | None = None, **fields: str) -> BuildRecord:
    """Return the build `number`: distinct by its id, its head and its times."""
    at = 1_600_000_000 + number * 60
    head = f"{number:040x}"
    commit = Commit(
        head,
        (f"{number - 1:040x}",),
        "0123456789abcdef",
        at - 5,
        at,
        f"change {number}",
        (FileChange(f"src/{number}.py", number, 0), FileChange("logo.png", None, None, "A")),
    )
    change = Change(head, commit.parents[0], fields.get("branch", "main"), commit.author, at, (commit,))
    return BuildRecord(
        id=fields.get("id", f"test/{number}/1/"),
        change=change,
        outcome=fields.get("outcome", "failed" if number % 4 == 0 else "passed"),
        started_at=at + 10,
        finished_at=at + 300 if finished_at is None else finished_at,
        provider="test",
        workflow=fields.get("workflow", ""),
        p_run=0.05 if number % 7 == 0 else 1.0,
    )


def strange_record() -> BuildRecord:
    """Return a build in which every field is at its worst."""
    files = (FileChange(STRANGE, None, None, "T"), FileChange("\0", 2**40, 0, "C"))
    merge = Commit("ab" * 32, ("cd" * 32, "ef" * 32, ""), "", -5, 2**33, STRANGE, files, 7, 8, 9)
    bare = Commit("ef" * 32, (), "", 0, 0, "", ())
    change = Change("ab" * 32, "", STRANGE, "", 2**33, (merge, bare), STRANGE, STRANGE, False)
    return BuildRecord(
        STRANGE, change, "canceled", -1, 2**33 + 1, STRANGE, STRANGE, 12, "https://x/?a=%00&\0", 1e-9
    )
