"""A model with a mind of its own, for tests of judging: it expects every CI change to break CI.

bundle = wary_bundle()          # fails what touches .github/workflows, passes everything else
judged = Judged.make(tmp_path)  # a work tree, its bare remote, the model, the hook
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cigate.change import BuildRecord, Change, Commit, FileChange
from cigate.features import FEATURES
from cigate.git import Repository
from cigate.history import History
from cigate.install import find_place, install
from cigate.model import Bundle, Manifest, Thresholds, write_bundle
from cigate.places import model_dir
from tests.forests import Forest, convert, make_bundle
from tests.repo import Repo, clean_environment

ROOT = Path(__file__).resolve().parent.parent
RISKY = {".github/workflows/ci.yml": "on: push\n"}
HARMLESS = {"README.md": "words\n"}
LAST_BUILD_AT = 1_600_000_000


def build(number: int, failed: bool, branch: str = "main") -> BuildRecord:
    """Return one finished build of a small change."""
    at = LAST_BUILD_AT - 1000 * (100 - number)
    sha = f"{number:040x}"
    files = (FileChange("src/a.py", 3, 1), FileChange("README.md", 1, 0))
    commit = Commit(sha, (), "a" * 16, at, at, "Change something", files)
    change = Change(sha, "", branch, commit.author, at, (commit,))
    return BuildRecord(f"b{number}", change, "failed" if failed else "passed", at, at + 60)


def past(builds: int = 40, red: str = "") -> bytes:
    """Return the snapshot of a history where one build in ten failed; the branch `red` ends red."""
    history = History()
    for number in range(builds):
        history.learn(build(number, failed=number % 10 == 5))
    for number in range(builds, builds + 3 if red else builds):
        history.learn(build(number, failed=True, branch=red))
    return history.snapshot()


@functools.cache
def wary_forest() -> Forest:
    """Fit a forest that fails exactly what touches CI configuration."""
    from sklearn.ensemble import RandomForestClassifier

    random = np.random.default_rng(7)
    rows = random.normal(size=(400, len(FEATURES))).astype(np.float32)
    column = [feature.name for feature in FEATURES].index("ci_files")
    rows[:, column] = np.where(random.random(400) < 0.3, 0.69, 0.0)
    failed = (rows[:, column] > 0).astype(int)
    classifier = RandomForestClassifier(10, max_features=None, max_leaf_nodes=4, random_state=0)
    classifier.fit(rows, failed)
    features = tuple((feature.name, feature.version) for feature in FEATURES)
    return Forest(classifier, convert(classifier, features), features, rows)


def wary_bundle(
    history: bytes | None = None, thresholds: Thresholds | None = None, synthetic: bool = False
) -> Bundle:
    """Return the wary forest as a bundle; it may block unless `thresholds` say otherwise."""
    made = make_bundle(wary_forest(), past() if history is None else history, "wary-1")
    m = made.manifest
    limits = thresholds or Thresholds(0.5, 0.8)
    manifest = Manifest(
        m.model_id,
        m.created_at,
        m.features,
        m.model_sha256,
        m.history_sha256,
        limits,
        m.base_rate,
        m.typical,
        synthetic,
        m.card,
    )
    return Bundle(manifest, made.model, made.history)


class Judged:
    """A work tree with one pushed commit, its bare remote, and cigate's hook and model in place."""

    def __init__(self, work: Repo, remote: Repo) -> None:
        self.work = work
        self.remote = remote

    @classmethod
    def make(cls, folder: Path, bundle: Bundle | None = None, object_format: str = "sha1") -> Judged:
        """Create everything below `folder`; without `bundle` the wary one judges."""
        work = Repo.init(folder / "work", object_format=object_format)
        remote = Repo.init(folder / "work-origin.git", bare=True, object_format=object_format)
        work.git("remote", "add", "origin", str(remote.path))
        work.commit({"src/a.py": "x = 1\n"})
        work.git("push", "-q", "origin", "main")
        repo = Repository.open(str(work.path))
        install(find_place(repo))
        write_bundle(model_dir(repo), bundle or wary_bundle())
        return cls(work, remote)

    @property
    def state(self) -> Path:
        """Return the folder of cigate's local state."""
        return self.work.path / ".git" / "cigate"

    def push(self, *refspecs: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Push for real; return git's exit code and what the hook said of it."""
        done = self.work.push(*refspecs, env=env)
        return done.returncode, said(done.stderr)


def said(stderr: bytes) -> str:
    """Return the lines that cigate wrote, without those of git."""
    lines = stderr.decode(errors="surrogateescape").splitlines()
    starts = ("cigate  ", "  why   ", "        ", "  less  ", "  so    ", "  past  ", "  note  ")
    return "".join(line + "\n" for line in lines if line.startswith(starts))


def run_cigate(
    *args: str | Path, cwd: Path, env: Mapping[str, str] | None = None, module: str = "cigate"
) -> subprocess.CompletedProcess[str]:
    """Run `python -m cigate ARGS` in `cwd`, away from the user's configuration."""
    variables = clean_environment() | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'train'}"}
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, args)],
        cwd=cwd,
        env=variables | dict(env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
