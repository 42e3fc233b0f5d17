"""A predicted failure that runs all the same, so that the history does not go blind. Pure.

The draw is a digest of run and commit, not a coin: whoever asks again about the same run (a re-run, a later
job, another machine) gets the same answer, and nobody can shake it without a new run.
"""

from __future__ import annotations

from hashlib import blake2b

from cigate.judgement import Report
from cigate.policy import BLOCK, WARN, Verdict
from cigate.words import percent_text


def draw(provider: str, run: str, head: str) -> float:
    """Return a number from 0 up to 1, the same for the same run and commit and evenly spread over others."""
    drawn = blake2b(f"{provider}\0{run}\0{head}".encode("utf-8", "surrogatepass"), digest_size=6)
    return int.from_bytes(drawn.digest(), "big") / (1 << 48)


def explore(report: Report, share: float, provider: str, run: str) -> Report:
    """Return `report` with `p_run` filled in, and a blocked one let through where it was drawn.

    `share` is the part of blocked builds that is to run; 0 lets none through.
    """
    if report.verdict() != BLOCK:
        return report
    heads = "".join(j.head for j in report.judgements)
    drawn = draw(provider, run, heads) < share
    why = f"predicted to fail, and drawn to run all the same ({percent_text(share)} are)"
    judged = tuple(
        j.with_verdict(Verdict(WARN, why)) if drawn and j.verdict.action == BLOCK else j
        for j in report.judgements
    )
    return report.with_draw(judged, share)
