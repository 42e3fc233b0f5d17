"""A repository to be tortured: its remote, the hook, a model with a mind of its own, an attacker's program.

The model fails what touches CI configuration, and nothing else: a warning proves that the commit which
does so was read. Everything lies below one folder, which can be put back as it was before each push.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from atexit import register
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.judged import ROOT, Judged
from tests.repo import Repo, clean_environment

BIN = Path(sys.executable).parent
TELLTALE = {".github/workflows/ci.yml": "on: push\n"}
NATIVE, PRE_COMMIT, PREDICT = FORMS = ("native", "pre-commit", "predict")
# What the command lines of cigate's own processes hold: whatever they start is started by cigate.
OURS = ("from cigate.hook import native", str(BIN / "cigate-hook"), f"{BIN / 'cigate'} predict")

# Writes down who started it, up to the first process, and behaves as a filter, a pager or a monitor would.
TRAP = """#!/bin/sh
{{
    pid=$$
    while [ "$pid" -gt 1 ] && [ -r "/proc/$pid/cmdline" ]; do
        tr '\\0' ' ' <"/proc/$pid/cmdline"
        echo
        pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
    done
    echo ===
}} >>'{trace}' 2>/dev/null
exec cat
"""
# Keeps what the hook says apart from what git and pre-commit say.
WRAPPER = """#!/bin/sh
{command} "$@" 2>>"$TORTURE_SAID"
code=$?
cat "$TORTURE_SAID" >&2
exit "$code"
"""


class Answer(NamedTuple):
    """What came of one push or one prediction.

    `said` is what cigate itself wrote, None where it was never started; `all` is everything that was
    written, git's and pre-commit's words included.
    """

    form: str
    code: int
    said: bytes | None
    all: bytes


class Ground:
    """What a case builds on, and pushes from."""

    def __init__(self, folder: Path, object_format: str = "sha1") -> None:
        self.folder = folder
        self.place = folder / "ground"
        self.place.mkdir()
        judged = Judged.make(self.place, object_format=object_format)
        self.work, self.remote, self.state = judged.work, judged.remote, judged.state
        self.trace = folder / "sprung"
        self.trap = folder / "trap"
        self.trap.write_text(TRAP.format(trace=self.trace))
        self.trap.chmod(0o755)
        self.env: dict[str, str] = {"TORTURE_SAID": str(folder / "said"), "CIGATE_TIME_LIMIT": "120"}
        self.hook = judged.hook
        self.prefix: tuple[str, ...] = ()
        wrap_hook(self.hook)

    def commit(self, files: Mapping[str, str | bytes | None] | None = None, **more: object) -> str:
        """Commit `files` together with the file that makes the model warn."""
        return self.work.commit({**TELLTALE, **(files or {})}, **more)  # type: ignore[arg-type]

    def raw_commit(self, text: bytes, ref: str = "refs/heads/main") -> str:
        """Store the bytes of a commit as they are, however broken, and point `ref` at it."""
        args = ("hash-object", "-t", "commit", "-w", "--literally", "--stdin")
        oid = self.work.git(*args, stdin=text)
        self.work.git("update-ref", ref, oid)
        return oid

    def telltale_tree(self) -> str:
        """Return the tree of a commit that changes CI configuration, without leaving a commit behind."""
        self.work.write(TELLTALE)
        self.work.git("add", "-A")
        return self.work.git("write-tree")

    def keep(self) -> None:
        """Remember everything as it is now."""
        copy_tree(self.place, self.folder / "kept")

    def restore(self) -> None:
        """Put everything back as it was kept; forget what was said and sprung."""
        remove_tree(self.place)
        copy_tree(self.folder / "kept", self.place)
        self.forget()

    def forget(self) -> None:
        """Drop what the last push left."""
        for path in (self.trace, self.folder / "said"):
            path.unlink(missing_ok=True)

    def sprung(self, by_us: bool = True) -> list[str]:
        """Return the ancestry of each start of the attacker's program, by cigate or by anybody."""
        text = self.trace.read_text(errors="replace") if self.trace.exists() else ""
        starts = [part for part in text.split("===\n") if part]
        return [part for part in starts if not by_us or any(ours in part for ours in OURS)]

    def run(
        self,
        command: Sequence[str | bytes | Path],
        env: Mapping[str, str],
        cwd: Path | None = None,
        stdin: bytes = b"",
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in the work tree, behind what the case wants before it."""
        return subprocess.run(
            [*self.prefix, *command],
            cwd=cwd or self.work.path,
            env=clean_environment(self.work.now) | self.work.env | self.env | dict(env),
            input=stdin,
            capture_output=True,
            check=False,
        )

    def push(self, form: str, words: Sequence[str | bytes], env: Mapping[str, str], cwd: Path) -> Answer:
        """Run `git push WORDS` with the hook of one form in place."""
        if form == PRE_COMMIT:
            self.hook.write_bytes(pre_commit_hook())
            env = {"PRE_COMMIT_HOME": str(pre_commit_folder() / "home"), **env}
        done = self.run(["git", "push", *words], env, cwd)
        return self._answer(form, done)

    def predict(self, words: Sequence[str], env: Mapping[str, str], cwd: Path) -> Answer:
        """Run `cigate predict` as its installed command."""
        done = self.run([BIN / "cigate", "predict", "--mode", "warn", *words], env, cwd)
        output = done.stdout + done.stderr
        return Answer(PREDICT, done.returncode, output, output)

    def _answer(self, form: str, done: subprocess.CompletedProcess[bytes]) -> Answer:
        said = self.folder / "said"
        words = said.read_bytes() if said.exists() else None
        return Answer(form, done.returncode, words, done.stdout + done.stderr)


def wrap_hook(hook: Path) -> None:
    """Put a hook in place of `hook` that starts it and keeps what it says."""
    inner = hook.with_name("pre-push.cigate")
    hook.rename(inner)
    hook.write_text(WRAPPER.format(command='"${0%/*}/pre-push.cigate"'))
    hook.chmod(0o755)


@functools.cache
def pre_commit_folder() -> Path:
    """Return a folder of pre-commit's own things, one for all cases of this process."""
    folder = Path(tempfile.mkdtemp(prefix="cigate-pre-commit-"))
    register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    return folder


@functools.cache
def pre_commit_hook() -> bytes:
    """Return the hook that the real pre-commit writes for cigate's shipped entry."""
    folder = pre_commit_folder()
    entry = folder / "entry"
    entry.write_text(WRAPPER.format(command=BIN / "cigate-hook"))
    entry.chmod(0o755)
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["entry"] == "cigate-hook"
    hook |= {"entry": str(entry), "language": "system"}
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [hook]}]}))
    repo = Repo.init(folder / "work")
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install", "-t", "pre-push", "-c", str(config)],
        cwd=repo.path,
        env=clean_environment() | {"PRE_COMMIT_HOME": str(folder / "home")},
        check=True,
        capture_output=True,
    )
    written = (repo.path / ".git" / "hooks" / "pre-push").read_bytes()
    assert b"--config=../config.yaml" in written  # as seen from the one repository it was written in
    return written.replace(b"../config.yaml", os.fsencode(config))


def copy_tree(source: Path, target: Path) -> None:
    """Copy everything as it is: owners, times, odd names, links."""
    subprocess.run(["cp", "-a", "--", source, target], check=True)


def remove_tree(path: Path) -> None:
    """Remove everything, also what is read-only or has a path that is too long for Python."""
    subprocess.run(["chmod", "-R", "u+rwX", "--", path], check=False, capture_output=True)
    subprocess.run(["rm", "-rf", "--", path], check=True)


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the size and kind of every file below `folder`, but for what cigate keeps for itself."""
    found = {}
    for where, _, names in os.walk(os.fsencode(folder)):
        for name in names if not where.endswith(b"/cigate") else ():
            path = os.path.join(where, name)
            facts = os.lstat(path)
            found[repr(path)] = (facts.st_size, facts.st_mode)
    return found
