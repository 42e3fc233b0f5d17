"""Histories of odd shapes, and what git can be told to see instead of them."""

from __future__ import annotations

from tests.repo import Repo
from tests.torture.case import FINE, NEVER, NOTHING, Case, Claim, says
from tests.torture.ground import TELLTALE, Ground
from tests.torture.names import commit_text

FETCHED = "refs/remotes/origin/main"


def parents(number: int) -> Claim:
    """Claim that the head has with this many parents."""
    return lambda ground: len(ground.work.git("log", "-1", "--format=%P", "main").split()) == number


def root_commit(ground: Ground) -> None:
    """Leave one commit without a parent, and a remote that has nothing."""
    work = ground.work
    work.git("update-ref", "-d", FETCHED)
    ground.remote.git("update-ref", "-d", "refs/heads/main")
    work.git("checkout", "-q", "--orphan", "fresh")
    ground.commit()
    work.git("branch", "-M", "main")


def orphan(ground: Ground) -> None:
    """Start a branch that shares nothing with what the remote has."""
    ground.work.git("checkout", "-q", "--orphan", "alone")
    ground.work.git("rm", "-rfq", "--cached", ".")
    ground.commit({"src/a.py": None})


def octopus(ground: Ground, arms: int = 20) -> None:
    """Merge many branches at once; one of them brings the telltale."""
    work = ground.work
    start = work.head()
    stream = ""
    for arm in range(arms):
        path = next(iter(TELLTALE)) if arm == 3 else f"arm{arm}.py"
        stream += f"commit refs/heads/arm{arm}\ncommitter a <a@example.invalid> {work.now + arm} +0000\n"
        stream += f"data 1\nx\nfrom {start}\nM 100644 inline {path}\ndata 2\nx\n\n"
    work.fast_import(stream.encode())
    work.merge(*(f"arm{arm}" for arm in range(arms)))


def evil_merge(ground: Ground) -> None:
    """Bring the telltale in the merge commit itself, where no parent has it."""
    work = ground.work
    work.checkout("side", "main")
    work.commit({"side.py": "x\n"})
    work.checkout("main")
    work.commit({"main.py": "x\n"})
    work.git("merge", "-q", "--no-ff", "--no-commit", "side")
    ground.commit()


def evil_merge_alone(ground: Ground) -> None:
    """Bring the telltale in a merge of what the remote has on two branches."""
    evil_merge(ground)
    ground.work.git("push", "-q", "--no-verify", "origin", "side", "main~1:main")


def criss_cross(ground: Ground) -> None:
    """Merge two branches into each other again and again."""
    work = ground.work
    work.checkout("side", "main")
    ground.commit({"side.py": "x\n"})
    work.checkout("main")
    for number in range(3):
        work.commit({f"m{number}.py": "x\n"})
        tip = work.head()
        work.merge("side")
        work.checkout("side")
        work.commit({f"s{number}.py": "x\n"})
        work.merge(tip)
        work.checkout("main")


def same_parent_twice(ground: Ground) -> None:
    """Name one parent three times."""
    head = ground.work.head()
    ground.raw_commit(commit_text(ground.telltale_tree(), head, head, head))


def replaced(ground: Ground) -> None:
    """Let everybody here see a harmless commit in place of the risky one."""
    risky = ground.commit()
    harmless = ground.work.git("commit-tree", "-m", "Nothing", "-p", f"{risky}~1", f"{risky}~1^{{tree}}")
    ground.work.git("replace", risky, harmless)


def grafted(ground: Ground) -> None:
    """Let the risky commit look like history that ended long ago."""
    ground.commit()
    ground.work.commit({"later.py": "x\n"})
    info = ground.work.path / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "grafts").write_text(f"{ground.work.head()} {ground.work.head(FETCHED)}\n")


def merged_main(ground: Ground) -> None:
    """Merge what the remote has already: its risky commit is not this push's."""
    work = ground.work
    work.checkout("side", "main")
    work.commit({"side.py": "x\n"})
    work.checkout("main")
    ground.commit()
    work.git("push", "-q", "--no-verify", "origin", "main")
    work.checkout("side")
    work.merge("main")
    work.git("branch", "-M", "side", "main")


def detached_ahead(ground: Ground) -> None:
    """Push a commit from a detached head; the branch here is one behind it."""
    work = ground.work
    work.git("checkout", "-q", "--detach")
    ground.commit()
    work.git("push", "-q", "--no-verify", "origin", "HEAD:main")
    work.git("checkout", "-q", "main")


def nothing_changed(ground: Ground) -> None:
    """Commit three times without changing a file."""
    for _ in range(3):
        ground.work.commit()


def telltale(ground: Ground) -> None:
    """Commit the telltale and nothing else."""
    ground.commit()


