"""The loop closes on real parts: CI runs, a database, a nightly training, a bucket, a laptop, a push."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from cigate.cli import main
from cigate.providers import PROVIDERS
from cigate.sharing import local_digest
from cigate.stores import open_store
from tests.judged import said
from tests.repo import Repo, clean_environment
from tests.runners import Ran, need_runners, run_act, run_gitlab
from tests.servers import Bucket, Postgres

BUILDS = 300
BY_RUNNERS = 4
KEY = "the-team's-key"
WORKFLOW = """\
name: CI
on: push
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
      - run: test ! -e db/broken
      - if: always()
        run: cigate record --status "${{ job.status }}" --run "$RUN" --job "" --branch main
"""
PIPELINE = """\
gate:
  script: ["test ! -e db/broken"]
  after_script: ['cigate record --status "$CI_JOB_STATUS" --run "$RUN" --workflow CI --job "" --branch main']
"""


def project(folder: Path, started_at: int) -> tuple[Repo, list[tuple[str, bool]]]:
    """Return a repository of one push an hour, and each push with whether its build failed."""
    repo = Repo.init(folder)
    repo.set("uploadpack.allowAnySHA1InWant", "true")
    draw = random.Random(5)
    stream, failed = [], []
    for n in range(BUILDS - BY_RUNNERS):
        risky = draw.random() < 0.3
        failed.append(draw.random() < (0.75 if risky else 0.04))
        at = started_at + n * 3600
        who = draw.choice(("ann", "bob"))
        stream.append(
            f"commit refs/heads/main\ncommitter {who} <{who}@example.invalid> {at} +0000\ndata 1\nx\n"
        )
        stream.append(f"M 100644 inline {'db/schema.sql' if risky else 'docs/page.md'}\n")
        stream.append(f"data {len(str(n))}\n{n}\n")
    repo.fast_import("".join(stream).encode())
    repo.git("reset", "-q", "--hard")
    heads = repo.git("rev-list", "--reverse", "main").split()
    return repo, list(zip(heads, failed, strict=True))


def record_all(builds: list[tuple[str, bool]], started_at: int) -> None:
    for n, (head, failed) in enumerate(builds):
        at = started_at + n * 3600
        facts = ["--run", str(n), "--workflow", "CI", "--job", "", "--provider", "github", "--branch", "main"]
        times = ["--started-at", str(at), "--finished-at", str(at + 600)]
        status = "failure" if failed else "success"
        assert main(["record", "--status", status, "--head", head, *facts, *times]) == 0


def run_runners(repo: Repo, folder: Path, env: dict[str, str]) -> list[Ran]:
    """Push four times more; GitHub's runner builds three of them, GitLab's one. The second is red."""
    pushes = [{"docs/more.md": "1\n"}, {"db/broken": "x\n"}, {"db/schema.sql": "fixed\n"}]
    ran = []
    for number, files in enumerate(pushes, BUILDS - BY_RUNNERS):
        if number == BUILDS - BY_RUNNERS + 2:
            repo.git("rm", "-q", "db/broken")
        head = repo.commit(dict(files), at=int(time.time()))
        given = {**env, "RUN": str(number)}
        ran.append(run_act(folder / f"act{number}", WORKFLOW, "push", {"after": head}, repo, env=given))
    repo.commit({".gitlab-ci.yml": PIPELINE}, at=int(time.time()))
    given = {**env, "RUN": str(BUILDS - 1)}
    ran.append(run_gitlab(repo.path, variables=given, home=folder))
    return ran


def percent(text: str) -> int:
    found = re.search(r"(\d+) %", text.splitlines()[0])
    assert found is not None, text
    return int(found[1])


@pytest.mark.slow
def test_the_loop_closes(
    postgres: Postgres,
    seaweedfs: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """300 builds are recorded, a model is trained, published and pulled, and judges a push."""
    need_runners()
    for name in [provider.MARK for provider in PROVIDERS.values()]:
        monkeypatch.delenv(name, raising=False)
    store, models = postgres.create(), seaweedfs.create()
    for name, value in (seaweedfs.environment | {"CIGATE_STORE": store, "CIGATE_AUTHOR_KEY": KEY}).items():
        monkeypatch.setenv(name, value)
    started_at = int(time.time()) - BUILDS * 3600
    repo, builds = project(tmp_path / "work", started_at)
    monkeypatch.chdir(repo.path)

    record_all(builds, started_at)
    ran = run_runners(repo, tmp_path, {"CIGATE_STORE": store, "CIGATE_AUTHOR_KEY": KEY})
    assert [each.code == 0 for each in ran] == [True, False, True, True], "\n".join(r.log for r in ran)
    records = list(open_store(store).read())
    assert len(records) == len({record.id for record in records}) == BUILDS
    newest = records[-BY_RUNNERS:]
    assert [record.failed for record in newest] == [False, True, False, False]
    assert [record.provider for record in newest] == ["github"] * 3 + ["gitlab"]
    assert [len(record.change.commits) for record in newest] == [1] * BY_RUNNERS

    assert main(["retrain", "--publish", models]) == 0, capsys.readouterr()
    assert "published: " in capsys.readouterr().out

    origin = repo.bare_remote()
    repo.git("push", "-q", "origin", "main")
    laptop = origin.clone(tmp_path / "laptop")
    (laptop.path / ".cigate.toml").write_text(f'artifacts = "{models}"\n')
    monkeypatch.chdir(laptop.path)
    assert main(["install"]) == 0
    assert main(["pull"]) == 0
    digest = local_digest(str(laptop.path / ".git" / "cigate" / "model"))
    capsys.readouterr()
    assert main(["models", "list"]) == 0
    assert capsys.readouterr().out.startswith(digest[:12])

    env = clean_environment() | {"CIGATE_AUTHOR_KEY": KEY}
    judged = {}
    for path in ("docs/page.md", "db/schema.sql"):
        laptop.commit({path: "again\n"}, author="bob", at=int(time.time()))
        pushed = laptop.push("main", env=env)
        assert pushed.returncode == 0
        text = said(pushed.stderr)
        assert text.startswith("cigate  main -> origin   "), text
        assert "starter" not in text
        judged[path] = percent(text)
    assert judged["db/schema.sql"] > judged["docs/page.md"]
    assert origin.head("main") == laptop.head()
