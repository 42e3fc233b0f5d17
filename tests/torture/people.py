"""Authors, dates and messages that were made to be shown to somebody."""

from __future__ import annotations

from tests.torture.case import Build, Case, Claim, head_holds, says
from tests.torture.ground import Ground
from tests.torture.names import commit_text

WHEN = b" 1600000500 +0000"
ESCAPES = b"\x1b]0;owned\x07\x1b[31m\x9b2J"
COMMANDS = b"::set-output name=x::y\r::error::z ##vso[task.complete result=Failed] ##[error]x"


def by(author: bytes, message: bytes = b"Change\n", extra: bytes = b"", committer: bytes = b"") -> Build:
    """Commit the telltale with these very bytes as author, committer, more headers and message."""

    def build(ground: Ground) -> None:
        text = commit_text(ground.telltale_tree(), ground.work.head("HEAD"), author=author)
        head = text.partition(b"\n\n")[0] + extra
        if committer:
            head = head.replace(b"committer c <c@example.invalid>" + WHEN, b"committer " + committer)
        ground.raw_commit(head + b"\n\n" + message)

    return build


def person(name: str, author: bytes, committer: bytes = b"") -> Case:
    """Return the case of a commit by such an author."""
    return Case(name, by(author, committer=committer), head_holds(b"\nauthor " + author + b"\n"))


def message(name: str, text: bytes, extra: bytes = b"") -> Case:
    """Return the case of a commit with this message."""
    return Case(name, by(b"a <a@example.invalid>" + WHEN, text, extra), head_holds(extra, text))


def date_is(shown: str) -> Claim:
    """Claim that git takes the author's date for this."""
    return says(shown, "log", "-1", "--format=%ad", "--date=raw", "main")


def dated(name: str, date: bytes, shown: str, quick: bool = True) -> Case:
    """Return the case of a commit whose author and committer give this date."""
    who = b"a <a@example.invalid> " + date
    return Case(name, by(who, committer=who), date_is(shown), quick=quick)


CASES = (
    person("an author with terminal escapes", b"a" + ESCAPES + b"b <a@example.invalid>" + WHEN),
    person("an author who commands CI servers", COMMANDS.replace(b"\r", b" ") + b" <::error::@x>" + WHEN),
    person("an author without an e-mail", b"nobody <>" + WHEN),
    person("an author without name and e-mail", b" <>" + WHEN),
    person("an author who is no UTF-8", b"caf\xe9 \xff <\xe9@\xff>" + WHEN),
    person("an author of a hundred kilobytes", b"x" * 100_000 + b" <a@example.invalid>" + WHEN),
    person("an author line without brackets", b"somebody"),
    dated("dates of 1970", b"0 +0000", "0 +0000"),
    dated("dates of 2099", b"4070908800 +0000", "4070908800 +0000"),
    dated("dates that are no number", b"yesterday +0000", ""),
    dated("dates beyond every calendar", b"99999999999999999999 +9999", "0 +0000", quick=False),
    dated("dates before time", b"-5 -9999", ""),
    message("a message with terminal escapes", ESCAPES + b"\n\n" + ESCAPES + b"\n"),
    message("a message that commands CI servers", COMMANDS + b"\n"),
    message("a subject of a megabyte", b"x" * 1_000_000 + b"\n"),
    message("no message at all", b""),
    message("a message with a NUL and raw bytes", b"before\0after \xff\xfe\n"),
    message("an encoding that nobody knows", b"caf\xe9\n", b"\nencoding \x1b[31mklingon"),
    message("a signature that is none", b"Signed\n", b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x"),
    message("headers that git does not know", b"Odd\n", b"\nmergetag object x\n y\ncigate off\nHG:rename x"),
)
