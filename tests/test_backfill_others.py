"""`cigate backfill gitlab` and `jenkins` as a user types them, over real git, SQLite and HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cigate.cli import main
from tests.forges.other_stand_ins import (
    GitLabServer,
    JenkinsServer,
    gitlab_job,
    jenkins_build,
    pipeline,
)
from tests.forges.stand_in import AT, iso, serve
from tests.repo import Repo
from tests.test_commands_import import stored

TOKEN = "glpat-very-secret"
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CIGATE_STORE", "CIGATE_AUTHOR_KEY", "CI_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    monkeypatch.setenv("JENKINS_USER_ID", "robot")
    monkeypatch.setenv("JENKINS_API_TOKEN", TOKEN)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A clone with six commits on main, in which the test runs."""
    made = Repo.init(tmp_path / "work")
    for n in range(6):
        made.commit({f"src/{n}.py": f"{n}\n"}, author="ann", at=AT + n)
    made.git("remote", "add", "origin", "https://git.invalid/team/shop.git")
    monkeypatch.chdir(made.path)
    return made


@pytest.fixture
def gitlab() -> Iterator[GitLabServer]:
    pytest.importorskip("gitlab", reason="python-gitlab is not installed: pip install '.[gitlab]'")
    server = GitLabServer()
    with serve(server):
        yield server


@pytest.fixture
def jenkins() -> Iterator[JenkinsServer]:
    server = JenkinsServer()
    with serve(server):
        yield server


def shas(repo: Repo) -> list[str]:
    return repo.git("rev-list", "--reverse", "main").split()


def from_gitlab(server: GitLabServer, *args: str, name: str = "team/shop") -> int:
    return main(["backfill", "gitlab", name, "--api-url", server.url, *args])


def from_jenkins(server: JenkinsServer, path: str, *args: str) -> int:
    return main(["backfill", "jenkins", f"{server.url}/{path}", *args])


def test_pipelines_of_a_stand_in_become_builds(repo: Repo, gitlab: GitLabServer, capsys: Said) -> None:
    """What ended and how; what says nothing is kept, and what goes on is asked for later."""
    ends = ["success", "failed", "failed", "canceled", "skipped", "running"]
    gitlab.pipelines = [
        pipeline(n, sha, end) for n, (sha, end) in enumerate(zip(shas(repo), ends, strict=True))
    ]
    gitlab.pipelines[2]["yaml_errors"] = "jobs config should contain at least one visible job"
    gitlab.pipelines[1]["created_at"] = iso(AT + 60)
    assert from_gitlab(gitlab) == 0
    said = capsys.readouterr()
    assert "read    5 builds from 6 runs of team/shop; left out: 1 still running" in said.out
    assert [(r.id, r.outcome) for r in stored()] == [
        ("gitlab/1000/1/", "passed"),
        ("gitlab/1001/1/", "failed"),
        ("gitlab/1002/1/", "errored"),
        ("gitlab/1003/1/", "canceled"),
        ("gitlab/1004/1/", "skipped"),
    ]
    first = stored()[0]
    assert (first.change.pushed_at, first.started_at, first.finished_at) == (AT, AT + 1, AT + 31)
    assert (first.change.branch, first.change.event) == ("main", "push")
    assert gitlab.tokens == {TOKEN}
    kept = b"".join(path.read_bytes() for path in Path(".git/cigate").iterdir())
    for secret in (TOKEN, "ann-the-person"):
        assert secret not in said.out + said.err
        assert secret.encode() not in kept


