"""Pushes of every kind: many refs, odd refs, tags of tags, options, signatures, deletions."""

from __future__ import annotations

import shutil
import subprocess

from tests.torture.case import FINE, NEVER, NOTHING, Build, Case, says
from tests.torture.ground import Ground
from tests.torture.shapes import telltale

ONE_REF = "pre-commit shows the first ref only, or none where git puts another kind of ref first"
HEAD_ONLY = "predict is asked for HEAD, which the remote has"
NOT_A_COMMIT = "predict is asked for HEAD, which has the telltale"


def two_branches(ground: Ground) -> None:
    """Have the telltale on the second of two branches."""
    work = ground.work
    work.checkout("a", "main")
    work.commit({"a.py": "x\n"})
    work.checkout("b", "main")
    ground.commit()
    work.checkout("a")


def mirrored(ground: Ground) -> None:
    """Have branches, tags, notes and a stray ref, to be pushed as they are."""
    two_branches(ground)
    ground.work.tag("v1", "b", annotated=True)
    ground.work.git("notes", "add", "-m", "note", "b")
    ground.work.git("update-ref", "refs/odd/one", "b")
    ground.work.checkout("b")


def tagged(ground: Ground) -> None:
    """Tag a tag of a tag of a commit that only tags reach."""
    work = ground.work
    work.git("checkout", "-q", "--detach")
    ground.commit()
    work.tag("one", annotated=True)
    work.tag("two", "one", annotated=True)
    work.tag("three", "two", annotated=True)
    work.git("tag", "-d", "one", "two")
    work.checkout("main")


def tag_of(rev: str) -> Build:
    """Tag something that is no commit."""

    def build(ground: Ground) -> None:
        ground.work.tag("odd", rev, annotated=True)

    return build


def noted(ground: Ground) -> None:
    """Leave a note, which starts no build."""
    ground.work.git("notes", "add", "-m", "\x1b[31m note")


def deletes(ground: Ground) -> None:
    """Have a branch on the remote that is to go."""
    ground.work.git("push", "-q", "--no-verify", "origin", "main:refs/heads/gone")


def renames(ground: Ground) -> None:
    """Push under a new name, with something new, and delete the old one."""
    deletes(ground)
    ground.work.git("branch", "-m", "main", "new")
    ground.commit()


def sealed(ground: Ground) -> None:
    """Sign the push, with a key that git takes."""
    ground.commit()
    key = ground.place / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    ground.work.set("gpg.format", "ssh")
    ground.work.set("user.signingKey", str(key))
    ground.remote.set("receive.certNonceSeed", "seed")


def optioned(ground: Ground) -> None:
    """Let the remote take push options."""
    ground.commit()
    ground.remote.set("receive.advertisePushOptions", "true")


def branch_named(name: str) -> Build:
    """Have the telltale on a branch of this name."""

    def build(ground: Ground) -> None:
        ground.work.git("update-ref", f"refs/heads/{name}", "main")
        ground.work.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
        ground.commit()

    return build


def branch(what: str, name: str, pre_commit: str | None = None, why: str = "", quick: bool = True) -> Case:
    """Return the case of a branch of this name."""
    return Case(
        *(what, branch_named(name), says(f"refs/heads/{name}", "symbolic-ref", "HEAD")),
        push=("origin", f"refs/heads/{name}"),
        pre_commit=pre_commit,
        why=why,
        quick=quick,
    )


def several_urls(ground: Ground) -> None:
    """Push to two places at once: git starts the hook for each."""
    ground.commit()
    copy = ground.place / "second.git"
    shutil.copytree(ground.remote.path, copy)
    for path in (ground.remote.path, copy):
        ground.work.git("remote", "set-url", "--add", "--push", "origin", str(path))


def odd_remote(ground: Ground) -> None:
    """Call the remote by a name and an address that nobody would print as they are."""
    ground.commit()
    odd = ground.place / "r\x1b[31m::error::.git"
    ground.remote.path.rename(odd)
    ground.work.git("config", "remote.origin.url", str(odd))
    ground.work.git("config", "remote.p.url", f"file://u:s3cret@localhost{odd}")


def needs_signing() -> str:
    """Return why a push cannot be signed here."""
    return "" if shutil.which("ssh-keygen") else "ssh-keygen is not installed"


