"""`cigate run -- CMD`: a pipeline in one step: judge, stop or run the command, record how it ended.

What cigate says goes to stderr: stdout, the exit code and the signals are the command's.
"""

from __future__ import annotations

import argparse
import os
import sys

from cigate.errors import CigateError, UsageError
from cigate.ledger import RUN
from cigate.pipeline import add_gate_arguments
from cigate.reporters.escape import escape
from cigate.runflags import add_deadline_argument, add_run_arguments, add_store_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.child import Ended
    from cigate.pipeline import Step

HELP = "judge this build, run a command if it is not blocked, and record how that ended"
EXAMPLE = "cigate run --job test -- make test"
GOES_ON = "The command is run."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate run` understands."""
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="CMD", help="after --, what to run")
    parser.add_argument("--model", metavar="DIR", help="the folder of the model (default: as configured)")
    parser.add_argument(
        "--mode", choices=("warn", "block"), help="what a predicted failure means (default: ci-mode, block)"
    )
    add_store_arguments(parser)
    add_deadline_argument(parser)
    add_gate_arguments(parser)
    add_run_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Return 1 where the build is blocked, else the exit code of the command."""
    from time import time

    from cigate.child import run_child

    command = args.words[1:] if args.words[:1] == ["--"] else args.words
    if not command:
        raise UsageError("there is no command to run", EXAMPLE)
    p_run = _p_run(args)
    if not p_run:
        return 1
    started_at = int(time())
    ended = run_child(command)
    if ended.trouble:
        print(f"cigate: {escape(command[0])} is not run: {escape(ended.trouble)}", file=sys.stderr)
    _record(args, ended, started_at, p_run)
    return ended.code


def _p_run(args: argparse.Namespace) -> float:
    """Judge and report; return with which probability the command is run, 0 where it is not.

    Where nothing can be judged, `on-error` decides whether to go on.
    """
    from cigate.config import blocks_on_error
    from cigate.gate import judge_step
    from cigate.git import Repository
    from cigate.hook import is_plain
    from cigate.pipeline import find_step
    from cigate.reporters.line import not_judged
    from cigate.reporters.text import render

    colored = not is_plain(sys.stderr, os.environ)
    step: Step | None = None
    try:
        step = find_step(args, os.environ)
        report = judge_step(step, args, os.environ, RUN)
    except UsageError:
        raise
    except CigateError as error:
        top = Repository.open(args.repo).top
        if step.blocks_on_error(os.environ) if step else blocks_on_error(top, os.environ):
            raise
        sys.stderr.write(not_judged(str(error), error.hint, GOES_ON, colored))
        return 1.0
    sys.stderr.write(render(report, colored))
    sys.stderr.flush()
    return 0.0 if report.verdict() == "block" else report.p_run


def _record(args: argparse.Namespace, ended: Ended, started_at: int, p_run: float) -> None:
    """Record the outcome; that it cannot be is told, and is no reason to change the exit code."""
    from cigate.commands.record import outcome_of_code, say
    from cigate.recording import record_build, why_not_recorded

    if why := why_not_recorded(os.environ):
        print(f"cigate: not recorded: {why}", file=sys.stderr)
        return
    outcome = "canceled" if ended.signaled and ended.code else outcome_of_code(ended.code)
    try:
        say(record_build(args, os.environ, outcome, started_at, p_run), sys.stderr)
    except CigateError as error:
        print(f"cigate: not recorded: {escape(str(error))}", file=sys.stderr)
        if error.hint:
            print(f"  {escape(error.hint)}", file=sys.stderr)
