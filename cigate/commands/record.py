"""`cigate record`: the last step of a pipeline puts its outcome into the store.

Says in one line what was recorded, or that it waits. Must not fail a step because a database does.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TextIO

from cigate.amounts import parse_probability
from cigate.errors import UsageError
from cigate.recording import Recorded, record_build, why_not_recorded
from cigate.reporters.escape import escape
from cigate.runflags import add_deadline_argument, add_run_arguments, add_store_arguments

HELP = "record how this build ended: the last step of a pipeline"
EXAMPLE = "cigate record --status success"
CANCELED = frozenset({128 + 2, 128 + 15})
UNSTARTED = frozenset({126, 127})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate record` understands."""
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--status", metavar="WORD", help="success, failure, error, canceled, skipped, ...")
    how.add_argument("--from-exit-code", type=int, metavar="N", help="the exit code of what was built")
    parser.add_argument(
        "--p-run",
        type=parse_p_run,
        default=1.0,
        metavar="P",
        help="with which probability it was let run, as `cigate predict --explore` says (default: 1)",
    )
    add_store_arguments(parser)
    add_deadline_argument(parser)
    add_run_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Record the build and say so."""
    outcome = _outcome(args.status) if args.status is not None else outcome_of_code(args.from_exit_code)
    if why := why_not_recorded(os.environ):
        print(f"cigate: not recorded: {why}", file=sys.stderr)
        return 0
    say(record_build(args, os.environ, outcome, p_run=args.p_run), sys.stdout)
    return 0


def parse_p_run(text: str) -> float:
    """Return the probability that `--p-run` gives; "" is that of a gate which said nothing."""
    p = parse_probability(text) if text else 1.0
    if not p:
        raise argparse.ArgumentTypeError("must be above 0: what was not let run has no outcome")
    return p


def outcome_of_code(code: int) -> str:
    """Return the outcome of a command that ended with `code`, which a shell makes of a signal too."""
    if code == 0:
        return "passed"
    if code in CANCELED:
        return "canceled"
    return "errored" if code in UNSTARTED else "failed"


def say(recorded: Recorded, out: TextIO) -> None:
    """Print what became of a record: on `out` what went well, on stderr what did not."""
    record = recorded.record
    for complaint in recorded.complaints:
        print(f"cigate: {escape(complaint)}", file=sys.stderr)
    what = f"{record.outcome}  {escape(record.id)}"
    if recorded.new is None:
        print(
            f"cigate: not delivered: {escape(recorded.trouble)}. {what} waits with"
            f" {recorded.waiting - 1:,} others in {escape(recorded.spool)}; `cigate flush` delivers",
            file=sys.stderr,
        )
        return
    if not recorded.new:
        print(f"recorded before  {what}; nothing changed in {escape(recorded.shown)}", file=out)
        return
    commits = len(record.change.commits)
    size = f"{commits:,} commit{'s' * (commits != 1)}"
    print(f"recorded  {what}  ({size} of {record.change.head[:12]}) in {escape(recorded.shown)}", file=out)
    for id in recorded.flaky:
        print(f"flaky     {escape(id)} failed on this very commit, which has passed now", file=out)


def _outcome(word: str) -> str:
    from cigate.tables.values import BadValue, parse_outcome

    try:
        return parse_outcome(word)
    except BadValue as error:
        raise UsageError(
            f"--status {word!r} {error}", "success, failure, error, canceled or skipped"
        ) from None
