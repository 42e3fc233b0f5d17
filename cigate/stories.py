"""What a warning tells beside its reasons: what would lower the risk, and which failure looked like it. Pure.

On the path of a push that is warned about, and of no other.
"""

from __future__ import annotations

from cigate.counterfactual import lessen
from cigate.failures import nearest, red_since
from cigate.history import fold as fo
from cigate.history.digest import Digest
from cigate.judgement import Story

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from cigate.change import Change
    from cigate.failures import Failure
    from cigate.history import History
    from cigate.judgement import Judgement
    from cigate.reasons import Scorer


def tell(
    change: Change, judged: Judgement, history: History, scorer: Scorer, failures: Sequence[Failure]
) -> Story:
    """Return the story of one warned push; `failures` are the last ones here, oldest first."""
    digest = Digest(change)
    known = [failure for failure in failures if failure.at <= change.pushed_at]
    since = ""
    place = history.branches.find(digest.branch_key)
    if judged.red_builds and place >= 0:
        turned_at = int(history.branches.cells[place + fo.B_RED_SINCE])
        since = red_since(known, change.branch, turned_at)
    return Story(lessen(change, history, judged.p_fail, scorer), nearest(known, digest), since)
