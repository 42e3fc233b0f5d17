"""The themes that a warning can name: which features belong to each, and how it is said. Pure.

A theme speaks only where its fact is worth checking; its words hold numbers of this repository.
"""

from __future__ import annotations

from cigate.change import Fact
from cigate.features import UNKNOWN, Moment
from cigate.history import kinds as k
from cigate.history.digest import MOST_PATHS, path_facts
from cigate.history.keys import key_of
from cigate.history.rates import rate
from cigate.words import duration_text, percent_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final


class Theme(Fact):
    """A group of features that stands or falls together; `say` is '' where it has nothing to tell."""

    __slots__ = ("features", "name", "say")
    name: Final[str]
    features: Final[tuple[str, ...]]
    say: Final[Callable[[Moment], str]]

    def __init__(self, name: str, features: tuple[str, ...], say: Callable[[Moment], str]) -> None:
        self.name = name
        self.features = features
        self.say = say


def _builds(n: float) -> str:
    return "1 build" if n == 1 else f"{int(n)} builds"


def _against(share: float, usual: float) -> str:
    return f"{percent_text(share)} of the time (usual here: {percent_text(usual)})"


def _branch(m: Moment) -> str:
    branch = m.branch
    what = "branch" if m.change.branch else "project"  # a table without branches has one nameless branch
    if branch.streak > 0:
        since = duration_text(max(0, m.at - branch.red_since))
        return f"this {what} has been red for {_builds(branch.streak)} ({since})"
    if branch.builds and branch.rate_20 > 1.5 * m.project.usual:
        return f"this {what} fails {percent_text(branch.rate_20)} of its builds lately"
    return ""


def _ground(m: Moment) -> str:
    if m.base.builds and m.base.fail_share >= 0.5:
        how = "failed its own build" if m.base.head_builds else "was part of builds that failed"
        return f"the commit it stands on {how}"
    if not m.branch.builds and m.target.streak > 0:
        return f"the branch it starts from has been red for {_builds(m.target.streak)}"
    return ""


def _project(m: Moment) -> str:
    if m.project.red_share != UNKNOWN and m.project.active >= 2 and m.project.red_share >= 0.4:
        return f"{percent_text(m.project.red_share)} of the branches built lately are red"
    usual = m.project.usual
    return f"{percent_text(usual)} of recent builds here failed" if usual >= 0.3 else ""


def _author(m: Moment) -> str:
    if not m.digest.author_key:
        return ""
    if not m.author.builds:
        return "no build by this author is known yet"
    share, usual = m.author.rate, m.project.usual
    if share > 1.3 * usual:
        return f"the author's recent builds failed {_against(share, usual)}"
    return ""


def _paths(m: Moment) -> str:
    usual = m.project.usual
    if m.folders.max > 0.05 or m.paths.max > 0.05:
        by_folder = m.folders.max >= m.paths.max
        share = usual + (m.folders.max if by_folder else m.paths.max)
        return f"pushes touching {_worst(m, by_folder)} fail {_often(share, usual)}"
    if m.extensions.mean > 0.05:
        return f"changes of such file types fail {percent_text(usual + m.extensions.mean)} of the time here"
    if 0 <= m.paths.known < 0.5:
        return f"{percent_text(1 - m.paths.known)} of the touched files were in no earlier build"
    return ""


def _worst(m: Moment, by_folder: bool) -> str:
    """Return the name of the folder, or the file, whose builds fail most often."""
    table, usual = m.history.paths, m.project.usual
    worst, name = -1.0, ""
    distinct = {file.path: None for file in m.change.files()}
    for path in list(distinct)[:MOST_PATHS]:  # those that the model looks at one by one
        facts = path_facts(path)
        place = table.find(facts.folder_key if by_folder else facts.key)
        share = rate(table.cells, place, usual, 4.0) if place >= 0 else -1.0
        if share > worst:
            worst, name = share, path
    folder, _, _ = name.rpartition("/")
    return name if not by_folder else f"{folder}/" if folder else "the top folder"


def _often(share: float, usual: float) -> str:
    """Return two shares as people say them, in percent where tenths are too coarse to differ."""
    tenths, others = round(10 * share), max(1, round(10 * usual))
    if tenths > others:
        return f"{tenths} times in 10 (usual here: {others})" if tenths < 10 else "nearly always"
    return _against(share, usual)