def rewritten(ground: Ground) -> None:
    """Replace what was pushed by another history."""
    work = ground.work
    work.commit({"wrong.py": "x\n"})
    work.git("push", "-q", "--no-verify", "origin", "main")
    work.git("reset", "-q", "--hard", "HEAD~1")
    ground.commit()


def submodule(ground: Ground) -> None:
    """Point a submodule at a commit that is nowhere, with a .gitmodules that is none."""
    ground.work.write({".gitmodules": '[submodule "x\x1b[31m"\n\tpath = ../../etc\nurl == -u./payload\n'})
    ground.telltale_tree()
    ground.work.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    ground.work.git("commit", "-q", "-m", "Add a submodule")


def real_submodule(ground: Ground) -> None:
    """Move a submodule that is checked out, with a setting to ignore it and one to walk into it."""
    work = ground.work
    inner = Repo.init(ground.place / "inner")
    inner.commit({"a.c": "x\n"})
    work.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    work.set("submodule.sub.ignore", "all")
    work.set("diff.submodule", "log")
    work.set("submodule.recurse", "true")
    ground.commit()


def sparse(ground: Ground) -> None:
    """Check out next to nothing."""
    ground.commit({"deep/er/a.py": "x\n"})
    ground.work.git("sparse-checkout", "set", "--no-cone", "/nothing-at-all")


def emptied(ground: Ground) -> None:
    """Delete every file after the telltale has come."""
    ground.commit()
    ground.work.commit({".github/workflows/ci.yml": None, "src/a.py": None})


def renamed(ground: Ground) -> None:
    """Rename a thousand files at once, the telltale among them."""
    many = {f"old/{number}.py": f"line {number}\n" * 5 for number in range(1000)}
    ground.work.commit({**many, "old/ci.yml": "on: push\nname: x\njobs: {}\n"})
    ground.work.git("push", "-q", "--no-verify", "origin", "main")
    ground.work.git("mv", "old", "new")
    (ground.work.path / ".github" / "workflows").mkdir(parents=True)
    ground.work.git("mv", "new/ci.yml", ".github/workflows/ci.yml")
    ground.work.git("commit", "-q", "-m", "Move")


CASES = (
    Case("a root commit into an empty remote", root_commit, parents(0)),
    Case("an orphan branch", orphan, says("", "merge-base", "alone", "main"), push=("origin", "alone")),
    Case("a merge of twenty branches", octopus, parents(21)),
    Case(
        "a merge that brings what no parent has",
        evil_merge_alone,
        says("", "log", "--no-merges", "--format=%h", "main", "--", next(iter(TELLTALE))),
    ),
    # A known limit: beside other commits a merge's own difference would count them twice, and is left out.
    Case(
        "such a merge among other new commits",
        evil_merge,
        says("3", "rev-list", "--count", f"{FETCHED}..main"),
        FINE,
    ),
    Case("branches merged into each other", criss_cross, parents(2)),
    Case(
        "one parent three times",
        same_parent_twice,
        lambda g: g.work.git("cat-file", "commit", "main").count("\nparent ") == 3,
    ),
    Case(
        "a risky commit behind a replacement",
        replaced,
        says("", "log", "-1", "--name-only", "--format=", "main"),
    ),
    Case(
        "a risky commit behind a graft",
        grafted,
        says("1", "rev-list", "--count", f"{FETCHED}..main"),
        refused=True,
    ),
    Case(
        "what the remote has, merged", merged_main, says("2", "rev-list", "--count", f"{FETCHED}..main"), FINE
    ),
    Case(
        "a history that was rewritten",
        rewritten,
        says("1", "rev-list", "--count", f"main..{FETCHED}"),
        push=("--force", "origin", "main"),
    ),
    Case(
        "an older state of what was pushed",
        detached_ahead,
        says("1", "rev-list", "--count", f"main..{FETCHED}"),
        NOTHING,
        push=("--force", "origin", "main"),
    ),
    Case(
        "a submodule with a broken .gitmodules",
        submodule,
        says("160000 commit " + "1" * 40 + "\tsub", "ls-tree", "main", "sub"),
        pre_commit=NEVER,
        why="pre-commit's own git diff reads .gitmodules, breaks on it, and stops the push",
    ),
    Case(
        "a submodule that is told to be ignored",
        real_submodule,
        says("all", "config", "submodule.sub.ignore"),
    ),
    Case("a sparse checkout of nothing", sparse, lambda g: not (g.work.path / "deep").exists()),
    Case("a tree without a file", emptied, says("", "ls-tree", "main")),
    Case(
        "a thousand renames",
        renamed,
        lambda g: g.work.git("show", "--raw", "-l0", "main").count(" R100") > 999,
        quick=False,
    ),
    Case("a repository of SHA-256", telltale, lambda g: len(g.work.head()) == 64, object_format="sha256"),
    Case("commits without any change", nothing_changed, says("", "diff", "main~3", "main"), FINE),
)
