"""The second half of the demo: judges the last pushes of somebody's own repository.

Must not change that repository in any way: cigate works in a temporary clone that borrows its objects,
with copies of its model, its history and its key.
"""

from __future__ import annotations

import shutil
import sys
from itertools import pairwise
from pathlib import Path

from tools.typed import Failed, Typist

STEPS = 10
NEEDED = ("model", "history.bin", "author.key")


def judge_yours(typist: Typist, yours: Path, model: str) -> int:
    """Judge the last steps of the checked-out branch of `yours`; return 3 where nothing can be judged."""
    yours, common = _folders(typist, yours)
    clone = typist.folder / "borrowed"
    typist.quietly("git", "clone", "-q", "--shared", "--no-checkout", str(yours), str(clone))
    for name in NEEDED:
        _copy(common / "cigate" / name, clone / ".git" / "cigate" / name)
    typist.folder = clone
    steps = typist.quietly("git", "log", "--first-parent", f"-n{STEPS + 1}", "--format=%h %s").splitlines()
    typist.say(
        f"The last {len(steps) - 1} steps of the branch that is checked out in {yours}, the newest first, "
        "each judged as if it were pushed now. Your repository is only read: cigate works in a temporary "
        "clone. Its history may know already how these builds ended, so this shows what cigate says and not "
        "how often it is right; `cigate train` prints that, measured on builds that the model had not seen."
    )
    branch = typist.quietly("git", "rev-parse", "--abbrev-ref", "HEAD")
    options = ["--branch", branch] if branch != "HEAD" else []
    options += ["--model", model] if model else []
    for step, before in pairwise(steps):
        head, subject = step.split(" ", 1)
        print(f"\n{head} {''.join(c if c.isprintable() else '?' for c in subject)}")
        range_ = ("--base", before.split(" ", 1)[0], "--head", head)
        if typist.type("cigate", "predict", *range_, *options, expect=(0, 1, 3)) == 3:
            _say_what_is_missing(typist, yours)
            return 3
    return 0


def _folders(typist: Typist, yours: Path) -> tuple[Path, Path]:
    """Return the top of the work tree (of a bare repository, itself) and the folder that worktrees share."""
    try:
        common = typist.quietly("git", "-C", str(yours), "rev-parse", "--git-common-dir")
        bare = typist.quietly("git", "-C", str(yours), "rev-parse", "--is-bare-repository") == "true"
        top = common if bare else typist.quietly("git", "-C", str(yours), "rev-parse", "--show-toplevel")
    except Failed as error:
        raise Failed(f"{yours} is not a git repository: {error}") from None
    return (yours / top).resolve(), (yours / common).resolve()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _say_what_is_missing(typist: Typist, yours: Path) -> None:
    cigate = Path(sys.executable).with_name("cigate")
    typist.say(
        f"So nothing of {yours} was judged. What cigate learns from is the repository's own builds: a CSV "
        "file with one line a build, its commit id and how it ended. With such a file:"
    )
    print(f"\n    {cigate} import csv FILE --repo {yours}")
    print(f"    {cigate} train --export-onnx --repo {yours}")
    print(f"    make demo REPO={yours}")
    typist.say("These write into the repository's git folder (.git/cigate) and nowhere else.")
