"""A failure is flaky where the same commit, workflow and job passed later."""

from __future__ import annotations

from cigate.change import BuildRecord
from cigate.reruns import flaky_ids, id_with_job, job_of
from tests.stores.samples import record


def build(number: int, outcome: str, at: int, attempt: int = 1, job: str = "") -> BuildRecord:
    like = record(number, outcome=outcome)
    id = id_with_job(f"test/{number}/{attempt}/CI", job)
    return BuildRecord(id, like.change, outcome, at - 5, at, "test", "CI", attempt)


def test_pass_after_failure_of_the_same_commit() -> None:
    """In any order; all failures before the pass count, those after it do not."""
    first, second = build(1, "failed", 10), build(1, "errored", 20, 2)
    green, late = build(1, "passed", 30, 3), build(1, "failed", 40, 4)
    assert flaky_ids([green, late, second, first]) == {first.id, second.id}


def test_other_commits_jobs_and_unlabelled_builds_say_nothing() -> None:
    """Only the same job of the same commit can show it."""
    failed = build(1, "failed", 10, job="test")
    others = [build(2, "passed", 20, job="test"), build(1, "passed", 20, job="lint")]
    assert flaky_ids([failed, *others, build(1, "canceled", 30, job="test")]) == set()


def test_job_comes_back_from_an_id() -> None:
    """A record knows its job by its id."""
    assert job_of(build(1, "failed", 10, job="a//b")) == "a//b"
    assert job_of(build(1, "failed", 10)) == ""
