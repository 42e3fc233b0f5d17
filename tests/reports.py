"""Reports as the reporters get them, for tests: one of each kind."""

from __future__ import annotations

from cigate.broken import Broken
from cigate.judgement import (
    NO_STORY,
    Alike,
    FileRisk,
    HistoryFacts,
    Judgement,
    Less,
    ModelFacts,
    Past,
    Report,
    Story,
)
from cigate.policy import Verdict
from cigate.reasons import Reason

AT = 1_700_010_800
MODEL = ModelFacts("forest-7", 1_700_000_000, False, "/r/.git/cigate/model", "capi")
HISTORY = HistoryFacts(1234, 111, AT - 3 * 3600, "/r/.git/cigate/history.bin")
PASSED = Verdict("pass", "")
WARNED = Verdict("warn", "warned, not blocked")
REASONS = (
    Reason(
        "builds that touched one of these folders failed 40 % of the time (usual here: 9 %)", 0.18, "paths"
    ),
    Reason("it changes CI and manifest files", 0.31, "kinds"),
)

SIGNALS = (Broken("conflict", "src/a_b.py", 12), Broken("json", "a.json", 3, "Expecting value"))
FILES = (FileRisk("setup.cfg", 3, 1, 0.21, 0.4), FileRisk("src/a_b.py", 120, 8, 0.55, None))
WORTH = ("41 % of its warnings were right", "AUC 0.77; expecting each branch's last outcome again has 0.67")


STORY = Story(
    Less("file", "setup.cfg", 0.18),
    Alike("4f2e1c" + "0" * 34, "main", AT - 3 * 86_400, "https://ci.example/7", 0.4),
)


def judgement(
    name: str = "main",
    p_fail: float = 0.62,
    verdict: Verdict = WARNED,
    reasons: tuple[Reason, ...] = REASONS,
    red_builds: int = 0,
    complete: bool = True,
    commits: int = 3,
    story: Story = NO_STORY,
    signals: tuple[Broken, ...] = (),
) -> Judgement:
    """Return one judged ref."""
    return Judgement(
        name=name,
        branch=name,
        head="1" * 40,
        base="2" * 40,
        commits=commits,
        files=5,
        complete=complete,
        p_fail=p_fail,
        usual=0.09,
        red_builds=red_builds,
        red_s=7200 if red_builds else 0,
        verdict=verdict,
        reasons=reasons,
        story=story,
        signals=signals,
    )


def report(
    *judgements: Judgement,
    unchanged: tuple[str, ...] = (),
    remote: str = "origin",
    mode: str = "warn",
    notes: tuple[str, ...] = (),
    model: ModelFacts = MODEL,
    past: Past | None = None,
    files: tuple[FileRisk, ...] = (),
    worth: tuple[str, ...] = (),
    p_run: float = 1.0,
    scorecard: tuple[tuple[str, str], ...] = (),
) -> Report:
    """Return what a run says of `judgements`."""
    return Report(
        judgements=judgements,
        unchanged=unchanged,
        remote=remote,
        mode=mode,
        model=model if judgements else None,
        history=HISTORY if judgements else None,
        notes=notes,
        at=AT,
        elapsed_s=0.0744,
        past=past,
        files=files,
        worth=worth,
        p_run=p_run,
        scorecard=scorecard,
    )