def _words(m: Moment) -> str:
    if max(m.excess, m.green_excess) > 0.3:
        return "its files and words resemble those of earlier failures here"
    return ""


def _size(m: Moment) -> str:
    digest = m.digest
    place = m.history.project.churn.percentile(digest.added + digest.deleted)
    files = m.history.project.files.percentile(digest.files)
    if max(place, files) < 0.8:
        return ""
    size = f"{digest.files} files, +{digest.added}/-{digest.deleted} lines"
    return f"larger than {_most(max(place, files))} ({size})"


def _most(share: float) -> str:
    if share == 1.0:
        return "every recent change"
    return "nearly every recent change" if share > 0.994 else f"{percent_text(share)} of recent changes"


def _kinds(m: Moment) -> str:
    kinds = m.digest.kinds
    if not kinds[k.TEST] and any("/migrations/" in f"/{file.path}" for file in m.change.files()):
        return "migrations without a test"
    if kinds[k.MANIFEST] and not kinds[k.LOCK] and m.history.paths.find(key_of("e:.lock")) >= 0:
        name = next(f.path for f in m.change.files() if k.kind_of(f.path) == k.MANIFEST)
        return f"{name} changed, no lock file did"
    touched = [k.KIND_NAMES[kind] for kind in (k.CI, k.BUILD, k.MANIFEST, k.LOCK) if kinds[kind]]
    if touched:
        return f"it changes {' and '.join(touched)} files"
    if kinds[k.CONFIG] and kinds[k.CONFIG] >= sum(kinds) / 2:
        return "it changes mostly configuration"
    if kinds[k.SOURCE] and not kinds[k.TEST]:
        return "it changes source without a test"
    return ""


def _commits(m: Moment) -> str:
    if len(m.change.commits) > 3:
        return f"{len(m.change.commits)} commits are built at once"
    return ""


THEMES = (
    Theme(
        "branch",
        (
            "branch_last_failed",
            "branch_streak",
            "branch_rate_3",
            "branch_rate_20",
            "branch_green_rate",
            "branch_flip_rate",
            "branch_since_last",
            "branch_since_pass",
            "branch_since_fail",
            "branch_red_for",
            "branch_age",
            "nearest_failed",
        ),
        _branch,
    ),
    Theme(
        "ground",
        (
            "nearest_failed",
            "base_fail_share",
            "head_fail_share",
            "target_last_failed",
            "target_rate_3",
            "target_since_pass",
            "trunk_streak",
        ),
        _ground,
    ),
    Theme(
        "project",
        (
            "project_last_failed",
            "project_streak",
            "project_rate_3",
            "project_rate_20",
            "project_rate_100",
            "project_rate_1d",
            "project_rate_7d",
            "project_rate_30d",
            "project_green_rate_30",
            "project_green_rate_200",
            "project_since_pass",
            "project_since_fail",
            "red_branch_share",
            "project_day_builds",
            "project_red_run",
            "project_rerun_flips",
        ),
        _project,
    ),
    Theme(
        "author",
        (
            "author_builds",
            "author_rate_excess",
            "author_green_excess",
            "author_streak",
            "author_since_last",
            "author_since_fail",
        ),
        _author,
    ),
    Theme(
        "paths",
        (
            "path_rate_max",
            "path_rate_mean",
            "path_green_max",
            "path_green_mean",
            "path_known",
            "path_most_builds",
            "folder_rate_max",
            "folder_rate_mean",
            "folder_green_max",
            "folder_green_mean",
            "folder_known",
            "top_green_mean",
            "extension_rate_mean",
            "extension_green_mean",
            "extension_known",
        ),
        _paths,
    ),
    Theme("words", ("words_excess", "green_words_excess"), _words),
    Theme(
        "size",
        (
            "files",
            "lines_added",
            "lines_deleted",
            "churn_percentile",
            "files_percentile",
            "folders",
            "extensions",
        ),
        _size,
    ),
    Theme(
        "kinds",
        (
            "source_share",
            "test_share",
            "docs_share",
            "config_share",
            "build_files",
            "ci_files",
            "manifest_files",
            "lock_files",
        ),
        _kinds,
    ),
    Theme("commits", ("commits", "merges", "change_authors", "oldest_commit_age"), _commits),
)
