"""Reports in words and in data: one module a format, each with `render(report, color, quiet) -> str`.

A module is imported only when its format is asked for: a push needs neither json nor its peers.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from cigate.judgement import Report

    class Reporter(Protocol):
        """Puts a Report into one form."""

        def render(self, report: Report, color: bool = False, quiet: bool = False) -> str:
            """Return the whole output, with its last newline, or "" where there is nothing to say."""
            ...


REPORTERS = {
    name: f"cigate.reporters.{name}" for name in ("text", "json", "markdown", "github", "gitlab", "sarif")
}


def open_reporter(name: str) -> Reporter:
    """Return the reporter for the format `name`, a key of REPORTERS."""
    reporter: Reporter = __import__(REPORTERS[name], fromlist=("render",))
    return reporter
