"""Features on what happened before: to the branch, to what it stands on, to the project. Pure."""

from __future__ import annotations

from cigate.features.feature import UNKNOWN, Feature, log_count, log_hours, log_streak
from cigate.history import project as pr
from cigate.history.rates import GLOBAL_RATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.features.moment import Moment


def _red_for(m: Moment) -> float:
    return log_hours(m.at, m.branch.red_since) if m.branch.streak > 0 else UNKNOWN


def _duration_ratio(m: Moment) -> float:
    cells = m.project.cells
    if cells[pr.DURATION] < 1.0 or not m.branch.builds:
        return UNKNOWN
    return log_count(m.branch.duration / (1.0 + cells[pr.DURATION + 1] / cells[pr.DURATION]))


def _nearest_failed(m: Moment) -> float:
    """Return the last outcome of the branch, else of the base, of the target, of the trunk."""
    if m.branch.builds:
        return m.branch.last_failed
    if m.base.fail_share != UNKNOWN:
        return float(m.base.fail_share >= 0.5)
    return m.target.last_failed


def _mean(m: Moment, at: int) -> float:
    cells = m.project.cells
    return log_count(cells[at + 1] / cells[at]) if cells[at] >= 1.0 else UNKNOWN


BRANCH = (
    Feature(
        "branch_last_failed",
        1,
        "1 if the branch's last finished build failed, 0 if it passed, -1 if none",
        lambda m: m.branch.last_failed,
    ),
    Feature(
        "branch_builds", 1, "log(1 + finished builds of the branch)", lambda m: log_count(m.branch.builds)
    ),
    Feature(
        "branch_streak",
        1,
        "the branch's run of equal outcomes: log(1 + n), negative for passes",
        lambda m: log_streak(m.branch.streak),
    ),
    Feature(
        "branch_rate_3",
        1,
        "failure rate of the branch, half-life 3 builds, drawn to the project's",
        lambda m: m.branch.rate_3,
    ),
    Feature(
        "branch_rate_20",
        1,
        "failure rate of the branch, half-life 20 builds, drawn to the project's",
        lambda m: m.branch.rate_20,
    ),
    Feature(
        "branch_green_rate",
        1,
        "how often builds of this branch broke it while it was green, half-life 20",
        lambda m: m.branch.green_rate,
    ),
    Feature(
        "branch_flip_rate",
        1,
        "how often the branch's outcome differs from the one before; -1 if it has no build",
        lambda m: m.branch.flips,
    ),
    Feature(
        "branch_since_last",
        1,
        "log2(1 + hours since the branch's last build finished); -1 if never",
        lambda m: log_hours(m.at, m.branch.last_at),
    ),
    Feature(
        "branch_since_pass",
        1,
        "log2(1 + hours since the branch's last passing build); -1 if never",
        lambda m: log_hours(m.at, m.branch.pass_at),
    ),
    Feature(
        "branch_since_fail",
        1,
        "log2(1 + hours since the branch's last failing build); -1 if never",
        lambda m: log_hours(m.at, m.branch.fail_at),
    ),
    Feature(
        "branch_red_for", 1, "log2(1 + hours since the branch turned red); -1 if it is not red", _red_for
    ),
    Feature(
        "branch_same_author",
        1,
        "1 if the branch's last build was the same author's",
        lambda m: float(m.digest.author_key != 0 and m.branch.author_key == m.digest.author_key),
    ),
    Feature(
        "branch_duration_ratio",
        1,
        "log(1 + duration of the branch's last build over the project's mean); -1 if none",
        _duration_ratio,
    ),
    Feature(
        "branch_is_trunk",
        1,
        "1 if the branch has the most builds of the project",
        lambda m: float(m.digest.branch_key == int(m.project.cells[pr.TRUNK])),
    ),
    Feature(
        "branch_age",
        1,
        "log2(1 + hours since the branch's first build finished); -1 if never",
        lambda m: log_hours(m.at, m.branch.first_at),
    ),
)

GROUND = (
    Feature(
        "nearest_failed",
        1,
        "last outcome of the branch, else of the base, the target or the trunk; -1 if none",
        _nearest_failed,
    ),
    Feature(
        "base_fail_share",
        1,
        "share of failures among the builds that held the base commit; -1 if none",
        lambda m: m.base.fail_share,
    ),
    Feature(
        "base_since",
        1,
        "log2(1 + hours since the base commit's last build); -1 if never",
        lambda m: log_hours(m.at, m.base.last_at),
    ),
    Feature(
        "base_is_built_head",
        1,
        "1 if the base commit itself was the head of a build",
        lambda m: float(m.base.head_builds > 0),
    ),
    Feature(
        "head_builds",
        1,
        "log(1 + earlier builds of the very same head)",
        lambda m: log_count(m.head.head_builds),
    ),
    Feature(
        "head_fail_share",
        1,
        "share of failures among the builds that held the head; -1 if none",
        lambda m: m.head.fail_share,
    ),
    Feature(
        "target_last_failed",
        1,
        "last outcome of the pull request's target branch, else of the trunk; -1 if none",
        lambda m: m.target.last_failed,
    ),
    Feature(
        "target_rate_3",
        1,
        "failure rate of the target, else of the trunk, half-life 3 builds",
        lambda m: m.target.rate_3,
    ),
    Feature(
        "target_since_pass",
        1,
        "log2(1 + hours since the target, else the trunk, passed); -1 if never",
        lambda m: log_hours(m.at, m.target.pass_at),
    ),
    Feature(
        "trunk_streak",
        1,
        "run of equal outcomes of the branch with the most builds, as branch_streak",
        lambda m: log_streak(m.trunk.streak),
    ),
)

