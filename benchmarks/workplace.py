"""A repository with cigate's hook and a trained bundle in it, and the commands that are compared in it.

Made anew in a temporary folder for every run, by the same code that users run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import Side
from benchmarks.project import PUSHED, START, make_records, make_repository
from cigate.features import FEATURES
from cigate.git import Repository
from cigate.history import History
from cigate.install import find_place, install
from cigate.model import Bundle, write_bundle
from cigate.places import model_dir
from cigate.replay import replay
from cigate.shim import library_folders
from cigate_train.dataset import Dataset, collect_dataset
from cigate_train.export import export
from cigate_train.training import train
from tests.repo import Repo, clean_environment

ROOT = Path(__file__).resolve().parent.parent
JUDGED = "-> origin"  # what could not be judged is said without it
ZEROS = "0" * 40
# As a user has cigate, without the import hook of a developer's editable installation: 20 ms at each start.
PLAIN = [sys.executable, "-S"]
INSTALLED = {"PYTHONPATH": os.pathsep.join([str(ROOT), *library_folders()])}
BARE = Side([sys.executable, "-S", "-E", "-c", "pass"])
IMPORT = Side([sys.executable, "-c", "import onnxruntime"])


class Learned:
    """A training on made-up builds: its matrix, its history and the bundle that was exported."""

    def __init__(self, builds: int) -> None:
        history = History()
        names = [feature.name for feature in FEATURES]
        self.dataset: Dataset = collect_dataset(replay(make_records(builds), history=history), names)
        self.snapshot = history.snapshot()
        course = train(self.dataset, len(self.snapshot))
        self.settings = course.settings
        self.bundle: Bundle = export(course, self.snapshot, START).bundle


class Workplace:
    """A work tree whose pushes are judged by `bundle`."""

    def __init__(self, folder: Path, bundle: Bundle, commits: int, pushed: int = PUSHED) -> None:
        self.repo: Repo = make_repository(folder, commits, pushed)
        self.pushed = pushed
        opened = Repository.open(str(folder))
        self.hook = Path(find_place(opened).path("pre-push"))
        install(find_place(opened))
        write_bundle(model_dir(opened), bundle)
        self.head, self.remote = self.repo.head("main"), self.repo.head("origin/main")

    def push(self, env: Mapping[str, str] | None = None, lines: str = "", says: str = JUDGED) -> Side:
        """Return the native hook, run as git runs it, for `lines` (default: main with its new commits)."""
        lines = lines or f"refs/heads/main {self.head} refs/heads/main {self.remote}\n"
        where = str(self.repo.path)
        return Side([str(self.hook), "origin", "../nowhere.git"], where, self._env(env), lines.encode(), says)

    def deletion(self) -> Side:
        """Return the hook at a push that deletes a branch."""
        return self.push(lines=f"(delete) {ZEROS} refs/heads/gone {self.remote}\n", says="")

    def up_to_date(self) -> Side:
        """Return the hook at a push that moves nothing: git starts it with an empty stdin."""
        where = str(self.repo.path)
        return Side([str(self.hook), "origin", "../nowhere.git"], where, self._env(None))

    def not_covered(self) -> Side:
        """Return the hook at a push to a branch that the environment's configuration leaves out."""
        return self.push({"CIGATE_BRANCHES": "release/*"}, says="")

    def predict(self) -> Side:
        """Return `cigate predict` of the same commits."""
        argv = [*PLAIN, "-m", "cigate", "predict", "--mode", "warn"]
        return Side(argv, str(self.repo.path), self._env(INSTALLED), says="usual here")

    def git_alone(self) -> Side:
        """Return git's log of the commits that the hook judges, with the hook's own flags."""
        from cigate.git.pins import CONFIG, COUNTED, LOG, pinned_environment
        from cigate.walk import MAX_COMMITS

        git_dir = str(self.repo.path / ".git")
        what = [f"--max-count={MAX_COMMITS + 1}", self.head, "--not", "--remotes", "--"]
        argv = ["git", "-C", git_dir, *CONFIG, *LOG, *COUNTED, *what]
        return Side(argv, env=pinned_environment(clean_environment(), git_dir), discard=True)

    def many_refs(self, count: int) -> tuple[Side, Side]:
        """Add `count` branches of one commit each; return the hook at a push of them, and git's log."""
        stream = "".join(
            f"commit refs/heads/topic/{n}\ncommitter a <a@example.invalid> {START + n} +0000\ndata 1\nx\n"
            f"from {self.remote}\nM 100644 inline new/file{n}.py\ndata 2\n{n % 10}\n\n"
            for n in range(count)
        )
        self.repo.fast_import(stream.encode())
        told = self.repo.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/topic")
        refs = [line.split() for line in told.splitlines()]
        lines = "".join(f"{name} {oid} {name} {ZEROS}\n" for name, oid in refs)
        git = self.git_alone()
        argv = [*git.argv[:-5], "--no-walk=unsorted", "--stdin", "--"]
        stdin = "".join(f"{oid}\n" for _, oid in refs).encode()
        return self.push(lines=lines), Side(argv, git.cwd, git.env, stdin, discard=True)

    @staticmethod
    def _env(env: Mapping[str, str] | None) -> dict[str, str]:
        pinned = {k: v for k, v in clean_environment().items() if k.startswith(("GIT_", "LC_"))}
        return pinned | dict(env or {})
