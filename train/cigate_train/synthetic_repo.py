"""A made-up history as a real git repository, whose commits are what the rows of its table say.

Everything in it is called SYNTHETIC. Must not write into a folder that holds anything else.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cigate.errors import GitError, UsageError
from cigate.git import Process, Repository
from cigate_train.synthetic import MAIN, START, Push
from cigate_train.synthetic_tree import Editor, Tree, merged, totals

MARK: Final = "SYNTHETIC history written by `cigate generate`: nobody works here"
NOTICE: Final = "SYNTHETIC.md"
_DEADLINE_S: Final = 600.0
_SUBJECTS: Final = ("Handle", "Move", "Simplify", "Extend", "Check", "Rename", "Speed up")


@dataclass(slots=True)
class _Tip:
    """Where a branch stands: its files, its commit's mark, and the files it branched from."""

    tree: Tree
    mark: int
    base: Tree


@dataclass(slots=True)
class _Story:
    """The stream for `git fast-import`, as far as it is told."""

    editor: Editor
    tips: dict[str, _Tip] = field(default_factory=dict)
    stream: list[bytes] = field(default_factory=list)
    marks: int = 0

    def commit(self, author: str, at: int, message: str, parents: tuple[int, ...], changed: Tree) -> int:
        """Tell a commit and return its mark."""
        self.marks += 1
        who = f"{author} <{author}@example.invalid> {at} +0000"
        lines = [f"commit refs/heads/{MAIN}", f"mark :{self.marks}", f"author {who}", f"committer {who}"]
        lines.append(f"data {len(message)}\n{message}")
        lines += [f"{word} :{mark}" for word, mark in zip(("from", "merge"), parents, strict=False)]
        for path, content in sorted(changed.items()):
            text = "".join(f"{line}\n" for line in content)
            lines.append(f"M 100644 inline {path}\ndata {len(text)}\n{text}")
        self.stream.append("\n".join([*lines, "", ""]).encode("ascii"))
        return self.marks


def write_repository(
    folder: str, pushes: Iterable[Push], seed: int, env: Mapping[str, str]
) -> list[tuple[Push, str]]:
    """Make a repository in `folder` with a commit for each push; return them with their commit ids.

    The totals of a push come back as git counts them: a merge has its own, and lines that are not
    there cannot be deleted. Open feature branches stay, merged ones are gone.

    Raises:
        GitError: git cannot make it.
    """
    story = _begin(seed)
    told = [_tell(story, push) for push in pushes]
    for name, tip in story.tips.items():
        story.stream.append(f"reset refs/heads/{name}\nfrom :{tip.mark}\n\n".encode())
    marks = [mark for _, mark in told]
    story.stream += [f"get-mark :{mark}\n".encode() for mark in marks]
    repo = _init(folder, env)
    said = repo.run(["fast-import", "--quiet", "--cat-blob-fd=1"], b"".join(story.stream), _DEADLINE_S)
    shas = said.decode("ascii").split()
    repo.run([f"--work-tree={os.path.abspath(folder)}", "reset", "--quiet", "--hard", MAIN])
    return [(push, sha) for (push, _), sha in zip(told, shas, strict=True)]


def clear(folder: str) -> None:
    """Remove a repository that `write_repository` made.

    Raises:
        UsageError: it is something else.
    """
    try:
        ours = Path(folder, ".git", "description").read_text("utf-8").strip() == MARK
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        raise UsageError(
            f"{folder} is no synthetic repository: it is not overwritten", "name a folder that is not there"
        )
    shutil.rmtree(folder)


def _begin(seed: int) -> _Story:
    story = _Story(Editor(seed))
    tree = story.editor.first_tree()
    notice = {NOTICE: (MARK + ".", "No commit here was made by a person, and no CI ever built one.")}
    mark = story.commit("main_dev", START - 86400, f"{MARK}\n", (), tree | notice)
    story.tips[MAIN] = _Tip(tree, mark, tree)
    return story


def _tell(story: _Story, push: Push) -> tuple[Push, int]:
    """Tell the commit of `push`; return it with the totals that git will count, and the mark."""
    main = story.tips[MAIN]
    if push.merges:
        feature = story.tips.pop(push.merges)
        changed = merged(feature.base, main.tree, feature.tree)
        message = f"Merge branch '{push.merges}'\n"
        parents: tuple[int, ...] = (main.mark, feature.mark)
        tip = main
    else:
        tip = story.tips.setdefault(push.branch, _Tip(main.tree, main.mark, main.tree))
        changed = story.editor.edit(
            tip.tree, push.dominant_file_type, push.files_changed, push.lines_added, push.lines_deleted
        )
        message = f"{_SUBJECTS[story.marks % len(_SUBJECTS)]} part {story.marks}\n"
        parents = (tip.mark,)
    files, added, deleted, kind = totals(tip.tree, changed)
    tip.mark = story.commit(push.author, push.at - 30, message, parents, changed)
    tip.tree = tip.tree | changed
    counted = replace(
        push, files_changed=files, lines_added=added, lines_deleted=deleted, dominant_file_type=kind
    )
    return counted, tip.mark


def _init(folder: str, env: Mapping[str, str]) -> Repository:
    args = ["init", "--quiet", "--template=", "--object-format=sha1", f"--initial-branch={MAIN}", folder]
    clean = {name: value for name, value in env.items() if not name.startswith("GIT_")}
    returncode, _, stderr = Process(args, b"", clean).communicate(_DEADLINE_S)
    if returncode:
        raise GitError(f"git cannot make a repository in {folder}: {os.fsdecode(stderr).strip()[:200]}")
    Path(folder, ".git", "description").write_text(MARK + "\n", "utf-8")
    return Repository.open(folder, env=clean)
