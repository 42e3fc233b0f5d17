"""Which files make a change risky: each left out in turn, all of it scored in one batch. Pure but for that.

Must not run on the path of a push that passes: a hundred files are a hundred scores.
"""

from __future__ import annotations

from cigate.change import Change, Commit
from cigate.features import moments_of, vector_of
from cigate.history import fold as fo
from cigate.history.digest import path_facts
from cigate.history.rates import rate
from cigate.judgement import FileRisk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.history import History
    from cigate.reasons import Scorer

MOST_SCORED = 100  # files, those with most lines first
MOST_SHOWN = 5


def riskiest_files(change: Change, history: History, p_fail: float, scorer: Scorer) -> tuple[FileRisk, ...]:
    """Return the files without which `change` (which fails with `p_fail`) would be least likely to fail.

    Those without which it would be as likely, or likelier, are not among them.
    """
    lines = _lines(change)
    paths = sorted(lines, key=lambda path: (-sum(lines[path]), path))[:MOST_SCORED]
    if len(lines) == 1:
        return (_risk(paths[0], lines, history, None),)
    without = [_without(change, path) for path in paths]
    rows = [vector_of(moment) for moment in moments_of(without, history)]
    scores = scorer.score(rows) if rows else []
    found = [(p, path) for p, path in zip(scores, paths, strict=True) if p < p_fail]
    return tuple(_risk(path, lines, history, p) for p, path in sorted(found)[:MOST_SHOWN])


def _lines(change: Change) -> dict[str, tuple[int, int]]:
    """Return the lines added and deleted in each file that counts."""
    lines: dict[str, tuple[int, int]] = {}
    for file in change.files():
        added, deleted = lines.get(file.path, (0, 0))
        lines[file.path] = (added + (file.added or 0), deleted + (file.deleted or 0))
    return lines


def _without(change: Change, path: str) -> Change:
    commits = tuple(_commit_without(commit, path) for commit in change.commits)
    return Change(
        head=change.head,
        base=change.base,
        branch=change.branch,
        author=change.author,
        pushed_at=change.pushed_at,
        commits=commits,
        target=change.target,
        event=change.event,
        complete=change.complete,
    )


def _commit_without(commit: Commit, path: str) -> Commit:
    return Commit(
        commit.sha,
        commit.parents,
        commit.author,
        commit.authored_at,
        commit.committed_at,
        commit.subject,
        tuple(file for file in commit.files if file.path != path),
        commit.rest_files,
        commit.rest_added,
        commit.rest_deleted,
    )


def _risk(
    path: str, lines: dict[str, tuple[int, int]], history: History, p_without: float | None
) -> FileRisk:
    place = history.paths.find(path_facts(path).key)
    known = None
    if place >= 0:
        known = rate(history.paths.cells, place + fo.P_RATE, history.project.usual_rate(), 4.0)
    return FileRisk(path, *lines[path], p_without, known)
