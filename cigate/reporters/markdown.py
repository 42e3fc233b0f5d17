"""A Report as a page in Markdown, for a job's summary or a comment: verdict, reasons, files, the model.

Names and paths go through `markup`: the page holds no tag, link or mention that a commit brought.
"""

from __future__ import annotations

import re
from html import escape as quoted

from cigate.reporters.escape import markup
from cigate.reporters.text import EVEN, SHORT, age_text, model_text, past_text
from cigate.words import count_text, duration_text, percent_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.judgement import Alike, FileRisk, Judgement, Report

_LINK = re.compile(r"https?://[\w.~:/?#@!$&()*+,;=%-]+", re.ASCII)


def render(report: Report, color: bool = False, quiet: bool = False) -> str:  # noqa: ARG001
    """Return `report` as Markdown; `quiet` leaves out what passed."""
    blocks = [_unchanged(name) for name in report.unchanged if not quiet]
    shown = [j for j in report.judgements if not quiet or j.verdict.action != "pass"]
    for judgement in shown:
        blocks += _judgement(judgement, report.at)
    if shown:
        blocks += [_files(report.files, shown[0].p_fail)] if report.files else []
        blocks += [_track_record(report), _scorecard(report), _how(report)]
    return "\n\n".join(block for block in blocks if block) + "\n" if blocks else ""


def _code(name: str) -> str:
    return f"<code>{markup(name)}</code>"


def _unchanged(name: str) -> str:
    return f"### cigate: nothing new to judge\n\n{_code(name)} brings no commit that is not there already."


def _judgement(j: Judgement, at: int) -> list[str]:
    said = f"**{percent_text(j.p_fail)}** likely to fail; usual here: {percent_text(j.usual)}."
    commits, files = count_text(j.commits, "commit"), count_text(j.files, "file")
    part = "" if j.complete else f" Judged by the newest {j.commits} of its commits."
    since = f" since <code>{j.story.red_since[:SHORT]}</code>" if j.story.red_since else ""
    span = f"{count_text(j.red_builds, 'build')}, {duration_text(j.red_s)}"
    red = f" The branch has been red{since} ({span})." if j.red_builds else ""
    why = f" Verdict: {markup(j.verdict.why)}." if j.verdict.why else ""
    blocks = [
        f"### cigate: {_title(j)}",
        f"{_code(j.name)} ({commits}, {files}): {said}{red}{part}{why}",
    ]
    if j.signals:
        blocks.append("\n".join(f"- **{markup(signal.text)}**" for signal in j.signals))
    if j.reasons:
        blocks.append("\n".join(f"- {_reason(r.text, r.p_without)}" for r in j.reasons))
    return [*blocks, _story(j, at)]


def _story(j: Judgement, at: int) -> str:
    """Return what would lower the risk, and which failure looked like it, with its link."""
    less, alike = j.story.less, j.story.alike
    told = []
    if less:
        what = f"commit {_code(less.what[:SHORT])}" if less.kind == "commit" else _code(less.what)
        told.append(f"**Without** {what} it would be {percent_text(less.p_without)}.")
    if alike:
        on = f" on {_code(alike.branch)}" if alike.branch else ""
        ago = duration_text(max(0, at - alike.at))
        told.append(f"It is **like** {_linked(alike)}, which failed{on} {ago} ago.")
    return " ".join(told)


def _linked(alike: Alike) -> str:
    """Return the commit as a link to its build; what is no plain link is shown, and leads nowhere."""
    shown = f"<code>{alike.head[:SHORT]}</code>"
    if _LINK.fullmatch(alike.url):
        return f'<a href="{quoted(alike.url)}">{shown}</a>'
    return f"{shown} ({markup(alike.url)})" if alike.url else shown


def _title(j: Judgement) -> str:
    if j.verdict.action == "pass":
        return "looks fine"
    if j.verdict.flagged:
        return "a file cannot be right"
    return "likely to break CI" if j.p_fail >= EVEN else "riskier than usual"


def _reason(text: str, p_without: float) -> str:
    return f"{markup(text)} (were that as usual: {percent_text(p_without)})"


def _files(files: tuple[FileRisk, ...], p_fail: float) -> str:
    head = ["| riskiest files | lines | without it | its builds failed |", "|---|---|---|---|"]
    return "\n".join(head + [_row(file, p_fail) for file in files])


def _row(file: FileRisk, p_fail: float) -> str:
    without = "–"
    if file.p_without is not None:
        without = f"{percent_text(p_fail)} → {percent_text(file.p_without)}"
    rate = "no build yet" if file.rate is None else percent_text(file.rate)
    return f"| {_code(file.path)} | +{file.added} −{file.deleted} | {without} | {rate} |"


def _track_record(report: Report) -> str:
    said = [past_text(report.past)] if report.past else []
    said += report.worth
    return "**Track record.** " + "; ".join(map(markup, said)) + "." if said else ""


def _scorecard(report: Report) -> str:
    """Return what became of earlier judgements, but for how well probabilities were kept: that is long."""
    rows = [f"| {markup(name)} | {markup(text)} |" for name, text in report.scorecard if name != "said"]
    return (
        "\n".join(["| scorecard | what became of the judgements here |", "|---|---|", *rows]) if rows else ""
    )


def _how(report: Report) -> str:
    facts = [model_text(report.model)] if report.model else []
    if report.model:
        facts.append(report.model.model_id)
    if report.history:
        facts.append(f"{report.history.builds:,} builds known")
        facts.append(age_text(report.history.as_of, report.at))
    facts += report.notes
    return f"<sub>{' · '.join(map(markup, facts))}</sub>"
