"""`cigate run -- CMD`: a pipeline in one step: judge, stop or run the command, record how it ended.

What cigate says goes to stderr: stdout, the exit code and the signals are the command's.
"""

from __future__ import annotations

import argparse
import os
import sys

from cigate.errors import CigateError, GitError, UsageError
from cigate.ledger import RUN
from cigate.reporters.escape import escape
from cigate.runflags import LOCAL, add_deadline_argument, add_run_arguments, add_store_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.child import Ended
    from cigate.git import Repository
    from cigate.judgement import Report
    from cigate.providers import Run

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
    add_run_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Return 1 where the build is blocked, else the exit code of the command."""
    from time import time

    from cigate.child import run_child

    command = args.words[1:] if args.words[:1] == ["--"] else args.words
    if not command:
        raise UsageError("there is no command to run", EXAMPLE)
    if _is_blocked(args):
        return 1
    started_at = int(time())
    ended = run_child(command)
    if ended.trouble:
        print(f"cigate: {escape(command[0])} is not run: {escape(ended.trouble)}", file=sys.stderr)
    _record(args, ended, started_at)
    return ended.code


def _is_blocked(args: argparse.Namespace) -> bool:
    """Judge and report; where that cannot be done, `on-error` decides whether to go on."""
    from cigate.config import blocks_on_error
    from cigate.git import Repository
    from cigate.hook import is_plain
    from cigate.reporters.line import not_judged
    from cigate.reporters.text import render

    colored = not is_plain(sys.stderr, os.environ)
    repo = Repository.open(args.repo)
    try:
        report = _judge(args, repo)
    except UsageError:
        raise
    except CigateError as error:
        if blocks_on_error(repo.top, os.environ):
            raise
        sys.stderr.write(not_judged(str(error), error.hint, GOES_ON, colored))
        return False
    sys.stderr.write(render(report, colored))
    sys.stderr.flush()
    return report.verdict() == "block"


def _judge(args: argparse.Namespace, repo: Repository) -> Report:
    from cigate.commands.predict import judge_range
    from cigate.runflags import run_of

    found = run_of(args, os.environ, repo)
    asked = argparse.Namespace(
        repo=args.repo,
        base=_base(found, repo),
        head=found.head,
        branch=found.branch or None,
        model=args.model,
        mode=args.mode,
    )
    return judge_range(asked, RUN)


def _base(found: Run, repo: Repository) -> str | None:
    """Return what the build is compared with, None for what no remote has.

    In a CI the remote has everything: without a base the head commit alone is judged.
    """
    asked = [found.base] if found.base and found.base != found.head else []
    for rev in asked if found.provider == LOCAL else [*asked, f"{found.head}^"]:
        try:
            return repo.resolve(rev)
        except GitError:
            continue
    return None


def _record(args: argparse.Namespace, ended: Ended, started_at: int) -> None:
    """Record the outcome; that it cannot be is told, and is no reason to change the exit code."""
    from cigate.commands.record import outcome_of_code, say
    from cigate.recording import record_build

    outcome = "canceled" if ended.signaled and ended.code else outcome_of_code(ended.code)
    try:
        say(record_build(args, os.environ, outcome, started_at), sys.stderr)
    except CigateError as error:
        print(f"cigate: not recorded: {escape(str(error))}", file=sys.stderr)
        if error.hint:
            print(f"  {escape(error.hint)}", file=sys.stderr)
