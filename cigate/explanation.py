"""The long form of a judgement: every effect, every file that could be left out, every failure alike. Pure.

Not on the path of a push. Must not say of an effect what the model does not say of the changed row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cigate.change import Change
from cigate.counterfactual import alternatives
from cigate.failures import Failure, rank
from cigate.features import Moment, vector_of
from cigate.history.digest import Digest
from cigate.judgement import Alike, Less
from cigate.reasons import without
from cigate.themes import THEMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.broken import Broken
    from cigate.history import History
    from cigate.reasons import Scorer

MOST_FILES, MOST_COMMITS, MOST_SHOWN, MOST_ALIKE = 100, 20, 8, 3
LEAST_EFFECT = 0.005


@dataclass(frozen=True, slots=True)
class Effect:
    """What one theme does: `p_without` is the probability with its features as usual.

    `text` is a fact that can be checked, "" where nothing stands out, or where it lowers the
    probability: facts are worded as reasons to fail.
    """

    theme: str
    text: str
    p_without: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a change is as likely to fail as it is: effects strongest first, whichever way they go.

    `signals` are files in it that cannot be right, which the model knows nothing of.
    """

    change: Change
    files: int
    p_fail: float
    usual: float
    red_builds: int
    effects: tuple[Effect, ...]
    leaving_out: tuple[Less, ...]
    alike: tuple[Alike, ...]
    signals: tuple[Broken, ...] = ()


def explain_change(
    change: Change,
    history: History,
    scorer: Scorer,
    typical: Sequence[float],
    failures: Sequence[Failure],
) -> Explanation:
    """Explain `change` as of the moment of its push; `history` and `failures` are what was known then."""
    digest = Digest(change)
    moment = Moment(change, history, change.pushed_at, digest)
    row = vector_of(moment)
    p_fail, *changed = scorer.score([row, *(without(row, theme, typical) for theme in THEMES)])
    effects = [
        Effect(theme.name, theme.say(moment) if p < p_fail else "", p)
        for theme, p in zip(THEMES, changed, strict=True)
        if abs(p_fail - p) >= LEAST_EFFECT
    ]
    known = [failure for failure in failures if failure.at <= change.pushed_at]
    return Explanation(
        change,
        digest.files,
        p_fail,
        moment.project.usual,
        max(0, int(moment.branch.streak)) if change.branch else 0,
        tuple(sorted(effects, key=lambda effect: -abs(p_fail - effect.p_without))),
        tuple(alternatives(change, history, scorer, MOST_FILES, MOST_COMMITS)[:MOST_SHOWN]),
        tuple(rank(known, digest)[:MOST_ALIKE]),
    )
