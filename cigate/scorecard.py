"""What cigate's own judgements were worth on this repository, once their builds have ended. Pure.

Small numbers are the rule here, so every share comes with its interval, and too few are called that. Must
not count as right or wrong what has no outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cigate.grading import Grade, Outcome
from cigate.ledger import SKIP
from cigate.policy import BLOCK, PASS
from cigate.trust import bounds

Z_95 = 1.96
FEWEST = 20  # judged builds; fewer say nothing about shares
FEWEST_FAILED = 5
EDGES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` out of `of`, with the interval that holds the true share in 95 of 100 such cases."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """Return the share, None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return Wilson's interval."""
        return bounds(self.hits, self.of, Z_95)


@dataclass(frozen=True, slots=True)
class Alarms:
    """How one way of raising alarms did: which alarms came true, which failures were met."""

    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Bin:
    """The judgements that said something from `low` up to `high`: what they said, what happened."""

    low: float
    high: float
    said: float
    failed: Share


@dataclass(frozen=True, slots=True)
class Passage:
    """Pushes that went past cigate's word: how many, and of those with an outcome how many failed."""

    pushes: int
    failed: Share


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Everything that can be said; `built` are the judged commits whose outcome is known.

    `all`, `green` and `red` are cigate's alarms (warned, blocked or skipped) by the state of the branch,
    `echo` is what saying "as the branch's last build" would have done. `kept_back` were blocked and never
    built. Minutes are those of builds that were warned about: `saved` had they not run, as they failed.
    """

    since: int
    judged: int
    built: int
    failed: int
    all: Alarms
    green: Alarms
    red: Alarms
    echo: Alarms
    blocks: Share
    kept_back: int
    bypassed: Passage
    skipped: Passage
    unjudged: Passage
    minutes_saved: float
    minutes_wasted: float
    bins: tuple[Bin, ...]
    brier: float
    brier_usual: float

    @property
    def enough(self) -> bool:
        """Return whether there are enough judged builds for the shares to mean something."""
        return self.built >= FEWEST and self.failed >= FEWEST_FAILED


Known = tuple[Grade, Outcome]


def make_scorecard(grades: Sequence[Grade], others: Sequence[Outcome]) -> Scorecard:
    """Return what `grades` come to; `others` are outcomes of commits that were not judged here."""
    known = [(g, g.outcome) for g in grades if g.outcome]
    blocked = [g for g in grades if _was_blocked(g)]
    skipped = [g for g in grades if g.entry.action == SKIP]
    failed = [outcome.failed for _, outcome in known]
    usual = sum(failed) / len(failed) if failed else 0.0
    return Scorecard(
        since=min((g.entry.at for g in grades), default=0),
        judged=len(grades),
        built=len(known),
        failed=sum(failed),
        all=_alarms(known, _alarmed),
        green=_alarms([k for k in known if not k[0].entry.red], _alarmed),
        red=_alarms([k for k in known if k[0].entry.red], _alarmed),
        echo=_alarms(known, lambda g: g.entry.red),
        blocks=_share([g.outcome for g in grades if g.entry.action == BLOCK and g.outcome]),
        kept_back=sum(1 for g in blocked if not g.outcome),
        bypassed=_passage([g for g in blocked if g.outcome and g.entry.action != SKIP]),
        skipped=_passage(skipped),
        unjudged=Passage(len(others), _share(others)),
        minutes_saved=_minutes(known, failed=True),
        minutes_wasted=_minutes(known, failed=False),
        bins=tuple(_bins(known)),
        brier=_mean([(g.entry.p_fail - outcome.failed) ** 2 for g, outcome in known]),
        brier_usual=_mean([(usual - happened) ** 2 for happened in failed]),
    )


def _alarmed(g: Grade) -> bool:
    return g.entry.action != PASS


def _was_blocked(g: Grade) -> bool:
    return any(entry.action == BLOCK for entry in g.entries)


def _alarms(known: Sequence[Known], alarmed: Callable[[Grade], bool]) -> Alarms:
    raised = [outcome for g, outcome in known if alarmed(g)]
    hits = sum(outcome.failed for outcome in raised)
    return Alarms(Share(hits, len(raised)), Share(hits, sum(outcome.failed for _, outcome in known)))


def _share(outcomes: Sequence[Outcome]) -> Share:
    return Share(sum(outcome.failed for outcome in outcomes), len(outcomes))


def _passage(grades: Sequence[Grade]) -> Passage:
    return Passage(len(grades), _share([g.outcome for g in grades if g.outcome]))


def _minutes(known: Sequence[Known], failed: bool) -> float:
    return sum(o.duration_s for g, o in known if _alarmed(g) and o.failed == failed) / 60


def _bins(known: Sequence[Known]) -> list[Bin]:
    found = []
    for low, high in pairwise(EDGES):
        inside = [
            (g.entry.p_fail, outcome)
            for g, outcome in known
            if low <= g.entry.p_fail and (g.entry.p_fail < high or high == EDGES[-1])
        ]
        if inside:
            said = _mean([p for p, _ in inside])
            found.append(Bin(low, high, said, _share([outcome for _, outcome in inside])))
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
