"""From what is pushed to what is said of it: commits -> Change -> features -> probability -> verdict.

The one flow behind the hook and `cigate predict`. On the path of every push. Must not print, and must
not take what could not be read for a push without risk.
"""

from __future__ import annotations

from time import monotonic

from cigate.alarms import open_alarms
from cigate.change import Fact
from cigate.errors import CigateError
from cigate.history.digest import remember
from cigate.judge import find_model, limits_of, open_judge
from cigate.judgement import Report
from cigate.policy import PASS, WARN, flag, skip
from cigate.walk import MAX_COMMITS, change_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from cigate.broken import Broken
    from cigate.change import Change
    from cigate.config import Config
    from cigate.git import Reading, Repository
    from cigate.judge import Judge
    from cigate.judgement import Judgement, Past

MOST_STORIES = 5  # a push of hundreds of branches must not wait for hundreds of stories


class Ref(Fact):
    """One ref to judge: what a person calls it, its branch ("" for a tag) and the id it points to."""

    __slots__ = ("branch", "head", "name")
    name: Final[str]
    branch: Final[str]
    head: Final[str]

    def __init__(self, name: str, branch: str, head: str) -> None:
        self.name = name
        self.branch = branch
        self.head = head


class Occasion(Fact):
    """When, where to and how thoroughly is judged.

    `at` is the moment in Unix seconds, `started` the one of the monotonic clock from which time is counted.
    `explain_all` gives reasons for what passes too; `in_full` adds what takes longer than a push may: the
    riskiest files, a look at Python, and what the model's card promises. What `counts` moves the
    thresholds of the next push. `notes` are remarks that the report begins with.
    """

    __slots__ = ("at", "counts", "explain_all", "in_full", "mode", "notes", "remote", "started")
    at: Final[int]
    started: Final[float]
    mode: Final[str]
    remote: Final[str]
    notes: Final[tuple[str, ...]]
    explain_all: Final[bool]
    in_full: Final[bool]
    counts: Final[bool]

    def __init__(
        self,
        at: int,
        started: float,
        mode: str,
        remote: str = "",
        notes: tuple[str, ...] = (),
        explain_all: bool = False,
        in_full: bool = False,
        counts: bool = False,
    ) -> None:
        self.at = at
        self.started = started
        self.mode = mode
        self.remote = remote
        self.notes = notes
        self.explain_all = explain_all
        self.in_full = in_full
        self.counts = counts


def changes_of(
    reading: Reading, refs: Sequence[Ref], at: int, deadline_s: float
) -> tuple[list[tuple[str, Change]], list[str]]:
    """Return the named changes that `refs` bring, and the names of those that bring nothing new.

    A tag whose commits come with a branch of the same push is told by that branch.
    """
    commits = {commit.sha: commit for commit in reading.commits(deadline_s, remember)}
    changes: list[tuple[str, Change]] = []
    unchanged: list[str] = []
    told: set[str] = set()
    limit = MAX_COMMITS if reading.limit is None else reading.limit
    for ref in sorted(refs, key=lambda ref: not ref.branch):
        tip = reading.tip(ref.head)
        seen = () if ref.branch else told
        change = change_of(tip, commits, seen, branch=ref.branch, pushed_at=at, limit=limit)
        if change.commits:
            changes.append((ref.name, change))
            told.update(commit.sha for commit in change.commits)
        else:
            unchanged.append(ref.name)
    return changes, unchanged


def judge_refs(
    repo: Repository,
    reading: Reading,
    refs: Sequence[Ref],
    config: Config,
    env: Mapping[str, str],
    occasion: Occasion,
) -> Report:
    """Return what is said of `refs`, whose new commits `reading` is already reading.

    The model is loaded while git works; that it cannot be used is no matter where nothing is new.

    Raises:
        CigateError: they cannot be judged.
    """
    until = occasion.started + config.time_limit_s
    judge = _open(repo, config, env)
    try:
        changes, unchanged = changes_of(reading, refs, occasion.at, max(0.001, until - monotonic()))
    finally:
        reading.close()
    judged: list[Judgement] = []
    notes: tuple[str, ...] = ()
    if changes:
        if isinstance(judge, CigateError):
            raise judge
        judged, notes = _judge(judge, repo, changes, config, occasion, until)
        judged = _tell(repo, judge, changes, judged, until)
    asked = judge if changes and not isinstance(judge, CigateError) else None
    loud = [j for j in judged if j.verdict.action != PASS]
    return Report(
        judgements=tuple(judged),
        unchanged=tuple(unchanged),
        remote=occasion.remote,
        mode=occasion.mode,
        model=asked.model_facts if asked else None,
        history=asked.history_facts if asked else None,
        notes=(*occasion.notes, *notes),
        at=occasion.at,
        elapsed_s=monotonic() - occasion.started,
        past=_past(repo, all(j.red_builds for j in loud)) if loud else None,
        files=asked.riskiest(changes, judged) if asked and occasion.in_full else (),
        worth=_worth(asked) if asked and occasion.in_full else (),
    )


