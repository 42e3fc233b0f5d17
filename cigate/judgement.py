"""What a run of cigate has to say, as facts: one Judgement a pushed ref, one Report a run.

Must not decide or render anything: `judging` fills these, `reporters` put them into words.
"""

from __future__ import annotations

from cigate.change import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from cigate.broken import Broken
    from cigate.policy import Verdict
    from cigate.reasons import Reason


class Less(Fact):
    """What could be left out: `kind` is "file" or "commit", `what` its path or id."""

    __slots__ = ("kind", "p_without", "what")
    kind: Final[str]
    what: Final[str]
    p_without: Final[float]

    def __init__(self, kind: str, what: str, p_without: float) -> None:
        self.kind = kind
        self.what = what
        self.p_without = p_without


class Alike(Fact):
    """An earlier failure that looked like it; `share` is how much the two have in common."""

    __slots__ = ("at", "branch", "head", "share", "url")
    head: Final[str]
    branch: Final[str]
    at: Final[int]
    url: Final[str]
    share: Final[float]

    def __init__(self, head: str, branch: str, at: int, url: str, share: float) -> None:
        self.head = head
        self.branch = branch
        self.at = at
        self.url = url
        self.share = share


class Story(Fact):
    """What a warning tells beside its reasons, as far as it is known.

    `less` is what would lower the risk materially, `alike` the nearest earlier failure, `red_since`
    the commit whose build turned the branch red.
    """

    __slots__ = ("alike", "less", "red_since")
    less: Final[Less | None]
    alike: Final[Alike | None]
    red_since: Final[str]

    def __init__(self, less: Less | None = None, alike: Alike | None = None, red_since: str = "") -> None:
        self.less = less
        self.alike = alike
        self.red_since = red_since


NO_STORY = Story()


class Judgement(Fact):
    """One judged ref: how likely its push is to fail, the verdict, and why.

    `name` is what a person calls the ref; `usual` is the failure rate to hold `p_fail` against.
    `red_builds` and `red_s` tell for how many builds and seconds the branch has been red, 0 where it
    is not. `complete` is False where only the newest of its commits were read. `signals` are files in it that
    cannot be right, whatever the model says.
    """

    __slots__ = (
        "base",
        "branch",
        "commits",
        "complete",
        "files",
        "head",
        "name",
        "p_fail",
        "reasons",
        "red_builds",
        "red_s",
        "signals",
        "story",
        "usual",
        "verdict",
    )
    name: Final[str]
    branch: Final[str]
    head: Final[str]
    base: Final[str]
    commits: Final[int]
    files: Final[int]
    complete: Final[bool]
    p_fail: Final[float]
    usual: Final[float]
    red_builds: Final[int]
    red_s: Final[int]
    verdict: Final[Verdict]
    reasons: Final[tuple[Reason, ...]]
    story: Final[Story]
    signals: Final[tuple[Broken, ...]]

    def __init__(
        self,
        name: str,
        branch: str,
        head: str,
        base: str,
        commits: int,
        files: int,
        complete: bool,
        p_fail: float,
        usual: float,
        red_builds: int,
        red_s: int,
        verdict: Verdict,
        reasons: tuple[Reason, ...],
        story: Story = NO_STORY,
        signals: tuple[Broken, ...] = (),
    ) -> None:
        self.name = name
        self.branch = branch
        self.head = head
        self.base = base
        self.commits = commits
        self.files = files
        self.complete = complete
        self.p_fail = p_fail
        self.usual = usual
        self.red_builds = red_builds
        self.red_s = red_s
        self.verdict = verdict
        self.reasons = reasons
        self.story = story
        self.signals = signals

    def with_verdict(self, verdict: Verdict) -> Judgement:
        """Return the same judgement with another verdict."""
        return Judgement(**{**self._facts(), "verdict": verdict})

    def with_story(self, story: Story) -> Judgement:
        """Return the same judgement with what a warning tells beside its reasons."""
        return Judgement(**{**self._facts(), "story": story})

    def with_signals(self, signals: tuple[Broken, ...], verdict: Verdict) -> Judgement:
        """Return the same judgement with files that cannot be right, and what becomes of it."""
        return Judgement(**{**self._facts(), "signals": signals, "verdict": verdict})

    def _facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class ModelFacts(Fact):
    """Which model judged: its id, when it was made, from where it was read, what ran it.

    `starter` tells that it is the one that comes with cigate, for repositories without their own.
    """

    __slots__ = ("backend", "created_at", "model_id", "starter", "synthetic", "where")
    model_id: Final[str]
    created_at: Final[int]
    synthetic: Final[bool]
    where: Final[str]
    backend: Final[str]
    starter: Final[bool]

    def __init__(
        self,
        model_id: str,
        created_at: int,
        synthetic: bool,
        where: str,
        backend: str,
        starter: bool = False,
    ) -> None:
        self.model_id = model_id
        self.created_at = created_at
        self.synthetic = synthetic
        self.where = where
        self.backend = backend
        self.starter = starter


