"""A report to whom it is for: stdout or a file, the files that a CI names, and variables for later steps.

What cannot be written is an error before anybody takes the exit code for a judgement.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from cigate.errors import UsageError
from cigate.hook import is_plain
from cigate.judgement import Report
from cigate.reporters import open_reporter


def deliver(
    report: Report, form: str, output: str | None, dotenv: str | None, env: Mapping[str, str]
) -> None:
    """Render `report` in `form` to `output` (None: stdout), and all that goes beside it.

    With a file as output the words go to stderr: a log that says nothing helps nobody.

    Raises:
        UsageError: a file cannot be written.
    """
    reporter = open_reporter(form)
    if output is None:
        sys.stdout.write(reporter.render(report, not is_plain(sys.stdout, env)))
    else:
        _write(output, reporter.render(report))
        sys.stderr.write(open_reporter("text").render(report, not is_plain(sys.stderr, env)))
    if dotenv is not None:
        from cigate.reporters.facts import dotenv as lines_of

        _write(dotenv, lines_of(report))
    if form == "github":
        from cigate.reporters.github import sidecars

        for variable, text in sidecars(report).items():
            if path := env.get(variable):
                _write(path, text, "a")


def _write(path: str, text: str, mode: str = "w") -> None:
    try:
        with open(path, mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(
            f"{os.path.basename(path)} cannot be written: {error.strerror}", f"its place was to be {path}"
        ) from None
