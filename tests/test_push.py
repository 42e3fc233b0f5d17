"""What git and pre-commit say about a push is read to the letter, or refused by line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cigate.errors import UsageError
from cigate.push import Push, RefUpdate, parse_pre_commit, parse_pre_push
from tests.repo import Repo

ONE, TWO, ZERO = "1" * 40, "2" * 40, "0" * 40
ARGV = ["origin", "https://example.invalid/it.git"]


def _line(*fields: str) -> bytes:
    return (" ".join(fields) + "\n").encode("utf-8", "surrogateescape")


def _only(push: Push) -> RefUpdate:
    (update,) = push.updates
    return update


class TestPrePush:
    """Git's own lines."""

    def test_several_refs(self) -> None:
        stdin = _line("refs/heads/a", ONE, "refs/heads/b", TWO)
        stdin += _line("refs/tags/v1", TWO, "refs/tags/v1", ZERO)
        push = parse_pre_push(stdin, ARGV)
        assert push == Push(
            "origin",
            "https://example.invalid/it.git",
            (
                RefUpdate("refs/heads/a", ONE, "refs/heads/b", TWO),
                RefUpdate("refs/tags/v1", TWO, "refs/tags/v1", ZERO),
            ),
            True,
        )
        branch, tag = push.updates
        assert (branch.branch, branch.is_tag, branch.creates, branch.deletes) == ("b", False, False, False)
        assert (tag.branch, tag.is_tag, tag.creates, tag.deletes) == ("", True, True, False)

    def test_deletion(self) -> None:
        update = _only(parse_pre_push(_line("(delete)", ZERO, "refs/heads/old", ONE), ARGV))
        assert (update.deletes, update.branch, update.creates) == (True, "old", False)

    def test_sha256(self) -> None:
        update = _only(parse_pre_push(_line("refs/heads/a", "a" * 64, "refs/heads/a", "0" * 64), ARGV))
        assert (update.local_oid, update.creates) == ("a" * 64, True)

    @pytest.mark.parametrize("local", ["HEAD", "HEAD~1", "HEAD@{1 day ago}", ":/fix it now", ONE])
    def test_local_side_is_whatever_was_typed(self, local: str) -> None:
        update = _only(parse_pre_push(_line(local, ONE, "refs/heads/a", TWO), ARGV))
        assert (update.local_ref, update.local, update.remote_ref) == (local, ONE, "refs/heads/a")

    @pytest.mark.parametrize("name", ["\udcff\udcfe", "\u00e9/\u65e5", "a\u00a0b", "a\x85b", "a\x1cb"])
    def test_odd_bytes_in_names_survive(self, name: str) -> None:
        """Git splits lines at line feeds only, whatever else Unicode calls a line or a blank."""
        stdin = _line(f"refs/heads/{name}", ONE, f"refs/heads/{name}", TWO) * 2
        push = parse_pre_push(stdin, ARGV)
        assert [update.branch for update in push.updates] == [name, name]

    @pytest.mark.parametrize("remote_ref", ["refs/for/main", "refs/notes/commits", "refs/pull/1/head"])
    def test_other_refs_are_no_branch(self, remote_ref: str) -> None:
        update = _only(parse_pre_push(_line("HEAD", ONE, remote_ref, TWO), ARGV))
        assert (update.branch, update.is_tag) == ("", False)

    def test_nothing_to_push(self) -> None:
        """Git gives no line where everything is up to date."""
        assert parse_pre_push(b"", ARGV).updates == ()

    def test_last_line_may_lack_its_end(self) -> None:
        stdin = _line("refs/heads/a", ONE, "refs/heads/b", TWO)
        assert parse_pre_push(stdin[:-1], ARGV) == parse_pre_push(stdin, ARGV)

    @pytest.mark.parametrize(
        "bad",
        [
            b"\n",
            b"nonsense\n",
            _line("refs/heads/a", ONE, "refs/heads/b"),
            _line("refs/heads/a", "1" * 39, "refs/heads/b", TWO),
            _line("refs/heads/a", ONE, "refs/heads/b", "2" * 64),
            _line("refs/heads/a", "G" * 40, "refs/heads/b", TWO),
            _line("refs/heads/a", ONE, "", TWO),
            _line("", ONE, "refs/heads/b", TWO),
            _line("refs/heads/a", ONE, "refs/heads/b", TWO)[:-1] + b"\r\n",
        ],
    )
    def test_malformed_line_is_named(self, bad: bytes) -> None:
        good = _line("refs/heads/a", ONE, "refs/heads/b", TWO)
        with pytest.raises(UsageError, match="line 2 of the pre-push input"):
            parse_pre_push(good + bad + good, ARGV)

    def test_push_by_url_has_no_remote(self) -> None:
        push = parse_pre_push(b"", ["../it.git", "../it.git"])
        assert (push.remote, push.url) == ("", "../it.git")

    @pytest.mark.parametrize(
        ("argv", "remote", "url"),
        [([], "", ""), (["origin"], "origin", ""), (["o", "u", "more"], "o", "u")],
    )
    def test_arguments_may_be_missing(self, argv: list[str], remote: str, url: str) -> None:
        """A person may run the hook by hand."""
        push = parse_pre_push(b"", argv)
        assert (push.remote, push.url) == (remote, url)

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("https://ann:secret@example.invalid/a@b.git", "https://example.invalid/a@b.git"),
            ("https://tok@en@example.invalid", "https://example.invalid"),
            ("ssh://ann@example.invalid:22/x", "ssh://example.invalid:22/x"),
            ("ann@example.invalid:x/y@z.git", "example.invalid:x/y@z.git"),
            ("/srv/a@b.git", "/srv/a@b.git"),
            ("../a:b@c/d", "../a:b@c/d"),
            ("file:///srv/it.git", "file:///srv/it.git"),
            ("", ""),
        ],
    )
    def test_login_never_gets_in(self, url: str, shown: str) -> None:
        """A password in a URL would end up in a log sooner or later."""
        assert parse_pre_push(b"", ["origin", url]).url == shown
        assert parse_pre_push(b"", [url, url]).remote == ""