TAG_TYPE = {"odd": "main:src/a.py", "tree": "main^{tree}"}

CASES = (
    Case(
        "a push of two branches",
        two_branches,
        says("3", "rev-list", "--count", "a", "b"),
        push=("origin", "a", "b"),
        pre_commit=FINE,
        predict=FINE,
        why=ONE_REF,
    ),
    Case(
        "--all --atomic",
        two_branches,
        says("3", "rev-list", "--count", "a", "b"),
        push=("--atomic", "--all", "origin"),
        pre_commit=FINE,
        predict=FINE,
        why=ONE_REF,
    ),
    Case(
        "--mirror",
        mirrored,
        says("refs/odd/one", "for-each-ref", "--format=%(refname)", "refs/odd"),
        push=("--mirror", "origin"),
        pre_commit=FINE,
        why=ONE_REF,
    ),
    Case(
        "a tag of a tag of a tag",
        tagged,
        says("3", "cat-file", "-p", "three")
        if False
        else lambda g: "type tag" in g.work.git("cat-file", "tag", "three"),
        push=("origin", "three"),
        head="three",
    ),
    Case(
        "a tag of a file",
        tag_of("main:src/a.py"),
        says("blob", "cat-file", "-t", "odd^{}"),
        NOTHING,
        push=("origin", "odd"),
        pre_commit=NEVER,
        why="pre-commit starts no hook for what is no commit",
    ),
    Case(
        "a tag of a tree",
        tag_of("main^{tree}"),
        says("tree", "cat-file", "-t", "odd^{}"),
        NOTHING,
        push=("origin", "odd"),
        pre_commit=NEVER,
        why="pre-commit starts no hook for what is no commit",
    ),
    Case(
        "notes",
        noted,
        says("1", "rev-list", "--count", "refs/notes/commits"),
        NOTHING,
        push=("origin", "refs/notes/*"),
    ),
    Case(
        "a deletion",
        deletes,
        lambda g: "gone" in g.remote.git("branch"),
        NOTHING,
        push=("origin", ":gone"),
        pre_commit=NEVER,
        why="pre-commit starts no hook for a deletion",
    ),
    Case(
        "a branch that was renamed",
        renames,
        says("new", "branch", "--show-current"),
        push=("origin", "new", ":gone"),
    ),
    Case(
        "--signed",
        sealed,
        says("ssh", "config", "gpg.format"),
        push=("--signed", "origin", "main"),
        needs=needs_signing,
    ),
    Case(
        "push options",
        optioned,
        lambda g: g.remote.git("config", "receive.advertisePushOptions") == "true",
        push=("-o", "ci.skip", "-o", "\x1b[31m", "origin", "main"),
    ),
    branch(
        *("a branch with an escape's look-alike", "x\u202ey\u2028z"),
        pre_commit=NEVER,
        why="pre-commit takes the character for the end of a line, breaks, and stops the push",
        quick=False,
    ),
    branch("a branch that a shell would obey", "$(touch${IFS}x);`id`|&\"'"),
    branch("a branch that looks like an option", "-x/--mode=off"),
    branch("a branch of two hundred letters", "n" * 200),
    branch(
        *("a branch that is no UTF-8", "caf\udce9"),
        pre_commit=NEVER,
        why="pre-commit breaks on such a name itself, and stops the push",
    ),
    branch("a branch called HEAD", "HEAD"),
    Case(
        "a review",
        telltale,
        says("2", "rev-list", "--count", "main"),
        NOTHING,
        push=("origin", "main:refs/for/main"),
        predict="seen",
        why="a hook judges branches and tags; predict is asked for a commit",
    ),
    Case(
        "a revision that is a search",
        telltale,
        says("main", "branch", "--show-current"),
        push=("origin", "HEAD^{/Change something}:refs/heads/main"),
    ),
    Case("two addresses of one remote", several_urls, says("2", "rev-list", "--count", "main"), quick=False),
    Case(
        "a remote of an odd name and address",
        odd_remote,
        lambda g: "\x1b" in g.work.git("config", "remote.origin.url"),
    ),
    Case(
        "nothing at all",
        lambda g: None,
        says("1", "rev-list", "--count", "main"),
        NOTHING,
        pre_commit=NEVER,
        why="pre-commit starts no hook where nothing moves",
    ),
)