@pytest.mark.slow
def test_a_stand_in_s_many_pages_are_read_and_then_only_what_changed(
    repo: Repo, gitlab: GitLabServer, capsys: Said
) -> None:
    """The second time one page of pipelines; one that ended meanwhile is found, however old."""
    now, heads = int(time.time()), shas(repo)
    gitlab.pipelines = [pipeline(n, heads[min(n // 50, 5)]) for n in range(250)]
    gitlab.pipelines[7] |= {"status": "running", "started_at": iso(AT), "finished_at": None}
    assert from_gitlab(gitlab) == 0
    assert len(stored()) == 249
    gitlab.asked.clear()
    gitlab.pipelines[7] |= {"status": "success", "finished_at": iso(AT + 900), "updated_at": iso(now)}
    # The place that is remembered is where the pipeline that went on began, if it may still end.
    assert from_gitlab(gitlab, name="team/shop") == 0
    assert "stored  1 build more; now 250" in capsys.readouterr().out
    assert sum("/pipelines?" in target for target in gitlab.asked) == 1
    assert sum("/pipelines/" in target for target in gitlab.asked) == 1


def test_merge_requests_of_a_stand_in_are_the_head_that_was_pushed(repo: Repo, gitlab: GitLabServer) -> None:
    """Also where GitLab built a commit of its own making; branch and target are the request's."""
    heads = shas(repo)
    made = "ab" * 20
    gitlab.merges[3] = {"source_branch": "topic", "target_branch": "main"}
    gitlab.commits[made] = [heads[0], heads[5]]
    gitlab.pipelines = [
        pipeline(1, heads[4], ref="refs/merge-requests/3/head", source="merge_request_event"),
        pipeline(2, made, ref="refs/merge-requests/3/merge", source="merge_request_event"),
    ]
    assert from_gitlab(gitlab) == 0
    assert [(r.change.head, r.change.branch, r.change.target, r.change.event) for r in stored()] == [
        (heads[4], "topic", "main", "pull_request"),
        (heads[5], "topic", "main", "pull_request"),
    ]


def test_one_job_of_a_stand_in_s_pipelines_is_the_gate(repo: Repo, gitlab: GitLabServer) -> None:
    """Each try of it is a build under the id that `cigate record` gives it; a runner's fault is an error."""
    heads = shas(repo)
    gitlab.pipelines = [pipeline(0, heads[0], "failed"), pipeline(1, heads[1], "running")]
    gitlab.jobs = {
        1000: [gitlab_job(52, "gate", "success", AT + 90), gitlab_job(50, "gate", "failed", AT + 5)],
        1001: [
            gitlab_job(53, "gate", "failed", AT + 99, failure_reason="runner_system_failure"),
            gitlab_job(54, "docs", "running", AT),
        ],
    }
    assert from_gitlab(gitlab, "--job", "gate") == 0
    assert [(r.id, r.outcome, r.started_at - AT) for r in stored()] == [
        ("gitlab/1000.50/1///gate", "failed", 5),
        ("gitlab/1000.52/1///gate", "passed", 90),
        ("gitlab/1001.53/1///gate", "errored", 99),
    ]


def test_what_was_recorded_of_a_stand_in_s_pipeline_is_not_doubled(repo: Repo, gitlab: GitLabServer) -> None:
    """Neither the pipeline of which a job was recorded, nor that job."""
    heads = shas(repo)
    facts = ["--provider", "gitlab", "--status", "success", "--run", "1000.50", "--job", "gate"]
    assert main(["record", *facts, "--head", heads[0]]) == 0
    gitlab.pipelines = [pipeline(0, heads[0]), pipeline(1, heads[1])]
    gitlab.jobs = {
        1000: [gitlab_job(50, "gate", "success", AT)],
        1001: [gitlab_job(51, "gate", "success", AT)],
    }
    assert from_gitlab(gitlab) == 0
    assert sorted(r.id for r in stored()) == ["gitlab/1000.50/1///gate", "gitlab/1001/1/"]
    assert from_gitlab(gitlab, "--job", "gate") == 0
    assert sorted(r.id for r in stored())[2:] == ["gitlab/1001/1/"]


def test_a_stand_in_s_bots_and_schedules_are_left_out_when_asked(
    repo: Repo, gitlab: GitLabServer, capsys: Said
) -> None:
    heads = shas(repo)
    gitlab.pipelines = [
        pipeline(0, heads[0]),
        pipeline(1, heads[1], source="schedule"),
        pipeline(2, heads[2], user={"username": "project_7_bot_1f"}),
        pipeline(3, heads[3], user={"username": "dependabot", "bot": True}),
    ]
    assert from_gitlab(gitlab, "--no-bots", "--no-scheduled") == 0
    assert "left out: 1 scheduled, 2 by bots" in capsys.readouterr().out
    assert [r.id for r in stored()] == ["gitlab/1000/1/"]


def test_limits_and_faults_of_a_stand_in_for_gitlab_are_waited_out(
    repo: Repo, gitlab: GitLabServer, capsys: Said
) -> None:
    """429 with its headers, an error and a broken answer cost time, not builds; too long a limit ends it."""
    gitlab.pipelines = [pipeline(n, sha) for n, sha in enumerate(shas(repo))]
    gitlab.faults = [
        (429, {"Retry-After": "1", "RateLimit-Remaining": "0"}, b"Retry later\n"),
        (429, {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(time.time()))}, b"Retry later\n"),
        (502, {}, b"oops"),
        (200, {}, b'{"id": 7, "pa'),
    ]
    assert from_gitlab(gitlab) == 0
    assert capsys.readouterr().err.count("waiting 1 s for the rate limit to end\n") == 2
    assert len(stored()) == 6
    gitlab.faults = [(429, {"Retry-After": "30"}, b"Retry later\n")]
    assert from_gitlab(gitlab, "--max-wait", "5") == 3
    assert "longer than --max-wait" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (401, b'{"message": "401 Unauthorized"}', "GitLab does not accept the token"),
        (404, b'{"message": "404 Project Not Found"}', "there is no project team/shop"),
        (403, b'{"error": "insufficient_scope"}', "GitLab refuses the request with 403"),
        (200, b"[]", "the server's answer is not GitLab's"),
    ],
)
def test_a_stand_in_for_gitlab_that_refuses_is_told_in_words(
    repo: Repo, gitlab: GitLabServer, capsys: Said, status: int, body: bytes, why: str
) -> None:
    gitlab.faults = [(status, {}, body)]
    assert from_gitlab(gitlab) == 3
    said = capsys.readouterr()
    assert f"cigate: {why}" in said.err
    assert TOKEN not in said.err
    assert stored() == []


def test_origin_names_the_project(repo: Repo, gitlab: GitLabServer, capsys: Said) -> None:
    """On another server than gitlab.com only with its address; http is for this machine alone."""
    gitlab.pipelines = [pipeline(0, shas(repo)[0])]
    assert main(["backfill", "gitlab", "--api-url", gitlab.url]) == 0
    assert len(stored()) == 1
    assert main(["backfill", "gitlab"]) == 2
    assert "give --api-url https://git.invalid" in capsys.readouterr().err
    assert main(["backfill", "gitlab", "--api-url", "http://git.invalid"]) == 2
    assert "is not the https address" in capsys.readouterr().err


def test_builds_of_a_stand_in_for_jenkins_become_builds(
    repo: Repo, jenkins: JenkinsServer, capsys: Said
) -> None:
    """A job of a folder: as it ended, with its branch, under the id that `cigate record` gives it."""
    ends = ["SUCCESS", "UNSTABLE", "FAILURE", "ABORTED", "NOT_BUILT", None]
    builds = [jenkins_build(n, sha, end) for n, (sha, end) in enumerate(zip(shas(repo), ends, strict=True))]
    jenkins.jobs["team/shop"] = builds
    assert from_jenkins(jenkins, "job/team/job/shop/") == 0
    said = capsys.readouterr()
    assert "read    5 builds from 6 runs of job/team/job/shop; left out: 1 still running" in said.out
    assert [(r.id, r.outcome, r.change.branch) for r in stored()] == [
        ("jenkins/team/shop#0/1/team/shop", "passed", "main"),
        ("jenkins/team/shop#1/1/team/shop", "failed", "main"),
        ("jenkins/team/shop#2/1/team/shop", "failed", "main"),
        ("jenkins/team/shop#3/1/team/shop", "canceled", "main"),
        ("jenkins/team/shop#4/1/team/shop", "skipped", "main"),
    ]
    assert (stored()[0].started_at, stored()[0].finished_at) == (AT, AT + 30)
    assert TOKEN not in said.out + said.err
    assert {token.partition(" ")[0] for token in jenkins.tokens} == {"Basic"}
    builds[5] |= {"result": "SUCCESS", "building": False}
    builds.append(jenkins_build(6, shas(repo)[5], timestamp=1000 * int(time.time() - 400)))
    assert from_jenkins(jenkins, "job/team/job/shop") == 0
    assert "stored  2 builds more; now 7" in capsys.readouterr().out


def test_branches_of_a_stand_in_s_project_are_one_workflow(repo: Repo, jenkins: JenkinsServer) -> None:
    """Hundreds of builds in many requests; a pull request is one, and a library's commit is not taken."""
    heads = shas(repo)
    library = {
        "lastBuiltRevision": {"SHA1": "cd" * 20, "branch": []},
        "remoteUrls": ["https://git.invalid/team/lib"],
    }
    timer = {"causes": [{"_class": "hudson.triggers.TimerTrigger$TimerTriggerCause"}]}
    several = jenkins_build(2, heads[2])
    jenkins.jobs = {
        "shop/main": [jenkins_build(n, heads[n // 50]) for n in range(250)],
        "shop/fix%2Fx": [several | {"actions": [*several["actions"], library]}],
        "shop/PR-12": [
            jenkins_build(3, heads[3]),
            jenkins_build(4, heads[4], actions=[timer, *several["actions"]]),
        ],
    }
    jenkins.multibranch = {"shop"}
    assert from_jenkins(jenkins, "job/shop/") == 0
    found = {r.id: r for r in stored()}
    assert len(found) == 253
    assert {r.workflow for r in found.values()} == {"shop"}
    fix = found["jenkins/shop/fix%2Fx#2/1/shop"]
    assert (fix.change.branch, fix.change.head, fix.change.event) == ("fix/x", heads[2], "push")
    pull = found["jenkins/shop/PR-12#3/1/shop"]
    assert (pull.change.branch, pull.change.event) == ("PR-12", "pull_request")


def test_a_stand_in_for_jenkins_that_fails_or_refuses(
    repo: Repo, jenkins: JenkinsServer, capsys: Said
) -> None:
    """Faults are waited out; a login page, another server and a wrong URL are told in words."""
    jenkins.jobs["shop"] = [jenkins_build(0, shas(repo)[0])]
    jenkins.faults = [(503, {"Retry-After": "1"}, b"starting"), (500, {}, b"oops"), (200, {}, b'{"a": ')]
    assert from_jenkins(jenkins, "job/shop/") == 0
    assert len(stored()) == 1
    for fault, why in (
        ((401, {}, b""), "Jenkins refuses the request with 401"),
        ((302, {"Location": "https://elsewhere.invalid/login"}, b""), "sends requests on to another address"),
        ((200, {}, b"[]"), "the server's answer is not Jenkins'"),
    ):
        jenkins.faults = [fault]
        assert from_jenkins(jenkins, "job/shop/") == 3
        said = capsys.readouterr().err
        assert why in said
        assert TOKEN not in said
    assert from_jenkins(jenkins, "job/nothing/") == 3
    assert "there is no such job" in capsys.readouterr().err
    assert main(["backfill", "jenkins", "http://ann:pass@ci.invalid/"]) == 2
    assert "pass" not in capsys.readouterr().err.replace("password", "")
    assert from_jenkins(jenkins, "job/shop/", "--job", "x") == 2