NAMES = {
    "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/a",
    "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/b",
    "PRE_COMMIT_REMOTE_NAME": "origin",
    "PRE_COMMIT_REMOTE_URL": "https://ann:x@example.invalid/it.git",
}


class TestPreCommit:
    """The one ref that pre-commit shows."""

    def test_range(self) -> None:
        env = {**NAMES, "PRE_COMMIT_FROM_REF": ONE, "PRE_COMMIT_TO_REF": TWO, "HOME": "/"}
        assert parse_pre_commit(env) == Push(
            "origin",
            "https://example.invalid/it.git",
            (RefUpdate("refs/heads/a", TWO, "refs/heads/b", ONE),),
            False,
        )

    @pytest.mark.parametrize("local", ["refs/heads/a", "HEAD", "HEAD~1"])
    def test_without_a_range_the_names_are_left(self, local: str) -> None:
        """A ref that brings a root commit comes without its ids."""
        push = parse_pre_commit({**NAMES, "PRE_COMMIT_LOCAL_BRANCH": local})
        assert push is not None
        update = _only(push)
        assert (update.local, update.local_oid, update.remote_oid) == (local, "", "")
        assert (update.branch, update.creates, update.deletes) == ("b", True, False)

    def test_range_that_a_person_named(self) -> None:
        """`pre-commit run --from-ref main --to-ref HEAD` hands on what was typed."""
        push = parse_pre_commit({"PRE_COMMIT_FROM_REF": "main", "PRE_COMMIT_TO_REF": "HEAD"})
        assert push is not None
        update = _only(push)
        assert (update.local, update.remote_oid, update.branch, push.remote) == ("HEAD", "main", "", "")

    @pytest.mark.parametrize("env", [{}, {"PRE_COMMIT": "1"}, {"PRE_COMMIT_FROM_REF": ONE}])
    def test_no_push_is_shown(self, env: dict[str, str]) -> None:
        assert parse_pre_commit(env) is None

    def test_push_by_url(self) -> None:
        push = parse_pre_commit({**NAMES, "PRE_COMMIT_REMOTE_NAME": NAMES["PRE_COMMIT_REMOTE_URL"]})
        assert push is not None
        assert push.remote == ""


_HOOK = """#!/bin/sh
exec '{python}' -c '
import sys
sys.path.insert(0, "{root}")
from cigate.push import parse_pre_push
push = parse_pre_push(sys.stdin.buffer.read(), sys.argv[1:])
for update in push.updates:
    print(push.remote, update.branch.encode("utf-8", "surrogateescape"), update.is_tag, update.deletes,
          update.creates, update.local_oid, sep="|")
' "$@" >'{out}'
"""


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_real_push_is_understood(tmp_path: Path, object_format: str) -> None:
    """Branches with odd names, tags, deletions and a detached HEAD, as git itself tells them."""
    repo = Repo.init(tmp_path / "work", object_format=object_format)
    one = repo.commit({"a": "1\n"})
    remote = Repo.init(tmp_path / "remote.git", bare=True, object_format=object_format)
    repo.git("remote", "add", "origin", str(remote.path))
    assert repo.push("main:refs/heads/old", "main:main").returncode == 0
    two = repo.commit({"a": "2\n"})
    repo.git("branch", b"odd\xff\xc2\xa0name")
    tag = repo.tag("v1", annotated=True)
    repo.git("checkout", "-q", "--detach", "HEAD~1")
    out, hook = tmp_path / "said", repo.path / ".git" / "hooks" / "pre-push"
    root = Path(__file__).resolve().parent.parent
    hook.write_text(_HOOK.format(python=sys.executable, root=root, out=out))
    hook.chmod(0o755)
    odd = os.fsdecode(b"odd\xff\xc2\xa0name")
    pushed = repo.push("main", odd, "v1", ":old", "HEAD:refs/heads/detached")
    assert pushed.returncode == 0, pushed.stderr
    assert sorted(out.read_text().splitlines()) == sorted(
        [
            f"origin|b'main'|False|False|False|{two}",
            f"origin|b'odd\\xff\\xc2\\xa0name'|False|False|True|{two}",
            f"origin|b''|True|False|True|{tag}",
            f"origin|b'old'|False|True|False|{'0' * len(two)}",
            f"origin|b'detached'|False|False|True|{one}",
        ]
    )
    assert repo.push("HEAD:refs/heads/x", remote=str(remote.path)).returncode == 0
    assert out.read_text() == f"|b'x'|False|False|True|{one}\n"