def _open(repo: Repository, config: Config, env: Mapping[str, str]) -> Judge | CigateError:
    """Return what judges here, or why nothing does."""
    try:
        return open_judge(find_model(repo, config), repo, env)
    except CigateError as refusal:
        return refusal


def _judge(
    judge: Judge,
    repo: Repository,
    changes: Sequence[tuple[str, Change]],
    config: Config,
    occasion: Occasion,
    until: float,
) -> tuple[list[Judgement], tuple[str, ...]]:
    """Return the judgements, and notes; what counts moves the thresholds of the next push."""
    alarms = open_alarms(repo, judge.manifest)
    mode = occasion.mode

    def ask() -> list[Judgement]:
        return judge.judge(
            changes,
            mode,
            occasion.explain_all,
            lambda: limits_of(judge.manifest, repo, config),
            alarms.thresholds,
        )

    if config.hard_signals == "off":
        judged, note = ask(), ""
    else:
        from cigate.signals import Look

        look = Look(repo, [change for _, change in changes], occasion.in_full)
        judged, signals, note = look.meanwhile(ask, until)
        judged = [
            j.with_signals(broken, flag(j.verdict, _weight(broken, config), mode)) if broken else j
            for j, broken in zip(judged, signals, strict=True)
        ]
    if occasion.counts:
        alarms.keep(" ".join(j.head for j in judged))
    return judged, (note,) if note else ()


def _weight(broken: Sequence[Broken], config: Config) -> str:
    """Return what these files may do: what may be there once the build has run is no reason to block."""
    return config.hard_signals if any(file.certain for file in broken) else WARN


def _tell(
    repo: Repository,
    judge: Judge,
    changes: Sequence[tuple[str, Change]],
    judged: list[Judgement],
    until: float,
) -> list[Judgement]:
    """Let through what is skipped with a reason, and tell the story of what is not."""
    if all(j.verdict.action == PASS for j in judged):
        return judged
    from cigate.skipping import Skips  # most pushes pass

    asked = Skips(repo, [j.head for j in judged if j.verdict.action != PASS])
    try:
        told = _with_stories(repo, judge, changes, judged)
        reasons = asked.reasons(max(0.001, until - monotonic()))
    finally:
        asked.close()
    return [
        j.with_verdict(skip(j.verdict, reasons[j.head]))
        if j.verdict.action != PASS and j.head in reasons
        else with_story
        for j, with_story in zip(judged, told, strict=True)
    ]


def _with_stories(
    repo: Repository, judge: Judge, changes: Sequence[tuple[str, Change]], judged: Sequence[Judgement]
) -> list[Judgement]:
    """Add what a warning tells beside its reasons to the first few that are warned about."""
    from cigate.failures import read_failures
    from cigate.stories import tell

    failures = read_failures(repo)
    told = [p for p, j in enumerate(judged) if j.verdict.action != PASS and not j.verdict.flagged]
    told = told[:MOST_STORIES]
    return [
        j.with_story(tell(change, j, judge.history, judge.predictor, failures)) if place in told else j
        for place, ((_, change), j) in enumerate(zip(changes, judged, strict=True))
    ]


def _worth(judge: Judge) -> tuple[str, ...]:
    from cigate.promises import promises_of

    return promises_of(judge.manifest.card)


def _past(repo: Repository, red: bool) -> Past | None:
    from cigate.track import past_of, read_track  # most pushes pass

    return past_of(read_track(repo), red)
