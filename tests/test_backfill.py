"""`cigate backfill github` as a user types it, over real git, SQLite and HTTP; GitHub is a stand-in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from cigate.cli import main
from cigate.history import History
from tests.forges.stand_in import AT, StandIn, iso, run, run_stand_in
from tests.repo import Repo
from tests.test_commands_import import stored

pytest.importorskip("github", reason="PyGithub is not installed: pip install '.[github]'")

TOKEN = "ghp_very-secret"
Said = pytest.CaptureFixture[str]
LIMITED = json.dumps({"message": "You have exceeded a secondary rate limit."}).encode()


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    for name in ("GH_TOKEN", "CIGATE_STORE", "CIGATE_AUTHOR_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with run_stand_in() as stand_in:
        monkeypatch.setenv("GITHUB_API_URL", stand_in.url)
        yield stand_in


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A clone with five commits on main, in which the test runs."""
    made = Repo.init(tmp_path / "work")
    for n in range(5):
        made.commit({f"src/{n}.py": f"{n}\n"}, author="ann", at=AT + n)
    made.git("remote", "add", "origin", "git@github.com:o/r.git")
    monkeypatch.chdir(made.path)
    return made


def shas(repo: Repo) -> list[str]:
    return repo.git("rev-list", "--reverse", "main").split()


def backfill(*args: str) -> int:
    return main(["backfill", "github", "o/r", *args])


def pages(github: StandIn) -> list[str]:
    """Return the requests for the runs of a span of time."""
    return [target for target in github.asked if "/runs?" in target and "created=" in target]


def test_runs_of_a_stand_in_become_the_builds_that_import_makes(
    repo: Repo, github: StandIn, capsys: Said
) -> None:
    """Backfill, the import of the same runs as a table, and again backfill: one and the same records."""
    ends = ["success", "failure", "timed_out", "startup_failure", "cancelled"]
    github.runs = [run(n, sha, end) for n, (sha, end) in enumerate(zip(shas(repo), ends, strict=True))]
    assert backfill() == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.splitlines() == [
        "read    5 builds from 5 runs of o/r",
        f"joined  5 builds to the 5 commits of {repo.path}",
        "        1 passed, 3 failed, 1 canceled or skipped (kept, but nothing to learn from)",
        f"stored  5 builds more; now 5 in sqlite:///{repo.path}/.git/cigate/builds.sqlite",
        "history pushes are judged by 4 builds, 3 failed",
        "next    cigate init; cigate train tells whether a model of your own would be better",
    ]
    records = stored()
    assert [r.id for r in records] == [f"github/{1000 + n}/1/ci" for n in range(5)]
    assert [r.outcome for r in records] == ["passed", "failed", "failed", "errored", "canceled"]
    assert [(r.change.pushed_at, r.started_at, r.finished_at) for r in records[:1]] == [(AT, AT + 1, AT + 31)]
    assert History.open(Path(".git/cigate/history.bin").read_bytes()).builds == 4
    lines = [
        f"{1000 + n},{sha},main,push,ci,1,{end},{iso(AT + 60 * n)},{iso(AT + 60 * n + 1)},"
        f"{iso(AT + 60 * n + 31)},https://github.invalid/o/r/actions/runs/{1000 + n}/attempts/1"
        for n, (sha, end) in enumerate(zip(shas(repo), ends, strict=True))
    ]
    head = "run_id,head_sha,head_branch,event,workflow,run_attempt,conclusion,created_at"
    Path("runs.csv").write_text("\n".join([f"{head},run_started_at,updated_at,url", *lines, ""]))
    maps = ["build_id=run_id", "pushed_at=created_at", "started_at=run_started_at", "finished_at=updated_at"]
    flags = [flag for one in maps for flag in ("--map", one)]
    assert main(["import", "csv", "runs.csv", "--store", "sqlite:///other.sqlite", *flags]) == 0
    assert stored("sqlite:///other.sqlite") == records


