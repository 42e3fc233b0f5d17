"""A model with a mind of its own, for tests of judging: it expects every CI change to break CI.

bundle = wary_bundle()          # fails what touches .github/workflows, passes everything else
judged = Judged.make(tmp_path)  # a work tree, its bare remote, the model, the hook
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import yaml

from cigate.change import BuildRecord, Change, Commit, FileChange
from cigate.features import FEATURES
from cigate.git import Repository
from cigate.history import History
from cigate.install import find_place, install
from cigate.model import Bundle, Manifest, Thresholds, write_bundle
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


@functools.cache
def _pattern(object_format: str) -> Path:
    """Return a folder with a pushed work tree, the hook installed, and its remote: to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="cigate-pattern-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    work = Repo.init(folder / "work", object_format=object_format)
    remote = Repo.init(folder / "work-origin.git", bare=True, object_format=object_format)
    work.commit({"src/a.py": "x = 1\n"})
    work.git("push", "-q", str(remote.path), "main")
    install(find_place(Repository.open(str(work.path))))
    return folder


class Judged:
    """A work tree with one pushed commit, its bare remote, and cigate's hook and model in place."""

    def __init__(self, work: Repo, remote: Repo) -> None:
        self.work = work
        self.remote = remote

    @classmethod
    def make(
        cls,
        folder: Path,
        bundle: Bundle | None = None,
        object_format: str = "sha1",
        form: str = "native",
    ) -> Judged:
        """Create everything below `folder`; without `bundle` the wary one judges.

        `form` is "native" (as `cigate install` makes it) or "pre-commit" (as pre-commit does).
        """
        for name in ("work", "work-origin.git"):
            shutil.copytree(_pattern(object_format) / name, folder / name)
        made = cls(Repo(folder / "work"), Repo(folder / "work-origin.git", bare=True))
        made.work.now += 60
        made.work.git("remote", "add", "origin", str(made.remote.path))
        made.work.git("update-ref", "refs/remotes/origin/main", "main")
        if form == "pre-commit":
            made.hook.unlink()
            install_pre_commit(made.work, folder / "pre-commit-config.yaml")
        write_bundle(str(made.state / "model"), bundle or wary_bundle())
        return made

    @property
    def hook(self) -> Path:
        """Return the hook that git starts."""
        return self.work.path / ".git" / "hooks" / "pre-push"

    @property
    def state(self) -> Path:
        """Return the folder of cigate's local state."""
        return self.work.path / ".git" / "cigate"

    def push(self, *refspecs: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Push for real; return git's exit code and what the hook said of it."""
        done = self.work.push(*refspecs, env=env)
        return done.returncode, said(done.stdout + done.stderr)

    def sees(self, ref: str) -> str:
        """Return the id that `ref` has on the remote, "" where it has none."""
        return self.remote.git_raw("rev-parse", "--verify", "-q", ref).stdout.decode().strip()


def install_pre_commit(work: Repo, config: Path) -> None:
    """Let the real pre-commit run the shipped hook, with this installation's cigate."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["entry"] == "cigate-hook"
    hook |= {"entry": f"{sys.executable} -m cigate.hook", "language": "system"}
    config.write_text(json.dumps({"repos": [{"repo": "local", "hooks": [hook]}]}), encoding="utf-8")
    work.env["PRE_COMMIT_HOME"] = str(config.parent / "pre-commit-home")
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install", "-t", "pre-push", "-c", str(config)],
        cwd=work.path,
        env=clean_environment() | work.env,
        check=True,
        capture_output=True,
    )


def said(output: bytes) -> str:
    """Return the lines that cigate wrote, without those of git and pre-commit."""
    lines = output.decode(errors="surrogateescape").splitlines()
    starts = ("cigate  ", "  why   ", "        ", "  less  ", "  like  ", "  so    ", "  past  ", "  note  ")
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


def pooled_bundle() -> Bundle:
    """Return the wary model as if `cigate train --data` had made it of mined repositories."""
    bundle = wary_bundle(b"")
    values = {name: getattr(bundle.manifest, name) for name in bundle.manifest.__slots__}
    return Bundle(Manifest(**{**values, "model_id": "pooled-1"}), bundle.model, b"")
