"""A Report for GitHub Actions: words and annotations for the log, a summary for the page, outputs for steps.

What is annotated goes through GitHub's own escapes after cigate's; outputs stand between delimiters that
nobody can guess. Must not write a file itself: `sidecars` says what goes where.
"""

from __future__ import annotations

from secrets import token_hex

from cigate.reporters import markdown, text
from cigate.reporters.escape import escape
from cigate.reporters.facts import facts_of
from cigate.words import percent_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.broken import Broken
    from cigate.judgement import FileRisk, Judgement, Report

COMMANDS = {"block": "error", "warn": "warning"}
LEAST_DROP = 0.02  # a file that adds less is not worth a note beside its lines
MOST_FILES = 3


def render(report: Report, color: bool = False, quiet: bool = False) -> str:
    """Return the words of `report` and the annotations of what did not pass."""
    loud = [j for j in report.judgements if j.verdict.action != "pass"]
    lines = [_annotation(j, report.at) for j in loud]
    lines += [_broken(signal, j) for j in loud for signal in j.signals]
    if lines:
        p_fail = max(j.p_fail for j in report.judgements)
        lines += [_note(f, p_fail) for f in report.files[:MOST_FILES] if _counts(f, p_fail)]
    return text.render(report, color, quiet) + "".join(f"{line}\n" for line in lines)


def sidecars(report: Report) -> dict[str, str]:
    """Return what is to be added to the files that these variables name."""
    outputs = "".join(_output(name, value) for name, value in facts_of(report).items())
    return {"GITHUB_STEP_SUMMARY": markdown.render(report), "GITHUB_OUTPUT": outputs}


def _annotation(j: Judgement, at: int) -> str:
    said = f"{escape(j.name)}: {percent_text(j.p_fail)} likely to fail (usual here: {percent_text(j.usual)})"
    facts = [signal.text for signal in j.signals] + [reason.text for reason in j.reasons]
    told = [*map(escape, facts), *text.story_texts(j, at)]
    title = "cigate: predicted to break CI" if j.verdict.action == "block" else "cigate: risky change"
    if j.verdict.flagged:
        title = "cigate: a file cannot be right"
    return command(COMMANDS[j.verdict.action], said + "".join(f"\n- {fact}" for fact in told), title=title)


def _broken(signal: Broken, j: Judgement) -> str:
    where = {"file": escape(signal.path), "line": str(signal.line)}
    return command(COMMANDS[j.verdict.action], escape(signal.text), title="cigate: broken file", **where)


def _counts(file: FileRisk, p_fail: float) -> bool:
    return file.p_without is not None and p_fail - file.p_without >= LEAST_DROP


def _note(file: FileRisk, p_fail: float) -> str:
    assert file.p_without is not None
    said = f"{percent_text(p_fail)} likely to fail; without this file: {percent_text(file.p_without)}"
    return command("notice", said, title="cigate: risky file", file=escape(file.path))


def command(name: str, message: str, **properties: str) -> str:
    """Return a workflow command; https://docs.github.com/actions/reference/workflow-commands."""
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _output(name: str, value: str) -> str:
    end = f"end-{token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"
