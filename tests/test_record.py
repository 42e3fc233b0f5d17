"""`cigate record` and `cigate flush` as a pipeline's last step runs them, over real git and databases."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cigate.change import BuildRecord
from cigate.cli import main
from cigate.history import History
from cigate.providers import PROVIDERS
from cigate.stores import open_store
from tests.repo import Repo

OWN = "sqlite:///.git/cigate/builds.sqlite"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository with three commits on main, in which the test runs, outside of any CI."""
    made = Repo.init(tmp_path / "work")
    for n in range(3):
        made.commit({f"{n}.py": "x\n"})
    monkeypatch.chdir(made.path)
    for provider in PROVIDERS.values():
        monkeypatch.delenv(provider.MARK, raising=False)
    monkeypatch.delenv("CIGATE_STORE", raising=False)
    return made


@pytest.fixture
def github(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """The same within a run of GitHub Actions for a pull request, whose checkout is a merge nobody pushed."""
    base = repo.head()
    repo.checkout("fix", "HEAD~1")
    head = repo.commit({"fix.py": "y\n"})
    repo.git("checkout", "-q", "--detach", base)
    merge = repo.merge("fix")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"sha": head}, "base": {"sha": base}}}))
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_RUN_ID": "7",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_WORKFLOW": "CI",
        "GITHUB_JOB": "gate",
        "GITHUB_SHA": merge,
        "GITHUB_REF": "refs/pull/1/merge",
        "GITHUB_HEAD_REF": "fix",
        "GITHUB_BASE_REF": "main",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "acme/shop",
    }.items():
        monkeypatch.setenv(name, value)
    return repo


def stored(url: str = OWN) -> list[BuildRecord]:
    store = open_store(url)
    records = list(store.read())
    store.close()
    return records


def test_pull_request_records_the_head_that_was_pushed(github: Repo) -> None:
    """Everything comes from the CI's environment; the merge commit is nobody's push."""
    assert main(["record", "--status", "failure"]) == 0
    (only,) = stored()
    assert only.change.head == github.head("fix")
    assert [c.sha for c in only.change.commits] == [github.head("fix")]
    assert (only.change.branch, only.change.target, only.change.event) == ("fix", "main", "pull_request")
    assert (only.id, only.outcome, only.provider) == ("github/7/1/CI//gate", "failed", "github")
    assert only.url == "https://github.com/acme/shop/actions/runs/7/attempts/1"
    assert 0 < only.started_at <= only.finished_at


def test_repeated_step_changes_nothing(github: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """The same run, attempt, workflow and job is one record: the first."""
    assert main(["record", "--status", "failure"]) == 0
    before = stored()
    assert main(["record", "--status", "success"]) == 0
    assert stored() == before
    assert "recorded before" in capsys.readouterr().out


def test_new_attempt_is_new_and_shows_the_first_as_flaky(
    github: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A re-run that turns green leaves the first record as it was, and names it."""
    main(["record", "--status", "failure"])
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "2")
    assert main(["record", "--status", "success"]) == 0
    assert [(r.attempt, r.outcome) for r in stored()] == [(1, "failed"), (2, "passed")]
    assert stored()[0].change.commits == stored()[1].change.commits
    assert "flaky     github/7/1/CI//gate failed on this very commit" in capsys.readouterr().out


@pytest.mark.parametrize("different", [["--job", "lint"], ["--job", ""], ["--workflow", "Nightly"]])
def test_other_jobs_are_other_builds(
    github: Repo, different: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What another job did says nothing of this one: a record of its own, and nothing is flaky."""
    main(["record", "--status", "failure"])
    assert main(["record", "--status", "success", *different]) == 0
    assert len(stored()) == 2
    assert "flaky" not in capsys.readouterr().out


def test_pushes_open_what_was_recorded(repo: Repo) -> None:
    """The repository's own store renews the snapshot that pushes are judged by; another store does not."""
    main(["record", "--status", "failure", "--run", "1"])
    snapshot = Path(".git/cigate/history.bin")
    assert History.open(snapshot.read_bytes()).failures == 1
    snapshot.unlink()
    main(["record", "--status", "failure", "--run", "2", "--store", "sqlite:///elsewhere.sqlite"])
    assert not snapshot.exists()


def test_outside_of_a_ci_the_checkout_speaks(repo: Repo) -> None:
    """Head and branch are the ones checked out; flags say the rest, and a login in a URL is dropped."""
    assert main(["record", "--status", "ok", "--run", "5", "--url", "https://ann:s3cret@ci.example/5"]) == 0
    (only,) = stored()
    assert (only.change.head, only.change.branch) == (repo.head(), "main")
    assert (only.id, only.url) == ("local/5/1/", "https://ci.example/5")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(0, "passed"), (1, "failed"), (2, "failed"), (127, "errored"), (130, "canceled"), (143, "canceled")],
)
def test_exit_codes_mean_outcomes(repo: Repo, code: int, outcome: str) -> None:
    """What a shell knows of a command is enough."""
    assert main(["record", "--from-exit-code", str(code)]) == 0
    assert [r.outcome for r in stored()] == [outcome]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--status", "purple"], "'purple' is no outcome"),
        (["--status", "success", "--started-at", "soon"], "--started-at 'soon'"),
        (["--status", "success", "--deadline", "0"], "is no number of seconds"),
        (["--status", "success", "--attempt", "0"], "is not the number of an attempt"),
        ([], "--status"),
    ],
)
def test_nonsense_is_a_usage_error(
    repo: Repo, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A word that means nothing is named, and nothing is recorded."""
    assert main(["record", *words]) == 2
    assert said in capsys.readouterr().err
    assert stored() == []


def test_head_that_is_not_here_is_told(github: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """A pushed commit that the checkout lacks is no reason to record another one."""
    assert main(["record", "--status", "success", "--head", "f" * 40]) == 3
    assert "no commit is called" in capsys.readouterr().err


def test_usual_checkout_of_a_pull_request_lacks_its_head(
    github: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of depth 1 it has the merge alone: say which setting fetches more, and record nothing else instead."""
    github.git("branch", "-f", "merged", "HEAD")
    clone = github.clone(tmp_path / "shallow", "--depth=1", "--branch=merged")
    monkeypatch.chdir(clone.path)
    assert main(["record", "--status", "failure"]) == 3
    said = capsys.readouterr().err
    assert "the commit that was pushed" in said
    assert "fetch-depth: 0" in said
    assert stored() == []


def test_head_of_a_fork_that_was_not_fetched(
    github: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A whole clone may lack it too: say where it is."""
    Path(os.environ["GITHUB_EVENT_PATH"]).write_text('{"pull_request": {"head": {"sha": "%s"}}}' % ("e" * 40))
    assert main(["record", "--status", "failure"]) == 3
    assert "refs/pull/NUMBER/head" in capsys.readouterr().err


def test_flush_with_nothing_to_do(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty spool is fine, and asks no database."""
    assert main(["flush", "--store", "postgresql://ann:hunter2@127.0.0.1:1/ci"]) == 0
    assert capsys.readouterr().out == "nothing waits for postgresql://127.0.0.1:1/ci\n"
