"""What would lower the risk: the change without one of its files or commits, featured and scored anew. Pure.

Only for what is warned about: each candidate is a whole change, all of them are scored in one batch.
"""

from __future__ import annotations

from cigate.change import Change, Commit
from cigate.features import moments_of, vector_of
from cigate.history import kinds as k
from cigate.history.digest import kind_at
from cigate.judgement import Less

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cigate.history import History
    from cigate.reasons import Scorer

MOST_FILES, MOST_COMMITS = 12, 6  # tried while a push waits
MOST_LOOKED_AT = 4000  # files of all changes that are tried then: fewer are tried of a push of hundreds
LEAST_DROP, LEAST_SHARE = 0.1, 0.25  # what lowers the probability by less is not worth splitting a push
_RISKY_KINDS = (k.CI, k.BUILD, k.MANIFEST, k.LOCK, k.CONFIG)


def lessen(change: Change, history: History, p_fail: float, scorer: Scorer) -> Less | None:
    """Return the file or commit without which `change` would be least likely to fail.

    None where nothing lowers `p_fail` materially.
    """
    files = sum([len(commit.files) for commit in change.commits])
    share = min(1.0, MOST_LOOKED_AT / max(1, files * (MOST_FILES + MOST_COMMITS)))
    most_files, most_commits = (max(1, int(most * share)) for most in (MOST_FILES, MOST_COMMITS))
    found = alternatives(change, history, scorer, most_files, most_commits)
    drop = max(LEAST_DROP, LEAST_SHARE * p_fail)
    return found[0] if found and p_fail - found[0].p_without >= drop else None


def alternatives(
    change: Change, history: History, scorer: Scorer, most_files: int, most_commits: int
) -> list[Less]:
    """Return what could be left out of `change`, that with the lowest probability first.

    A file, likeliest culprits tried first, or one of several commits; what would leave nothing to push
    is no alternative. Each is judged as if it were pushed at the same moment in place of the change.
    """
    tried: list[tuple[str, str, Change]] = []
    for path in _suspects(change)[:most_files]:
        if rest := without_file(change, path):
            tried.append(("file", path, rest))
    if len(change.commits) > 1:
        for commit in change.commits[:most_commits]:
            tried.append(("commit", commit.sha, without_commit(change, commit.sha)))
    rows = [vector_of(moment) for moment in moments_of((rest for _, _, rest in tried), history)]
    scores = scorer.score(rows) if rows else []
    found = [Less(kind, what, p) for (kind, what, _), p in zip(tried, scores, strict=True)]
    return sorted(found, key=lambda less: (less.p_without, less.kind != "file", less.what))


def without_file(change: Change, path: str) -> Change | None:
    """Return `change` as if no commit had touched `path`; None where nothing would be left of it.

    A commit of nothing else goes as well.
    """
    commits = []
    for commit in change.commits:
        files = tuple(file for file in commit.files if file.path != path)
        if files or not commit.files or commit.rest_files:
            commits.append(commit if len(files) == len(commit.files) else _with_files(commit, files))
    return _with_commits(change, tuple(commits)) if any(c.files or c.rest_files for c in commits) else None


def without_commit(change: Change, sha: str) -> Change:
    """Return `change` as if the commit `sha` had never been made."""
    return _with_commits(change, tuple(commit for commit in change.commits if commit.sha != sha))


def _suspects(change: Change) -> list[str]:
    """Return the touched files: those that steer the build first, then those with most lines."""
    lines: dict[str, int] = {}
    for file in change.files():
        lines[file.path] = lines.get(file.path, 0) + (file.added or 0) + (file.deleted or 0)
    return sorted(lines, key=lambda path: (kind_at(path) not in _RISKY_KINDS, -lines[path], path))


def _with_commits(change: Change, commits: tuple[Commit, ...]) -> Change:
    same_head = commits and commits[0].sha == change.commits[0].sha
    return Change(
        head=change.head if same_head or not commits else commits[0].sha,
        base=change.base,
        branch=change.branch,
        author=commits[0].author if commits else change.author,
        pushed_at=change.pushed_at,
        commits=commits,
        target=change.target,
        event=change.event,
        complete=change.complete,
    )


def _with_files(commit: Commit, files: Sequence[object]) -> Commit:
    facts = {name: getattr(commit, name) for name in commit.__slots__}
    return Commit(**{**facts, "files": tuple(files)})