PROJECT = (
    Feature(
        "project_last_failed",
        1,
        "1 if the project's last finished build failed, 0 if it passed, -1 if none",
        lambda m: float(m.project.cells[pr.STREAK] > 0) if m.project.cells[pr.BUILDS] else UNKNOWN,
    ),
    Feature(
        "project_builds",
        1,
        "log(1 + finished builds of the project)",
        lambda m: log_count(m.project.cells[pr.BUILDS]),
    ),
    Feature(
        "project_streak",
        1,
        "the project's run of equal outcomes, as branch_streak",
        lambda m: log_streak(m.project.cells[pr.STREAK]),
    ),
    Feature(
        "project_rate_3",
        1,
        "failure rate of the project, half-life 3 builds",
        lambda m: m.project.rate(pr.BY_BUILDS, GLOBAL_RATE, 0.5),
    ),
    Feature(
        "project_rate_20",
        1,
        "failure rate of the project, half-life 20 builds",
        lambda m: m.project.rate(pr.BY_BUILDS + 2, GLOBAL_RATE),
    ),
    Feature(
        "project_rate_100", 1, "failure rate of the project, half-life 100 builds", lambda m: m.project.usual
    ),
    Feature(
        "project_rate_1d",
        1,
        "failure rate of the project, half-life 1 day at its last build",
        lambda m: m.project.rate(pr.BY_DAYS, m.project.usual),
    ),
    Feature(
        "project_rate_7d",
        1,
        "failure rate of the project, half-life 7 days at its last build",
        lambda m: m.project.rate(pr.BY_DAYS + 2, m.project.usual),
    ),
    Feature(
        "project_rate_30d",
        1,
        "failure rate of the project, half-life 30 days at its last build",
        lambda m: m.project.rate(pr.BY_DAYS + 4, m.project.usual),
    ),
    Feature(
        "project_green_rate_30",
        1,
        "how often builds of green branches broke them, half-life 30 such builds",
        lambda m: m.project.rate(pr.GREEN, m.project.green),
    ),
    Feature(
        "project_green_rate_200",
        1,
        "how often builds of green branches broke them, half-life 200 such builds",
        lambda m: m.project.green,
    ),
    Feature(
        "project_duration",
        1,
        "log(1 + mean seconds of a build), half-life 20 builds; -1 if none",
        lambda m: _mean(m, pr.DURATION),
    ),
    Feature(
        "project_gap",
        1,
        "log(1 + mean seconds between finishes), half-life 20 builds; -1 if none",
        lambda m: _mean(m, pr.GAP),
    ),
    Feature(
        "project_since_last",
        1,
        "log2(1 + hours since the project's last build finished); -1 if never",
        lambda m: log_hours(m.at, m.project.cells[pr.LAST_AT]),
    ),
    Feature(
        "project_since_pass",
        1,
        "log2(1 + hours since the project's last passing build); -1 if never",
        lambda m: log_hours(m.at, m.project.cells[pr.LAST_PASS_AT]),
    ),
    Feature(
        "project_since_fail",
        1,
        "log2(1 + hours since the project's last failing build); -1 if never",
        lambda m: log_hours(m.at, m.project.cells[pr.LAST_FAIL_AT]),
    ),
    Feature(
        "red_branch_share",
        1,
        "share of red ones among the branches built in the last 14 days; -1 if none",
        lambda m: m.project.red_share,
    ),
    Feature(
        "project_day_builds",
        1,
        "log(1 + builds of the project lately, half-life 1 day)",
        lambda m: log_count(m.history.project.builds_of_a_day(m.at)),
    ),
    Feature(
        "project_red_run",
        1,
        "mean builds that fail until a red branch is green again, half-life 13 such repairs",
        lambda m: m.project.rate(pr.RED_RUNS, 2.0, 3.0),
    ),
    Feature(
        "project_rerun_flips",
        1,
        "how often a head that is built again ends otherwise, half-life 23 such builds",
        lambda m: m.project.rate(pr.RERUNS, 0.2, 3.0),
    ),
)