def test_a_stand_in_with_more_than_a_thousand_runs_gives_all(repo: Repo, github: StandIn) -> None:
    """Time is split until no answer is cut off; the oldest builds go in first."""
    heads = shas(repo)
    github.runs = [run(n, heads[min(n // 500, 4)]) for n in range(2300)]
    assert backfill() == 0
    assert len(stored()) == 2300
    assert {len(r.change.commits) for r in stored()} == {1}
    assert max(int(parse_qs(target)["page"][0]) for target in pages(github)) <= 10


def test_batches_of_a_stand_in_s_runs_give_what_one_import_gives(repo: Repo, github: StandIn) -> None:
    """Pushes of several commits, stored 200 at a time, bring the commits that they bring all at once."""
    stream = []
    for n in range(900):
        stream.append(f"commit refs/heads/many\ncommitter a <a@example.invalid> {AT + n} +0000\ndata 1\nx\n")
        stream.append(f"M 100644 inline f\ndata {len(str(n))}\n{n}\n")
    repo.fast_import("".join(stream).encode())
    pushed = repo.git("rev-list", "--reverse", "many").split()[::2]
    github.runs = [run(n, sha, head_branch="many") for n, sha in enumerate(pushed)]
    assert backfill() == 0
    lines = [f"{1000 + n},{sha},{AT + 60 * n}" for n, sha in enumerate(pushed)]
    Path("runs.csv").write_text("\n".join(["build_id,sha,started_at,status", *(f"{ln},ok" for ln in lines)]))
    assert main(["import", "csv", "runs.csv", "--store", "sqlite:///other.sqlite"]) == 0
    at_once = [r.change.commits for r in stored("sqlite:///other.sqlite")]
    assert [r.change.commits for r in stored()] == at_once
    assert [len(commits) for commits in at_once] == [1] + [2] * 449


def test_a_second_backfill_of_a_stand_in_asks_for_what_is_newer_or_had_not_ended(
    repo: Repo, github: StandIn, capsys: Said
) -> None:
    """One request for runs, from the one that was running; nothing is stored twice."""
    now, heads = int(time.time()), shas(repo)
    running = run(3, heads[3], None, created_at=iso(now - 7200))
    github.runs = [run(n, sha) for n, sha in enumerate(heads[:3])] + [running]
    assert backfill() == 0
    assert "from 4 runs of o/r; left out: 1 still running" in capsys.readouterr().out
    github.asked.clear()
    running |= {"status": "completed", "conclusion": "failure", "run_started_at": iso(now - 7200)}
    running["updated_at"] = iso(now - 60)
    assert backfill() == 0
    (asked,) = pages(github)
    assert f"created={iso(now - 7200)}".replace(":", "%3A") in asked
    assert "stored  1 build more; now 4" in capsys.readouterr().out
    assert backfill("--since", "2020-01-01") == 0
    assert "stored  0 builds more; now 4" in capsys.readouterr().out


def test_nothing_new_on_a_stand_in_costs_nothing_of_its_rate_limit(
    repo: Repo, github: StandIn, capsys: Said
) -> None:
    """One request, which is told that nothing has changed; what is new, or run again, is then found."""
    heads = shas(repo)
    github.runs = [run(n, sha) for n, sha in enumerate(heads[:3])]
    assert backfill() == 0
    github.asked.clear()
    assert backfill() == 0
    assert github.asked == github.unchanged == ["/repos/o/r/actions/runs?per_page=100"]
    assert "stored  0 builds more; now 3" in capsys.readouterr().out
    github.runs.append(run(3, heads[3], created_at=iso(int(time.time()) - 5)))
    assert backfill() == 0
    assert "stored  1 build more; now 4" in capsys.readouterr().out
    github.asked.clear()
    assert backfill("--since", "2020-01-01") == 0
    assert len(github.asked) > 1


def test_one_job_of_a_stand_in_s_runs_is_the_gate(repo: Repo, github: StandIn) -> None:
    """Its outcome counts in each attempt, of a matrix the worst; the run's own does not."""
    heads = shas(repo)

    def job(name: str, conclusion: str | None, at: int) -> dict[str, object]:
        ended = iso(at + 9) if conclusion else None
        return {"name": name, "conclusion": conclusion, "started_at": iso(at), "completed_at": ended}

    github.runs = [run(0, heads[0], "failure", run_attempt=2), run(1, heads[1]), run(2, heads[2])]
    github.jobs = {
        (1000, 1): [job("gate", "failure", AT + 5), job("docs", "success", AT)],
        (1000, 2): [job("docs", "failure", AT), job("gate", "success", AT + 50)],
        (1001, 1): [job("gate (3.11)", "success", AT + 60), job("gate (3.12)", "timed_out", AT + 61)],
        (1002, 1): [job("docs", "success", AT)],
    }
    assert backfill("--job", "gate") == 0
    assert [(r.id, r.outcome, r.started_at - AT, r.finished_at - AT) for r in stored()] == [
        ("github/1000/1/ci//gate", "failed", 5, 14),
        ("github/1000/2/ci//gate", "passed", 50, 59),
        ("github/1001/1/ci//gate", "failed", 60, 70),
    ]


def test_a_gap_in_what_a_stand_in_was_asked_for_is_not_forgotten(repo: Repo, github: StandIn) -> None:
    """--since leaves no hole: what lies between it and the place reached before is asked for later."""
    now, heads = int(time.time()), shas(repo)
    github.runs = [run(0, heads[0], None, created_at=iso(now - 9000))]
    assert backfill() == 0
    github.runs += [run(1, heads[1], created_at=iso(now - 8000)), run(2, heads[2], created_at=iso(now - 400))]
    assert backfill("--since", str(now - 900)) == 0
    assert [r.id for r in stored()] == ["github/1002/1/ci"]
    assert backfill() == 0
    assert sorted(r.id for r in stored()) == ["github/1001/1/ci", "github/1002/1/ci"]


def test_attempts_of_a_stand_in_s_run_are_builds_of_their_own(repo: Repo, github: StandIn) -> None:
    """The failed first attempt is kept beside the one that passed; one that is forgotten is left out."""
    sha = shas(repo)[2]
    github.runs = [run(9, sha, run_attempt=3, run_started_at=iso(AT + 900), updated_at=iso(AT + 930))]
    github.attempts[1009, 1] = run(9, sha, "failure")
    assert backfill() == 0
    assert [(r.attempt, r.outcome) for r in stored()] == [(1, "failed"), (3, "passed")]
    assert stored()[1].change.pushed_at == AT + 900


def test_pull_requests_of_a_stand_in_are_the_head_that_was_pushed(repo: Repo, github: StandIn) -> None:
    """Its branch and target stand in the record, as `cigate record` has them."""
    pull = {"base": {"ref": "main", "sha": shas(repo)[0]}, "head": {"ref": "topic"}}
    github.runs = [
        run(1, shas(repo)[4], event="pull_request_target", head_branch="topic", pull_requests=[pull])
    ]
    assert backfill() == 0
    (record,) = stored()
    change = record.change
    assert (change.head, change.branch, change.target) == (shas(repo)[4], "topic", "main")
    assert change.event == "pull_request"


def test_runs_of_a_stand_in_that_were_recorded_are_not_doubled(
    repo: Repo, github: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the whole run nor one of its jobs that `cigate record` put there."""
    heads = shas(repo)
    facts = ["--provider", "github", "--workflow", "ci", "--status", "success", "--run"]
    assert main(["record", *facts, "1001", "--head", heads[1], "--job", "test"]) == 0
    assert main(["record", *facts, "1002", "--head", heads[2]]) == 0
    github.runs = [run(n, sha) for n, sha in enumerate(heads[:3])]
    assert backfill() == 0
    assert sorted(r.id for r in stored()) == [
        "github/1000/1/ci",
        "github/1001/1/ci//test",
        "github/1002/1/ci",
    ]


def test_a_stand_in_s_workflow_bots_and_schedules_are_told_apart(
    repo: Repo, github: StandIn, capsys: Said
) -> None:
    """A workflow by name or file; bots and clocks are left out when asked, and counted."""
    heads = shas(repo)
    bot = {"login": "renovate[bot]", "type": "Bot"}
    github.runs = [run(0, heads[0]), run(1, heads[1], event="schedule"), run(2, heads[2], actor=bot)]
    github.runs += [run(3, heads[3], flow=2), run(4, heads[4], "neutral")]
    assert backfill("--workflow", "ci.yml", "--no-bots", "--no-scheduled") == 0
    assert "from 4 runs of o/r; left out: 1 scheduled, 1 by bots\n" in capsys.readouterr().out
    assert [(r.id, r.outcome) for r in stored()] == [
        ("github/1000/1/ci", "passed"),
        ("github/1004/1/ci", "skipped"),
    ]
    assert backfill("--workflow", "nightly") == 2
    assert "there are: 'ci', 'docs'" in capsys.readouterr().err


def test_a_stand_in_s_limits_and_faults_that_pass_are_waited_out(
    repo: Repo, github: StandIn, capsys: Said
) -> None:
    """A secondary limit, a primary one, an error and a broken answer cost time, not builds."""
    github.runs = [run(n, sha) for n, sha in enumerate(shas(repo))]
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()))}
    github.faults = [
        (403, {"Retry-After": "1"}, LIMITED),
        (403, reset, b'{"message": "API rate limit exceeded"}'),
        (500, {}, b"oops"),
        (200, {}, b'{"total_count": 1, "workf'),
    ]
    assert backfill() == 0
    assert capsys.readouterr().err.count("backfill: waiting 1 s for the rate limit to end\n") == 2
    assert len(stored()) == 5


def test_a_stand_in_s_limit_beyond_max_wait_keeps_what_is_stored(
    repo: Repo, github: StandIn, capsys: Said
) -> None:
    """The command ends with 3 and says so; the next one goes on where it stopped."""
    heads = shas(repo)
    github.runs = [run(n, heads[min(n // 500, 4)]) for n in range(1500)]
    github.faults = [(403, {"Retry-After": "30"}, LIMITED)]
    github.faults_after = 29
    assert backfill("--max-wait", "5") == 3
    said = capsys.readouterr()
    assert "the rate limit ends in 30 s, longer than --max-wait" in said.err
    first = len(stored())
    assert 0 < first < 1500
    github.asked.clear()
    github.faults_after = 0
    assert backfill() == 0
    assert len(stored()) == 1500
    assert f"stored  {1500 - first:,} builds more; now 1,500" in capsys.readouterr().out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_in_front_of_a_stand_in_loses_nothing_stored(
    repo: Repo, github: StandIn, number: signal.Signals, code: int
) -> None:
    """Stopped while it waits, it ends with 130 or 143; run again, all builds are there once."""
    heads = shas(repo)
    github.runs = [run(n, heads[min(n // 500, 4)]) for n in range(1500)]
    github.faults = [(403, {"Retry-After": "60"}, LIMITED)]
    github.faults_after = 29
    program = [sys.executable, "-m", "cigate", "backfill", "github", "o/r"]
    root = str(Path(__file__).resolve().parent.parent)
    with subprocess.Popen(
        program, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": root}
    ) as process:
        assert process.stderr is not None
        assert "waiting 60 s" in process.stderr.readline()
        process.send_signal(number)
        said = process.stderr.read()
        assert "the same command goes on from there" in said
        assert "Traceback" not in said
        assert process.wait() == code
    assert 0 < len(stored()) < 1500
    assert backfill() == 0
    assert len({r.id for r in stored()}) == len(stored()) == 1500


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (401, b'{"message": "Bad credentials"}', "GitHub does not accept the token"),
        (404, b'{"message": "Not Found"}', "there is no repository o/r, or not for this token"),
        (403, b'{"message": "Resource not accessible"}', "GitHub refuses the request with 403"),
        (200, b"<html>a proxy's page</html>", "the server's answer is not GitHub's"),
    ],
)
def test_a_stand_in_that_refuses_is_told_in_words(
    repo: Repo, github: StandIn, capsys: Said, status: int, body: bytes, why: str
) -> None:
    """Exit code 3, the reason and the next step; nothing is asked twice, nothing stored."""
    github.faults = [(status, {}, body)]
    assert backfill() == 3
    said = capsys.readouterr()
    assert f"cigate: {why}\n  " in said.err
    assert len(github.asked) == 1
    assert stored() == []


def test_token_and_persons_stay_hidden_from_all_but_the_stand_in(
    repo: Repo, github: StandIn, capsys: Said
) -> None:
    """The token is sent, and neither it nor who started a run is shown or kept."""
    github.runs = [run(n, sha) for n, sha in enumerate(shas(repo))]
    assert backfill() == 0
    said = capsys.readouterr()
    assert github.tokens == {f"token {TOKEN}"}
    kept = b"".join(path.read_bytes() for path in Path(".git/cigate").iterdir())
    for secret in (TOKEN, "ann-the-person"):
        assert secret not in said.out + said.err
        assert secret.encode() not in kept


def test_the_origin_remote_names_the_stand_in_s_repository(
    repo: Repo, github: StandIn, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without OWNER/REPO it is origin's; another host than github.com needs --api-url."""
    github.runs = [run(n, sha) for n, sha in enumerate(shas(repo))]
    assert main(["backfill", "github"]) == 0
    assert len(stored()) == 5
    monkeypatch.delenv("GITHUB_API_URL")
    repo.git("remote", "set-url", "origin", "https://me:pass@git.example.invalid/o/r")
    assert main(["backfill", "github"]) == 2
    said = capsys.readouterr().err
    assert "give --api-url https://git.example.invalid/api/v3" in said
    assert "pass" not in said
    assert backfill("--api-url", "http://git.example.invalid/api/v3") == 2
    assert "is not the https address of an API" in capsys.readouterr().err


def test_runs_of_a_stand_in_for_another_repository_are_refused_and_asked_for_again(
    repo: Repo, github: StandIn, capsys: Said
) -> None:
    """None of the commits is here: that is said with what to fetch, and no place is remembered."""
    github.runs = [run(1, "0123456789" * 4)]
    assert backfill() == 3
    said = capsys.readouterr()
    assert "none of the builds belongs to a commit of" in said.err
    assert "refs/pull/*/head" in said.err
    assert not Path(".git/cigate/backfill.json").exists()
