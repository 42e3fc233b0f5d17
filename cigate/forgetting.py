"""One author's pseudonym is taken out of a change: everything else of it stays, as if git had not known.

Pure. Must not know what a pseudonym stands for.
"""

from __future__ import annotations

from cigate.change import BuildRecord, Change, change_from_plain, change_to_plain


def names(change: Change, author: str) -> bool:
    """Tell whether `author`, a pseudonym, stands anywhere in `change`."""
    return change.author == author or any(commit.author == author for commit in change.commits)


def without(change: Change, author: str) -> Change:
    """Return `change` with nobody ("") in the places of `author`."""
    plain = change_to_plain(change)
    for place in (plain, *plain["commits"]):
        if place["author"] == author:
            place["author"] = ""
    return change_from_plain(plain)


def record_without(record: BuildRecord, author: str) -> BuildRecord:
    """Return `record` with the same id and another change."""
    return BuildRecord(
        id=record.id,
        change=without(record.change, author),
        outcome=record.outcome,
        started_at=record.started_at,
        finished_at=record.finished_at,
        provider=record.provider,
        workflow=record.workflow,
        attempt=record.attempt,
        url=record.url,
        p_run=record.p_run,
    )
