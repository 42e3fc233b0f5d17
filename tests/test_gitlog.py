"""The parser reads git's bytes as they are cut, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cigate.change import Commit, FileChange
from cigate.errors import GitError
from cigate.gitlog import MAX_FILES, parse_log
from cigate.identity import pseudonym

OID = b"0123456789abcdef0123456789abcdef01234567"


def _header(sha: bytes = OID, parents: bytes = b"", who: bytes = b"a@x\nAnn", subject: bytes = b"s") -> bytes:
    return b"\0" + b"\n".join([sha, parents, b"10", b"20", who, subject]) + b"\0"


def _raw(status: bytes, *names: bytes) -> bytes:
    modes = b":100644 100644 " + OID + b" " + OID + b" "
    return modes + status + b"\0" + b"".join(name + b"\0" for name in names)


FILES = (
    b"\n"
    + _raw(b"M", b"a")
    + _raw(b"R087", b"old", b"new")
    + _raw(b"D", b"\xff")
    + b"1\t2\ta\0"
    + b"3\t0\t\0old\0new\0"
    + b"-\t-\t\xff\0"
)
STREAM = _header() + FILES + _header(subject=b"") + _header(parents=OID + b" " + OID) + FILES


def test_one_commit() -> None:
    """Every field is in its place."""
    assert list(parse_log([_header(parents=OID) + FILES], b"key")) == [
        Commit(
            sha=OID.decode(),
            parents=(OID.decode(),),
            author=pseudonym(b"a@x", b"key"),
            authored_at=10,
            committed_at=20,
            subject="s",
            files=(
                FileChange("a", 1, 2, "M"),
                FileChange("new", 3, 0, "R"),
                FileChange("\udcff", None, None, "D"),
            ),
        )
    ]


def test_no_output_is_no_commit() -> None:
    """An empty stream holds nothing."""
    assert list(parse_log([])) == list(parse_log([b"", b""])) == []


def test_cuts_do_not_matter() -> None:
    """Wherever the pipe happens to cut the stream, the commits are the same."""
    whole = list(parse_log([STREAM]))
    assert [len(commit.files) for commit in whole] == [3, 0, 3]
    assert list(parse_log(STREAM[i : i + 1] for i in range(len(STREAM)))) == whole
    for cut in range(len(STREAM)):
        assert list(parse_log([STREAM[:cut], STREAM[cut:]])) == whole


def test_broken_stream_keeps_its_last_commit_back() -> None:
    """A commit that git may not have finished printing never comes out."""

    def broken() -> Iterator[bytes]:
        yield _header() + FILES + _header() + FILES[:-5]
        raise GitError("git failed")

    commits = parse_log(broken())
    assert next(commits).sha == OID.decode()
    with pytest.raises(GitError, match="git failed"):
        next(commits)


def test_commits_come_out_as_they_arrive() -> None:
    """A stream of all of history is never held in memory as a whole."""
    arrived = []

    def chunks() -> Iterator[bytes]:
        for number in range(3):
            arrived.append(number)
            yield _header() + FILES

    commits = parse_log(chunks())
    next(commits)
    assert arrived == [0, 1]


def test_raw_alone_lists_files_without_lines() -> None:
    """Where contents are missing, the names and letters are still known."""
    stream = _header() + b"\n" + _raw(b"A", b"a") + _raw(b"T", b"b")
    assert next(parse_log([stream])).files == (
        FileChange("a", None, None, "A"),
        FileChange("b", None, None, "T"),
    )


def test_numstat_may_leave_out_a_file() -> None:
    """A file whose contents did not differ by a line has a letter but no count."""
    stream = _header() + b"\n" + _raw(b"M", b"a") + _raw(b"M", b"b") + b"1\t1\tb\0"
    assert next(parse_log([stream])).files == (
        FileChange("a", None, None, "M"),
        FileChange("b", 1, 1, "M"),
    )


@pytest.mark.parametrize("name", [b":x", b"1\t2\tx", b"-\t-\t", b"\n", b"\nx", OID, b" ", b"\t"])
def test_names_that_look_like_something_else(name: bytes) -> None:
    """A name is known by its place, so it may look like anything."""
    for status, names in ((b"M", [name]), (b"R100", [b"from", name]), (b"C050", [name, b"to"])):
        renamed = len(names) > 1
        counts = b"1\t2\t" + (b"\0" + b"\0".join(names) if renamed else name) + b"\0"
        stream = _header() + b"\n" + _raw(status, *names) + counts + _header()
        commit, last = parse_log([stream])
        expected = names[-1].decode()
        assert commit.files == (FileChange(expected, 1, 2, status[:1].decode()),)
        assert last.files == ()


def test_files_beyond_the_cap_are_summed() -> None:
    """A commit of any size costs a bounded number of facts, and loses no line."""
    names = [b"%d" % n for n in range(MAX_FILES + 3)]
    counts = b"".join(b"2\t1\t%s\0" % name for name in names[:-1]) + b"-\t-\t" + names[-1] + b"\0"
    stream = _header() + b"\n" + b"".join(_raw(b"M", name) for name in names) + counts
    commit = next(parse_log([stream]))
    assert len(commit.files) == MAX_FILES
    assert (commit.rest_files, commit.rest_added, commit.rest_deleted) == (3, 4, 2)


@pytest.mark.parametrize(
    ("who", "author"),
    [
        (b"a@x\nAnn", b"a@x"),
        (b"A@X \nBea", b"a@x"),
        (b"\nAnn", b"ann"),
        (b" \nAnn", b"ann"),
        (b"\n", b""),
        (b"\xff@x\nAnn", b"\xff@x"),
    ],
)
def test_author_is_the_address_else_the_name(who: bytes, author: bytes) -> None:
    """Bytes go into the pseudonym as they are; nothing in them can fail."""
    assert next(parse_log([_header(who=who)], b"k")).author == pseudonym(author, b"k")


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        (b"0", 0),
        (b"1234567890", 1234567890),
        (b"", 0),
        (b"-5", 0),
        (b"9" * 12, 0),
        (b"x", 0),
        ("²".encode(), 0),
    ],
)
def test_dates(date: bytes, seconds: int) -> None:
    """What cannot be a time is 0, never an error."""
    stream = b"\0" + b"\n".join([OID, b"", date, date, b"a@x", b"Ann", b"s"]) + b"\0"
    commit = next(parse_log([stream]))
    assert (commit.authored_at, commit.committed_at) == (seconds, seconds)


@pytest.mark.parametrize(
    "stream",
    [
        b"fatal: not what was asked for",
        _header()[:20] + b"\0",
        _header() + b"\nnonsense\0",
        _header() + b"\n" + _raw(b"M"),
        _header() + b"\n" + _raw(b"X", b"a"),
        _header() + b"\n" + _raw(b"R100", b"a"),
        _header() + b"\n" + _raw(b"M", b"a") + b"1\tx\ta\0",
        _header() + b"\n" + _raw(b"M", b"a") + b"1\t1\t\0a\0",
        _header(sha=b"\xff"),
    ],
)
def test_other_bytes_are_refused(stream: bytes) -> None:
    """A git that prints something else is an error, not a guess."""
    with pytest.raises(GitError, match="does not understand"):
        list(parse_log([stream]))