class HistoryFacts(Fact):
    """Which history it judged by: builds, failures, when the last of them finished, and which file."""

    __slots__ = ("as_of", "builds", "failures", "where")
    builds: Final[int]
    failures: Final[int]
    as_of: Final[int]
    where: Final[str]

    def __init__(self, builds: int, failures: int, as_of: int, where: str) -> None:
        self.builds = builds
        self.failures = failures
        self.as_of = as_of
        self.where = where


class Past(Fact):
    """How good warnings have been: of the last `warned` ones here, `came_true` builds failed."""

    __slots__ = ("came_true", "warned")
    warned: Final[int]
    came_true: Final[int]

    def __init__(self, warned: int, came_true: int) -> None:
        self.warned = warned
        self.came_true = came_true


class FileRisk(Fact):
    """What one file adds: `p_without` is the probability were it left out, None for the only file.

    `rate` is how often builds that touched it failed, weighted towards new ones; None where there were none.
    """

    __slots__ = ("added", "deleted", "p_without", "path", "rate")
    path: Final[str]
    added: Final[int]
    deleted: Final[int]
    p_without: Final[float | None]
    rate: Final[float | None]

    def __init__(
        self, path: str, added: int, deleted: int, p_without: float | None, rate: float | None
    ) -> None:
        self.path = path
        self.added = added
        self.deleted = deleted
        self.p_without = p_without
        self.rate = rate


class Report(Fact):
    """Everything that one run judged.

    `remote` is "" where nothing is pushed; `unchanged` names the refs that bring no new commit;
    `model` and `history` are None where therefore nothing was loaded; `notes` are short remarks on
    how it was judged; `at` is the moment of judging; `past` is how warnings did here, None where
    nothing was warned about or too little is known. `files` are the riskiest, `worth` says what the
    model promised of itself, both only where they were asked for; `p_run` is with which probability a
    pipeline goes on: 1, or less where a predicted failure was drawn to run all the same, or was not.
    `scorecard` says by name what became of the judgements given here, where a page is to tell it.
    """

    __slots__ = (
        "at",
        "elapsed_s",
        "files",
        "history",
        "judgements",
        "mode",
        "model",
        "notes",
        "p_run",
        "past",
        "remote",
        "scorecard",
        "unchanged",
        "worth",
    )
    judgements: Final[tuple[Judgement, ...]]
    unchanged: Final[tuple[str, ...]]
    remote: Final[str]
    mode: Final[str]
    model: Final[ModelFacts | None]
    history: Final[HistoryFacts | None]
    notes: Final[tuple[str, ...]]
    at: Final[int]
    elapsed_s: Final[float]
    past: Final[Past | None]
    files: Final[tuple[FileRisk, ...]]
    worth: Final[tuple[str, ...]]
    p_run: Final[float]
    scorecard: Final[tuple[tuple[str, str], ...]]

    def __init__(
        self,
        judgements: tuple[Judgement, ...],
        unchanged: tuple[str, ...],
        remote: str,
        mode: str,
        model: ModelFacts | None,
        history: HistoryFacts | None,
        notes: tuple[str, ...],
        at: int,
        elapsed_s: float,
        past: Past | None = None,
        files: tuple[FileRisk, ...] = (),
        worth: tuple[str, ...] = (),
        p_run: float = 1.0,
        scorecard: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.judgements = judgements
        self.unchanged = unchanged
        self.remote = remote
        self.mode = mode
        self.model = model
        self.history = history
        self.notes = notes
        self.at = at
        self.elapsed_s = elapsed_s
        self.past = past
        self.files = files
        self.worth = worth
        self.p_run = p_run
        self.scorecard = scorecard

    def with_draw(self, judgements: tuple[Judgement, ...], p_run: float) -> Report:
        """Return the report as a draw leaves it: other verdicts, and how likely they were."""
        return Report(**{**self._facts(), "judgements": judgements, "p_run": p_run})

    def with_scorecard(self, scorecard: tuple[tuple[str, str], ...]) -> Report:
        """Return the same report with what became of the judgements given here."""
        return Report(**{**self._facts(), "scorecard": scorecard})

    def _facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def verdict(self) -> str:
        """Return the gravest verdict of all refs: "block", "warn", "pass"; "none" without any."""
        actions = [j.verdict.action for j in self.judgements]
        return next((a for a in ("block", "warn", "pass") if a in actions), "none")
