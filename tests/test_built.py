"""A build that is recorded when it ends gets the change that an import of all builds would give it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cigate.cli import main
from cigate.stores import open_store
from tests.repo import Repo

AT = 1_600_000_000
HEADER = "build_id,commit_sha,branch,status,started_at,duration_s\n"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    made = Repo.init(tmp_path / "work")
    monkeypatch.chdir(made.path)
    monkeypatch.setenv("CIGATE_AUTHOR_KEY", "k")
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "CIGATE_STORE"):
        monkeypatch.delenv(name, raising=False)
    return made


def tangled(repo: Repo) -> list[tuple[str, str]]:
    """Return (head, branch) of builds over branches, merges, skipped commits and a rebuild."""
    builds = []

    def work(name: str, times: int = 1) -> str:
        for _ in range(times):
            head = repo.commit({f"{name}.txt": f"{repo.now}\n"}, author=name)
        return head

    builds.append((work("main", 3), "main"))
    builds.append((work("main", 2), "main"))
    unbuilt = work("main")
    repo.checkout("topic", unbuilt)
    builds.append((work("topic", 2), "topic"))
    repo.checkout("main")
    builds.append((work("main"), "main"))
    repo.checkout("other", builds[0][0])
    builds.append((work("other"), "other"))
    builds.append((builds[2][0], "topic"))
    repo.checkout("main")
    builds.append((repo.merge("topic"), "main"))
    repo.checkout("other")
    work("other", 2)
    repo.checkout("main")
    builds.append((repo.merge("other"), "main"))
    builds.append((work("main"), "main"))
    return builds


def record(head: str, branch: str, number: int, *more: str) -> int:
    words = ["record", "--status", "success", "--provider", "csv", "--run", str(number), "--head", head]
    times = ["--started-at", str(AT + 10 * number), "--finished-at", str(AT + 10 * number + 7)]
    return main([*words, "--branch", branch, *times, *more])


def test_recorded_builds_equal_imported_ones(repo: Repo) -> None:
    """Branches, merges, commits that were never built and rebuilds come out alike, record for record."""
    builds = tangled(repo)
    rows = [f"{n},{sha},{branch},success,{AT + 10 * n},7\n" for n, (sha, branch) in enumerate(builds)]
    Path("builds.csv").write_text(HEADER + "".join(rows))
    assert main(["import", "csv", "builds.csv", "--store", "sqlite:///imported.sqlite"]) == 0
    for number, (head, branch) in enumerate(builds):
        assert record(head, branch, number) == 0
    imported = list(open_store("sqlite:///imported.sqlite").read())
    recorded = list(open_store("sqlite:///.git/cigate/builds.sqlite").read())
    assert len(imported) == len(builds)
    assert recorded == imported


def test_first_build_goes_back_to_its_base(repo: Repo) -> None:
    """Where the store knows nothing yet, what the push started from says what is new."""
    first = repo.commit({"a": "1"})
    repo.commit({"a": "2"})
    head = repo.commit({"a": "3"})
    assert record(head, "main", 1, "--base", first) == 0
    (only,) = open_store("sqlite:///.git/cigate/builds.sqlite").read()
    assert (len(only.change.commits), only.change.base) == (2, first)


def test_build_that_was_overtaken_keeps_its_commits(repo: Repo) -> None:
    """A later push that was recorded first does not take away what an earlier one brought."""
    builds = [(repo.commit({"a": str(n)}), "main") for n in range(3)]
    record(*builds[0], 0)
    record(*builds[2], 1)
    record(*builds[1], 2)
    changes = {r.change.head: r.change for r in open_store("sqlite:///.git/cigate/builds.sqlite").read()}
    assert [c.sha for c in changes[builds[1][0]].commits] == [builds[1][0]]


def test_shallow_clone_is_refused_with_the_ci_s_own_remedy(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clone of depth 1 shows the whole tree as one change: say which setting fetches more."""
    for n in range(4):
        repo.commit({"a": str(n)})
    clone = repo.clone(tmp_path / "shallow", "--depth=1")
    monkeypatch.chdir(clone.path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_SHA", clone.head())
    assert main(["record", "--status", "failure"]) == 3
    assert "fetch-depth: 0" in capsys.readouterr().err
