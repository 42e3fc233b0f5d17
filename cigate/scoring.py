"""The ledger meets the store: from a repository to its scorecard, and to the track record that warnings read.

The one flow behind `cigate scorecard` and the report. Writes nothing but the track record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from cigate.errors import HistoryError
from cigate.grading import Grade, Outcomes, grade
from cigate.ledger import SKIP, read_ledger
from cigate.progress import track
from cigate.scorecard import Scorecard, make_scorecard
from cigate.skipping import read_skips
from cigate.track import judged_of, write_track

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.git import Repository
    from cigate.stores import Store


def score_repository(
    repo: Repository, store: Store, workflow: str = "", renew: bool = False
) -> tuple[Scorecard, dict[str, int]]:
    """Return the scorecard of `repo` by the builds of `workflow` ("": all) in `store`.

    Beside it stand the reasons of skipped commits, with how often each was given. With `renew`, the
    track record that warnings speak of is written anew.

    Raises:
        StoreError: the store cannot be read.
        HistoryError: the ledger cannot be read.
    """
    try:
        entries = read_ledger(repo)
    except OSError as error:
        raise HistoryError(
            f"the ledger cannot be read: {error.strerror}", "`cigate doctor` shows where it is"
        ) from error
    outcomes = Outcomes(None)
    since = min((entry.at for entry in entries), default=0)
    for record in track(store.read(workflow, since=since), "reading builds") if entries else ():
        outcomes.take(record)
    grades = grade(entries, outcomes)
    if renew:
        with suppress(OSError):  # a copy for warnings to read; `cigate doctor` shows what there is
            write_track(repo, judged_of(grades))
    judged = {entry.head for entry in entries}
    found = [outcome for head in outcomes.heads() if head not in judged and (outcome := outcomes.of(head))]
    unjudged = [outcome for outcome in found if outcome.pushed_at >= since]
    return make_scorecard(grades, unjudged), _reasons(repo, grades)


def score_store(repo: Repository, url: str, workflow: str) -> tuple[tuple[str, str], ...]:
    """Return the scorecard of `repo` by the store at `url`, as names and values; () without an outcome.

    Raises:
        CigateError: store or ledger cannot be read.
    """
    from cigate.reporters.scores import entries_of
    from cigate.stores import open_store

    store = open_store(url)
    try:
        card, reasons = score_repository(repo, store, workflow)
    finally:
        store.close()
    return tuple(entries_of(card, reasons)) if card.built else ()


def _reasons(repo: Repository, grades: Sequence[Grade]) -> dict[str, int]:
    """Return why commits were let through, the reason given most often first."""
    heads = [g.entry.head for g in grades if g.entry.action == SKIP]
    return dict(Counter(read_skips(repo, heads).values()).most_common())
