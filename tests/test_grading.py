"""Judgements meet the builds of their commits: the right judgement, the right build."""

from __future__ import annotations

from cigate.change import BuildRecord
from cigate.grading import Outcomes, grade
from cigate.ledger import Entry
from tests import builds as b

HEAD, OTHER = "a" * 40, "c" * 40


def entry(head: str = HEAD, at: int = b.AT, door: str = "hook", action: str = "warn") -> Entry:
    return Entry(at, door, "warn", action, False, True, 0.5, 0.1, head, "", 0, "m", "main")


def build(
    outcome: str, head: str = HEAD, at: int = b.AT, workflow: str = "", attempt: int = 1, url: str = ""
) -> BuildRecord:
    change = b.change(head=head, at=at)
    id = f"{workflow}/{at}/{attempt}"
    return BuildRecord(id, change, outcome, at, at + 600, "", workflow, attempt, url)


def outcomes(*records: BuildRecord) -> Outcomes:
    found = Outcomes([HEAD])
    for record in records:
        found.take(record)
    return found


def test_a_judgement_meets_the_build_of_its_commit() -> None:
    (graded,) = grade([entry()], outcomes(build("failed"), build("passed", OTHER)))
    assert graded.outcome
    assert (graded.outcome.failed, graded.outcome.duration_s) == (True, 600)
    assert outcomes(build("failed", OTHER)).heads() == []


def test_without_a_build_the_outcome_is_open() -> None:
    (graded,) = grade([entry()], outcomes(build("canceled")))
    assert graded.outcome is None


def test_what_had_ended_before_it_was_judged_grades_nothing() -> None:
    """Asking about an old commit is no prediction."""
    (graded,) = grade([entry(at=b.AT + 600)], outcomes(build("failed")))
    assert graded.outcome is None


def test_the_first_attempt_counts() -> None:
    """That a repetition passed makes a failure flaky, and the warning no less right."""
    found = outcomes(build("passed", at=b.AT + 999, attempt=2), build("failed", url="https://ci/1")).of(HEAD)
    assert found
    assert found.failed
    assert found.url == "https://ci/1"


def test_one_failed_workflow_is_a_failure() -> None:
    found = outcomes(build("passed", workflow="lint"), build("failed", workflow="test", url="u")).of(HEAD)
    assert found
    assert (found.failed, found.duration_s, found.url) == (True, 1200, "u")


def test_the_hooks_last_word_counts() -> None:
    """What was asked before or after the push is not what the developer was told at it."""
    made = [
        entry(door="predict", at=b.AT),
        entry(at=b.AT + 1, action="pass"),
        entry(at=b.AT + 2, action="block"),
        entry(door="run", at=b.AT + 3),
    ]
    (graded,) = grade(made, outcomes())
    assert (graded.entry.door, graded.entry.action) == ("hook", "block")
    assert graded.entries == tuple(made)
    (alone,) = grade([made[0], made[3]], outcomes())
    assert alone.entry.door == "run"


def test_grades_stand_in_the_order_of_their_judgements() -> None:
    made = [entry(OTHER, b.AT + 5), entry(HEAD, b.AT)]
    assert [g.entry.head for g in grade(made, outcomes())] == [HEAD, OTHER]


def test_outcomes_of_every_commit_can_be_asked_for() -> None:
    found = Outcomes(None)
    found.take(build("passed", OTHER))
    found.take(build("failed"))
    assert found.heads() == [OTHER, HEAD]
