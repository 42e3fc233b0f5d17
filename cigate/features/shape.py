"""Features on the change itself: its size, its kinds of files, its message, its time. Pure."""

from __future__ import annotations

from cigate.features.feature import Feature, log_count, log_hours
from cigate.history import kinds as k

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cigate.features.moment import Moment


def _share(m: Moment, kind: int) -> float:
    listed = sum(m.digest.kinds)
    return m.digest.kinds[kind] / listed if listed else 0.0


def _status_share(m: Moment, status: str) -> float:
    statuses = m.digest.statuses
    return statuses.count(status) / len(statuses) if statuses else 0.0


def _speaks_of(cue: int) -> Callable[[Moment], float]:
    """Return the feature that is 1 where one of the change's words gives `cue`."""
    return lambda m: 1.0 if m.digest.cues & cue else 0.0


def _top_share(m: Moment) -> float:
    counts = m.digest.extensions.values()
    return max(counts) / sum(counts) if counts else 0.0


SIZE = (
    Feature("files", 1, "log(1 + distinct files touched)", lambda m: log_count(m.digest.files)),
    Feature("lines_added", 1, "log(1 + lines added)", lambda m: log_count(m.digest.added)),
    Feature("lines_deleted", 1, "log(1 + lines deleted)", lambda m: log_count(m.digest.deleted)),
    Feature("commits", 1, "log(1 + commits of the change)", lambda m: log_count(len(m.change.commits))),
    Feature(
        "merges",
        1,
        "log(1 + merges among them)",
        lambda m: log_count(m.digest.merges),
    ),
    Feature(
        "churn_percentile",
        1,
        "share of the project's last 200 builds that changed fewer lines; .5 if none",
        lambda m: m.history.project.churn.percentile(m.digest.added + m.digest.deleted),
    ),
    Feature(
        "files_percentile",
        1,
        "share of the project's last 200 builds that touched fewer files; .5 if none",
        lambda m: m.history.project.files.percentile(m.digest.files),
    ),
    Feature(
        "folders",
        1,
        "log(1 + distinct folders touched)",
        lambda m: log_count(len(m.digest.folder_keys)),
    ),
    Feature("extensions", 1, "distinct extensions touched", lambda m: float(len(m.digest.extensions))),
    Feature("dominant_extension_share", 1, "share of files with the most frequent extension", _top_share),
    Feature("new_file_share", 1, "share of added files", lambda m: _status_share(m, "A")),
    Feature("deleted_file_share", 1, "share of deleted files", lambda m: _status_share(m, "D")),
    Feature("renamed_file_share", 1, "share of renamed files", lambda m: _status_share(m, "R")),
    Feature(
        "pull_request", 1, "1 if a pull request is built", lambda m: float(m.change.event == "pull_request")
    ),
)

KINDS = (
    Feature("source_share", 1, "share of source files", lambda m: _share(m, k.SOURCE)),
    Feature("test_share", 1, "share of test files", lambda m: _share(m, k.TEST)),
    Feature("docs_share", 1, "share of documentation files", lambda m: _share(m, k.DOCS)),
    Feature("config_share", 1, "share of other configuration files", lambda m: _share(m, k.CONFIG)),
    Feature("build_files", 1, "log(1 + build scripts touched)", lambda m: log_count(m.digest.kinds[k.BUILD])),
    Feature(
        "ci_files", 1, "log(1 + CI configuration files touched)", lambda m: log_count(m.digest.kinds[k.CI])
    ),
    Feature(
        "manifest_files",
        1,
        "log(1 + dependency manifests touched)",
        lambda m: log_count(m.digest.kinds[k.MANIFEST]),
    ),
    Feature("lock_files", 1, "log(1 + lock files touched)", lambda m: log_count(m.digest.kinds[k.LOCK])),
)

MESSAGE = (
    Feature("says_fix", 1, "1 if a subject speaks of a fix or a bug", _speaks_of(k.FIX)),
    Feature("says_merge", 1, "1 if a subject speaks of a merge", _speaks_of(k.MERGE)),
    Feature("says_revert", 1, "1 if a subject speaks of a revert", _speaks_of(k.REVERT)),
    Feature("says_wip", 1, "1 if a subject speaks of unfinished work", _speaks_of(k.WIP)),
    Feature("says_upgrade", 1, "1 if a subject speaks of versions", _speaks_of(k.UPGRADE)),
    Feature("says_test", 1, "1 if a subject speaks of tests or CI", _speaks_of(k.TESTING)),
    Feature("says_docs", 1, "1 if a subject speaks of documentation", _speaks_of(k.WRITING)),
    Feature("says_refactor", 1, "1 if a subject speaks of moving code", _speaks_of(k.REFACTOR)),
    Feature("says_add", 1, "1 if a subject speaks of something new", _speaks_of(k.ADD)),
    Feature(
        "words", 1, "distinct words of the first subjects, at most 12", lambda m: float(len(m.digest.words))
    ),
)

TIME = (
    Feature(
        "oldest_commit_age",
        1,
        "log2(1 + hours since the oldest commit was authored); -1 if there is none",
        lambda m: log_hours(m.at, m.digest.oldest_at),
    ),
    Feature(
        "newest_commit_age",
        1,
        "log2(1 + hours since the newest commit was authored); -1 if there is none",
        lambda m: log_hours(m.at, m.digest.newest_at),
    ),
    Feature(
        "rebased_by",
        1,
        "log(1 + hours between authoring and committing, the largest)",
        lambda m: log_count(m.digest.rebased_s / 3600.0),
    ),
)
