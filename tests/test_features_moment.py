"""What is known of a push when it happens: of its branch, author, ground, paths and project."""

from __future__ import annotations

import pytest

from cigate.change import BuildRecord, Change
from cigate.features import UNKNOWN, Moment
from cigate.features.moment import RECENT_BRANCHES
from cigate.history.digest import Digest
from tests import builds as b

LATER = b.AT + 2 * b.DAY_S


def _moment(change: Change, *records: BuildRecord) -> Moment:
    return Moment(change, b.history_of(records), change.pushed_at)


def test_branch_without_builds_is_judged_as_the_project() -> None:
    """Rates are the project's, and what never happened is unknown."""
    moment = _moment(b.change(branch="new", at=LATER), *b.builds("pfp"))
    assert moment.branch.builds == 0
    assert moment.branch.last_failed == UNKNOWN
    assert moment.branch.rate_3 == moment.branch.rate_20 == moment.project.usual
    assert moment.branch.green_rate == moment.project.green


@pytest.mark.parametrize(("outcomes", "last_failed"), [("p", 0.0), ("pf", 1.0), ("fp", 0.0), ("c", UNKNOWN)])
def test_branch_knows_its_last_outcome(outcomes: str, last_failed: float) -> None:
    """A canceled build is no outcome."""
    assert _moment(b.change(at=LATER), *b.builds(outcomes)).branch.last_failed == last_failed


def test_trunk_and_target_are_found() -> None:
    """The trunk has the most builds; a pull request's target is the branch it names, else the trunk."""
    records = [*b.builds("ppf"), *b.builds("ff", "dev", b.AT + 60)]
    plain = _moment(b.change(branch="x", at=LATER), *records)
    pull = _moment(b.change(branch="x", target="dev", event="pull_request", at=LATER), *records)
    assert plain.target is plain.trunk
    assert plain.trunk.streak == 1
    assert pull.target.streak == 2
    assert _moment(b.change(at=LATER), *records).trunk.builds == 3


def test_unknown_author_is_judged_as_the_project() -> None:
    """Neither a stranger nor nobody has a record of their own."""
    records = b.builds("pfff")
    for author in ("stranger", ""):
        moment = _moment(b.change(author=author, at=LATER), *records)
        assert (moment.author.builds, moment.author.rate) == (0, moment.project.usual)
    assert _moment(b.change(author="ann", at=LATER), *records).author.streak == 3


def test_base_is_known_by_its_builds() -> None:
    """Shares are unknown where there was no build."""
    records = [
        b.build("failed", head="h1", base="h0"),
        b.build("passed", head="h2", base="h1", at=b.AT + 60),
        b.build("failed", head="h3", base="h1", at=b.AT + 120),
    ]
    on_first = _moment(b.change(base="h1", head="h9", at=LATER), *records)
    assert on_first.base.fail_share == 1.0
    on_root = _moment(b.change(base="h0", head="h9", at=LATER), *records)
    assert on_root.base.fail_share == UNKNOWN
    assert on_root.head.fail_share == UNKNOWN
    assert _moment(b.change(head="h3", at=LATER), *records).head.head_builds == 1


def test_rates_of_paths_stand_against_the_usual_rate() -> None:
    """A file that broke builds stands out; one that nobody built is not known."""
    records = [
        b.build(
            "failed" if n % 2 else "passed",
            at=b.AT + n * 60,
            files={f"src/{'bad' if n % 2 else 'ok'}.py": (1, 1)},
        )
        for n in range(12)
    ]
    moment = _moment(
        b.change({"src/bad.py": (1, 1), "src/ok.py": (1, 1), "lib/new.rb": (1, 1)}, at=LATER), *records
    )
    assert moment.paths.max > 0.15
    assert moment.paths.max > moment.paths.mean
    assert moment.paths.known == pytest.approx(2 / 3)
    assert moment.folders.known == 0.5
    assert moment.extensions.known == 0.5
    assert moment.paths.green_max > 0


def test_nothing_touched_is_unknown_not_safe() -> None:
    """An empty commit has no share of known files."""
    moment = _moment(b.change({}, at=LATER), *b.builds("pf"))
    assert moment.paths.known == UNKNOWN
    assert moment.paths.max == 0.0


def test_red_branches_of_these_weeks_are_counted() -> None:
    """Those built long ago are not, nor more than so many."""
    old = b.builds("f", "old", b.AT - 30 * b.DAY_S)
    records = [*old, *b.builds("pf", "red"), *b.builds("pp", "green", b.AT + 60)]
    moment = _moment(b.change(at=LATER), *records)
    assert (moment.project.active, moment.project.red_share) == (2, 0.5)
    assert _moment(b.change(at=LATER), *old).project.red_share == UNKNOWN
    many = [b.build(branch=f"b{n}", at=b.AT + n) for n in range(RECENT_BRANCHES + 9)]
    assert _moment(b.change(at=LATER), *many).project.active == RECENT_BRANCHES


def test_digest_that_is_at_hand_is_used() -> None:
    """Replay works it out once for judging and learning."""
    pushed = b.change()
    digest = Digest(pushed)
    assert Moment(pushed, b.history_of([]), b.AT, digest).digest is digest


def test_project_view_gives_rates_of_any_pair() -> None:
    """Drawn to a prior."""
    assert _moment(b.change()).project.rate(8, 0.25) == pytest.approx(0.25)
