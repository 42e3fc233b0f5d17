"""What a developer reads in the middle of a push: short, checkable, silent with nothing to say.

Must not print: the caller does, to stderr in a hook.
"""

from __future__ import annotations

from time import gmtime

from cigate.reporters.escape import escape
from cigate.reporters.line import BOLD, DIM, RED, YELLOW, paint
from cigate.words import count_text, duration_text, percent_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from cigate.adaptive import AdaptiveThresholds
    from cigate.judgement import Alike, Judgement, Less, ModelFacts, Past, Report
    from cigate.model import Thresholds

EVEN = 0.5  # below, a failure is less likely than a pass, however much it stands out
WIDTH = 100
MARGIN = 8  # before the words of a line
SHORT = 7  # digits of a commit's id
MOST_TOLD = 10  # refs of a kind, one by one; whoever pushes hundreds reads no hundreds of lines
NOTHING_ALONE = "no fact alone stands out; `cigate explain` tells what adds up"
_ALL_THE_SAME = "; git push --no-verify goes on all the same"
_COLORS = {"block": RED, "warn": YELLOW}


def render(report: Report, color: bool = False, quiet: bool = False) -> str:
    """Return what `report` tells a person; `quiet` leaves out what passed."""
    lines: list[str] = []
    loud, left = _loudest([j for j in report.judgements if j.verdict.action != "pass"])
    if not quiet:
        lines += [_nothing(name, report, color) for name in report.unchanged[:MOST_TOLD]]
        lines += _more(len(report.unchanged) - MOST_TOLD, "bring nothing new", color)
        fine = sorted(filter(_passes, report.judgements), key=lambda j: -j.p_fail)
        lines += [_fine(j, report, color) for j in fine[:MOST_TOLD]]
        lines += _more(len(fine) - MOST_TOLD, "look fine, none of them riskier than these", color)
    lines += [_skipped(j, report, color) for j in report.judgements if j.verdict.skipped]
    lines += _more(left, "are warned about, none of them riskier than these:", color)
    for judgement in loud:
        told, rest = _warning(judgement, report, color)
        if judgement is loud[-1]:  # four lines at most: what is left shares the last one
            rest.append(("past", paint(" · ".join(_past(report)), DIM, color)))
        lines += told
        if rest:
            lines.append(f"  {rest[0][0]:<4}  {' · '.join(text for _, text in rest)}")
    return "".join(line + "\n" for line in lines)


def _loudest(loud: list[Judgement]) -> tuple[list[Judgement], int]:
    """Return whatever is blocked, else the riskiest that are warned about, and how many are left out."""
    ranked = sorted(loud, key=lambda j: (j.verdict.action != "block", -j.p_fail))
    blocked = sum(j.verdict.action == "block" for j in loud)
    told = {id(j) for j in ranked[: max(MOST_TOLD, blocked)]}
    return [j for j in loud if id(j) in told], len(loud) - len(told)


def _more(left: int, said: str, color: bool) -> list[str]:
    return [paint(f"cigate  {left:,} more {said}", DIM, color)] if left > 0 else []


def date_text(at: int) -> str:
    """Return the UTC day of a Unix time as 2026-11-22."""
    return "{:04d}-{:02d}-{:02d}".format(*gmtime(at)[:3])


def model_text(model: ModelFacts) -> str:
    """Return how a person knows a model: what kind of one it is and its day."""
    kind = "starter model" if model.starter else "synthetic model" if model.synthetic else "model"
    return f"{kind} of {date_text(model.created_at)}"


def limits_text(limits: Thresholds) -> str:
    """Return from which probabilities on a model warns and blocks, or why it never blocks."""
    blocks = f"never blocks: {limits.block_why}"
    if limits.block is not None:
        blocks = f"blocks from {percent_text(limits.block)}"
    return f"warns from {percent_text(limits.warn)}; {blocks}"


def thresholds_texts(adaptive: AdaptiveThresholds) -> Iterator[str]:
    """Yield from which probabilities on pushes are warned about now, by the state of their branches."""
    budget = adaptive.budget
    if budget:
        now = (
            "none is warned about now"
            if budget.threshold > 1
            else f"warned about from {percent_text(budget.threshold)} on now"
        )
        yield f"pushes to green branches: {now}, within a budget of {percent_text(budget.share)}"
    whose = "red and new branches" if budget else "red branches"
    yield f"pushes to {whose}: warned about from {percent_text(adaptive.operating.threshold)} on now"


def age_text(as_of: int, at: int) -> str:
    """Return how old a history is, whose last build finished at `as_of`."""
    return f"history {duration_text(max(0, at - as_of))} old"


def past_text(past: Past) -> str:
    """Return how good warnings have been here."""
    return f"{past.came_true} of the last {past.warned} warnings here came true"


def _title(name: str, report: Report, color: bool) -> str:
    pushed = f"{escape(name)} -> {escape(report.remote)}" if report.remote else escape(name)
    return f"{paint('cigate', BOLD, color)}  {pushed}"


