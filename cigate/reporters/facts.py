"""What a later step of a pipeline wants to know, as names and one-line values. Pure.

The one list behind GitHub's outputs and GitLab's variables. Must not hold a name from a commit raw.
"""

from __future__ import annotations

from cigate.reporters.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.judgement import Report


def facts_of(report: Report) -> dict[str, str]:
    """Return probability, verdict, model and p-run, and reasons last, one a line."""
    riskiest = max((j.p_fail for j in report.judgements), default=None)
    reasons = [
        escape(fact.text) for j in report.judgements for facts in (j.signals, j.reasons) for fact in facts
    ]
    return {
        "probability": "" if riskiest is None else f"{riskiest:.4f}",
        "verdict": report.verdict(),
        "model": escape(report.model.model_id) if report.model else "",
        "p-run": f"{report.p_run:g}",
        "reasons": "\n".join(reasons),
    }


def dotenv(report: Report) -> str:
    """Return the facts as CIGATE_NAME=value lines, without anything that a shell or GitLab expands.

    No name may be one that configures cigate: later jobs have them all in their environment.
    """
    lines = []
    for name, value in facts_of(report).items():
        told = "".join(c if c not in "$`\\\"'" and c.isascii() else "?" for c in value.replace("\n", "; "))
        variable = {"model": "MODEL_ID"}.get(name, name.upper().replace("-", "_"))
        lines.append(f"CIGATE_{variable}={told}\n")
    return "".join(lines)
