"""Repositories in odd places and odd states: linked, bare, shallow, partial, read-only, not ours."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from cigate.git import Repository
from cigate.install import find_place, install
from cigate.model import write_bundle
from tests.judged import wary_bundle
from tests.repo import Repo
from tests.torture.case import NEVER, NOT_JUDGED, Build, Case, fails, says
from tests.torture.faults import may_unshare
from tests.torture.ground import TELLTALE, Ground, wrap_hook


def adopt(ground: Ground, repo: Repo, bare: bool = False) -> None:
    """Put hook and model into another repository, which takes the place of the work tree."""
    git_dir = repo.path if bare else repo.path / ".git"
    install(find_place(Repository.open(str(repo.path))))
    write_bundle(str(git_dir / "cigate" / "model"), wary_bundle())
    ground.hook = git_dir / "hooks" / "pre-push"
    wrap_hook(ground.hook)
    repo.now = ground.work.now
    ground.work = repo


def cloned(*options: str, earlier: int = 3, files: int = 1) -> Build:
    """Push some commits, clone with `options` to `clone`, and commit the telltale there."""

    def build(ground: Ground) -> None:
        for number in range(earlier):
            ground.work.commit({f"old{n}.py": f"line {number}\n" * 20 for n in range(files)})
        ground.work.git("push", "-q", "--no-verify", "origin", "main")
        ground.remote.set("uploadpack.allowFilter", "true")
        adopt(ground, ground.remote.clone(ground.place / "clone", *options))
        ground.commit({"old0.py": "new\n"})

    return build


def partial(ground: Ground) -> None:
    """Change a file whose old content never came, and then lose the remote that has it."""
    for number in range(3):
        ground.work.commit({"old.py": f"line {number}\n" * 20})
    ground.work.git("push", "-q", "--no-verify", "origin", "main")
    ground.remote.set("uploadpack.allowFilter", "true")
    adopt(ground, ground.remote.clone(ground.place / "clone", "--filter=blob:none", "--no-checkout"))
    work = ground.work
    work.git("read-tree", "HEAD")
    for path, text in {**TELLTALE, "old.py": "new\n"}.items():
        blob = work.git("hash-object", "-w", "--stdin", stdin=text.encode())
        work.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    tree = work.git("write-tree", "--missing-ok")
    oid = work.git("commit-tree", "-m", "Change", "-p", "HEAD", tree)
    work.git("update-ref", "refs/heads/main", oid)
    ground.remote.path.rename(ground.place / "moved.git")
    ground.work.set("remote.there.url", str(ground.place / "moved.git"))


def linked(ground: Ground) -> None:
    """Push from a linked work tree."""
    linked_tree = ground.work.worktree(ground.place / "linked", "-b", "side")
    linked_tree.now = ground.work.now
    linked_tree.commit(TELLTALE)


def bare(ground: Ground) -> None:
    """Push from a bare repository."""
    ground.commit()
    copy = ground.work.clone(ground.place / "bare.git", "--bare")
    copy.git("remote", "set-url", "origin", str(ground.remote.path))
    copy.git("update-ref", "refs/remotes/origin/main", "main~1")
    adopt(ground, copy, bare=True)


def separate(ground: Ground) -> None:
    """Keep the git directory elsewhere, behind a file."""
    ground.commit()
    elsewhere = ground.place / "elsewhere"
    ground.work.git("init", "-q", "--separate-git-dir", str(elsewhere))
    ground.hook = elsewhere / "hooks" / "pre-push"


def hooks_path(ground: Ground) -> None:
    """Keep the hooks in a folder of the work tree."""
    ground.commit()
    folder = ground.work.path / "hooks here"
    shutil.copytree(ground.hook.parent, folder)
    ground.work.set("core.hooksPath", "hooks here")
    ground.hook = folder / "pre-push"


def sharing(lender: Repo, path: Path) -> Repo:
    """Clone by path, as only that borrows: by URL git copies whatever --shared says."""
    lender.git("clone", "-q", "--shared", str(lender.path), str(path))
    return Repo(path)


def borrows(ground: Ground) -> bool:
    """Claim that objects are looked for elsewhere."""
    return (ground.work.path / ".git" / "objects" / "info" / "alternates").is_file()


def borrowed(ground: Ground) -> None:
    """Borrow all objects from another repository."""
    adopt(ground, sharing(ground.work, ground.place / "clone"))
    ground.work.git("remote", "set-url", "origin", str(ground.remote.path))
    ground.commit()


def borrowed_in_vain(ground: Ground) -> None:
    """Lose the repository that objects were borrowed from."""
    lender = ground.work.clone(ground.place / "lender.git", "--bare")
    adopt(ground, sharing(lender, ground.place / "clone"))
    ground.work.git("remote", "set-url", "origin", str(ground.remote.path))
    ground.commit()
    shutil.rmtree(lender.path)


def shallow_edge(ground: Ground) -> None:
    """Push a clone of one commit to where nothing is: its edge looks as if it added the whole tree."""
    cloned("--depth=1")(ground)
    ground.work.bare_remote("empty", ground.place / "empty.git")
    for ref in ("refs/remotes/origin/HEAD", "refs/remotes/origin/main"):
        ground.work.git("update-ref", "--no-deref", "-d", ref)


def push_within(ground: Ground) -> None:
    """Push with the variables that a hook of another git would have left."""
    ground.commit()


def other_work_tree(ground: Ground) -> None:
    """Name a work tree elsewhere; its configuration holds, and is broken."""
    ground.commit()
    elsewhere = ground.place / "tree"
    elsewhere.mkdir()
    (elsewhere / ".cigate.toml").write_text("mode = \x1b[31m\n")
    ground.work.set("core.worktree", str(elsewhere))


def not_ours(ground: Ground) -> None:
    """Let the repository belong to somebody else than who pushes."""
    ground.commit()
    for where, folders, files in os.walk(ground.work.path):
        for name in (*folders, *files, "."):
            os.chown(os.path.join(where, name), 12345, 12345, follow_symlinks=False)


def read_only(ground: Ground) -> None:
    """Let nobody write into the git directory, not even root: it is mounted so for each command."""
    ground.commit()
    git_dir = ground.work.path / ".git"
    mount = f"mount --bind '{git_dir}' '{git_dir}' && mount -o remount,ro,bind '{git_dir}'"
    ground.prefix = ("unshare", "-m", "-r", "sh", "-c", f'{mount} && exec "$@"', "sh")


def needs_root() -> str:
    """Return why nothing can be given to somebody else here."""
    return "only root can give a repository to somebody else" if os.geteuid() else ""


def needs_mounts() -> str:
    """Return why nothing can be mounted here."""
    return "" if may_unshare() else "unshare is missing, or this system forbids namespaces"


def cannot_write(ground: Ground) -> bool:
    """Claim that nobody can make a file in the git directory."""
    done = ground.run(["touch", ".git/new"], {})
    return b"Read-only file system" in done.stderr


def no_refs(ground: Ground) -> None:
    """Lose every remote-tracking branch and every remote; push by URL."""
    ground.commit()
    ground.work.git("remote", "remove", "origin")


def damaged_index(ground: Ground) -> None:
    """Break what a push does not need."""
    ground.commit()
    (ground.work.path / ".git" / "index").write_bytes(b"DIRC broken")
    (ground.work.path / ".git" / "FETCH_HEAD").write_bytes(b"\0")


def lost_tree(ground: Ground) -> None:
    """Lose a tree that the push sends."""
    ground.commit()
    tree = ground.work.head("HEAD:.github")
    (ground.work.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()


CASES = (
    Case(
        "a linked work tree",
        linked,
        says("2", "rev-list", "--count", "side"),
        cwd="linked",
        push=("origin", "side"),
    ),
    Case(
        *("a bare repository", bare, says("true", "rev-parse", "--is-bare-repository")),
        cwd="bare.git",
        pre_commit="",
        why="pre-commit needs a work tree",
    ),
    Case("a git directory elsewhere", separate, lambda g: (g.work.path / ".git").is_file()),
    Case("hooks in a folder of the work tree", hooks_path, says("hooks here", "config", "core.hooksPath")),
    Case(
        *(
            "a shallow clone, deep enough",
            cloned("--depth=2"),
            says("true", "rev-parse", "--is-shallow-repository"),
        ),
        cwd="clone",
    ),
    Case(
        *(
            "a shallow clone that ends in the push",
            shallow_edge,
            says("2", "rev-list", "--count", "main"),
            NOT_JUDGED,
        ),
        cwd="clone",
        push=("empty", "main"),
        refused=True,
        quick=False,
    ),
    Case(
        "a clone without contents whose remote is gone",
        partial,
        fails("cat-file", "blob", "main~1:old.py", words="could not"),
        pre_commit=NEVER,
        why="pre-commit's own git diff asks the remote that is gone, breaks, and stops the push",
        cwd="clone",
        push=("there", "main"),
        refused=True,
        quick=False,
    ),
    Case(
        "objects that are borrowed",
        borrowed,
        borrows,
        cwd="clone",
    ),
    Case(
        "objects that were borrowed from what is gone",
        borrowed_in_vain,
        fails("log", "main~1"),
        NOT_JUDGED,
        pre_commit=NEVER,
        why="pre-commit's own git breaks on it and stops the push",
        cwd="clone",
        refused=True,
        quick=False,
    ),
    Case(
        *("an index that is broken", damaged_index, fails("status", words="index file")),
        pre_commit=NEVER,
        why="pre-commit's own git ls-files breaks on it and stops the push",
        quick=False,
    ),
    Case(
        "a push out of another hook",
        push_within,
        says("2", "rev-list", "--count", "main"),
        env={"GIT_INDEX_FILE": ".git/other", "GIT_PREFIX": "src/", "GIT_REFLOG_ACTION": "rebase"},
    ),
    Case(
        *(
            "a work tree that is named elsewhere",
            other_work_tree,
            lambda g: "tree" in g.work.git("config", "core.worktree"),
            NOT_JUDGED,
        ),
        pre_commit=NEVER,
        why="pre-commit goes to that work tree, where git finds its folder no more",
        quick=False,
    ),
    Case(
        "a repository of somebody else's",
        not_ours,
        fails("status", words="dubious ownership"),
        NEVER,
        predict=NOT_JUDGED,
        why="git itself refuses to push",
        refused=True,
        needs=needs_root,
    ),
    Case(
        "a git directory that nobody may write",
        read_only,
        cannot_write,
        push=("../work-origin.git", "main"),
        pre_commit="",
        why="pre-commit writes into the git directory itself",
        needs=needs_mounts,
        quick=False,
    ),
    Case("no remote at all", no_refs, says("", "remote"), push=("../work-origin.git", "main")),
    Case(
        *("a tree that is lost", lost_tree, fails("fsck"), NOT_JUDGED),
        pre_commit=NEVER,
        why="pre-commit's own git diff breaks on it and stops the push",
        refused=True,
        quick=False,
    ),
)