def _nothing(name: str, report: Report, color: bool) -> str:
    return paint(f"{_title(name, report, False)}   nothing new to judge", DIM, color)


def _passes(j: Judgement) -> bool:
    return j.verdict.action == "pass" and not j.verdict.skipped


def _skipped(j: Judgement, report: Report, color: bool) -> str:
    said = f"{escape(j.verdict.why)}  ({_how(j.p_fail)}: {percent_text(j.p_fail)})"
    return paint(f"{_title(j.name, report, False)}   {said}", DIM, color)


def _how(p_fail: float) -> str:
    return "likely to break CI" if p_fail >= EVEN else "riskier than usual"


def _fine(j: Judgement, report: Report, color: bool) -> str:
    red = "the branch is red, but this " if j.red_builds else ""
    said = f"{red}looks fine: {percent_text(j.p_fail)}  (usual here: {percent_text(j.usual)})"
    facts = [said, *_parts(j), *map(escape, report.notes), _elapsed(report)]
    return paint(f"{_title(j.name, report, False)}   {' · '.join(facts)}", DIM, color)


def _warning(j: Judgement, report: Report, color: bool) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the lines of a warning, and what found no room in them, each with a line's name."""
    said, verdict = _headline(j, report)
    code = _COLORS[j.verdict.action]
    head = f"{_title(j.name, report, color)}   {paint(said, code, color)}"
    room = WIDTH - len(_title(j.name, report, False)) - 3 - len(said) - len(verdict)
    rest = [("note", part) for part in _parts(j)]
    if verdict and room >= 3:
        head += " " * room + paint(verdict, code, color)
    elif verdict:
        rest.insert(0, ("so", paint(verdict, code, color)))
    named = [("why", _reasons(j)), _story(j, report.at)]
    return [head, *(f"  {name:<4}  {text}" for name, text in named if text)], rest


def _headline(j: Judgement, report: Report) -> tuple[str, str]:
    """Return how likely it is to fail, against what; and the verdict, which a red branch does without."""
    share = percent_text(j.p_fail)
    if j.red_builds:
        since = f"{count_text(j.red_builds, 'build')}, {duration_text(j.red_s)}"
        when = f" since {j.story.red_since[:SHORT]}" if j.story.red_since else ""
        likely = "most likely is" if j.p_fail >= EVEN else "may be"
        return f"already red{when} ({since}): this push {likely} too: {share}", ""
    refused = j.verdict.action == "block" and report.remote
    verdict = escape(j.verdict.why) + (_ALL_THE_SAME if refused else "")
    how = "a file in it cannot be right; else:" if j.verdict.flagged else f"{_how(j.p_fail)}:"
    return f"{how} {share}  (usual here: {percent_text(j.usual)})", verdict


def _reasons(j: Judgement) -> str:
    """Return the reasons on one line: the strongest, and those after it for which there is room.

    Files that cannot be right come first. That a red branch is red stands in the line before.
    """
    told = [signal.text for signal in j.signals]
    told += [reason.text for reason in j.reasons if not (j.red_builds and reason.theme == "branch")]
    if not told:
        return "" if j.red_builds else NOTHING_ALONE
    said = ""
    for fact in told:
        text = escape(fact)
        if said and len(said) + 3 + len(text) > WIDTH - MARGIN:
            break
        said = f"{said} · {text}" if said else text
    return said


def story_texts(j: Judgement, at: int) -> list[str]:
    """Return what would lower the risk and which failure looked like it, as far as they are known."""
    less, alike = j.story.less, j.story.alike
    told = [f"without {less_text(less)}: {percent_text(less.p_without)}"] if less else []
    return [*told, f"like {alike_text(alike, at)}"] if alike else told


def _story(j: Judgement, at: int) -> tuple[str, str]:
    """Return the same on one line, and that line's name."""
    said = " · ".join(story_texts(j, at))
    return ("less", said) if j.story.less else ("like", said.removeprefix("like "))


def less_text(less: Less) -> str:
    """Return what could be left out, as a person calls it."""
    return f"commit {less.what[:SHORT]}" if less.kind == "commit" else escape(less.what)


def alike_text(alike: Alike, at: int) -> str:
    """Return which failure looked like it, and where to read about it."""
    on = f" on {escape(alike.branch)}" if alike.branch else ""
    where = f": {escape(alike.url)}" if alike.url else ""
    return f"{alike.head[:SHORT]}, failed{on} {duration_text(max(0, at - alike.at))} ago{where}"


def _parts(j: Judgement) -> list[str]:
    return [] if j.complete else [f"judged by the newest {j.commits} of its commits"]


def _past(report: Report) -> list[str]:
    facts = [past_text(report.past)] if report.past else []
    if report.model:
        facts.append(escape(model_text(report.model)))
    if report.history:
        facts.append(age_text(report.history.as_of, report.at))
    return [*facts, *map(escape, report.notes), _elapsed(report)]


def _elapsed(report: Report) -> str:
    return f"{report.elapsed_s * 1000:.0f} ms"
