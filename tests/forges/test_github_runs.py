"""A run as GitHub describes it, read as a build; and remotes read as OWNER/REPO."""

from __future__ import annotations

import pytest

from cigate.forges.github_runs import parse_build, parse_remote
from tests.forges.stand_in import AT, iso, run

SHA = "0123456789" * 4


@pytest.mark.parametrize(
    ("conclusion", "outcome"),
    [
        ("success", "passed"),
        ("failure", "failed"),
        ("timed_out", "failed"),
        ("startup_failure", "errored"),
        ("cancelled", "canceled"),
        ("skipped", "skipped"),
        ("neutral", "skipped"),
        ("action_required", "skipped"),
        ("stale", "skipped"),
    ],
)
def test_conclusions_map_as_a_user_expects(conclusion: str, outcome: str) -> None:
    """Each of GitHub's conclusions is an outcome."""
    build = parse_build(run(1, SHA, conclusion), "ci")
    assert build is not None
    assert build.outcome == outcome


@pytest.mark.parametrize("change", [{"head_sha": None}, {"conclusion": None}, {"conclusion": "new"}])
def test_what_lacks_a_commit_or_an_outcome_is_no_build(change: dict[str, str | None]) -> None:
    """It is left out, never guessed at."""
    assert parse_build(run(1, SHA) | change, "ci") is None


def test_an_end_that_was_edited_later_is_no_duration() -> None:
    """GitHub ends a run after 35 days; what claims to be longer is the time of an edit."""
    build = parse_build(run(1, SHA, updated_at=iso(AT + 90 * 86400)), "ci")
    assert build is not None
    assert build.finished_at is None


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/o/r.git", ("github.com", "o/r")),
        ("https://user:pass@github.com/o/r/", ("github.com", "o/r")),
        ("git@github.com:o/r.git", ("github.com", "o/r")),
        ("ssh://git@ssh.github.com:443/o/my.repo.git", ("ssh.github.com", "o/my.repo")),
        ("git@ghe.example.invalid:o/r", ("ghe.example.invalid", "o/r")),
        ("/srv/git/o/r.git", ("", "")),
        ("https://github.com/o", ("", "")),
        ("", ("", "")),
    ],
)
def test_remotes_name_host_and_repository(url: str, found: tuple[str, str]) -> None:
    """By https and ssh; a path is none."""
    assert parse_remote(url) == found
