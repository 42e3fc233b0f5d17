"""`cigate init`: makes pushes from a clone judged, whoever manages its hooks, and says what is next.

Asks nothing, shows every line that it adds, and changes nothing the second time.
"""

from __future__ import annotations

import argparse
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from cigate.preparing import Found, Plan

HELP = "set cigate up here: find the hook manager and the CI, show what would be written, and write it"
EXAMPLE = "cigate init --dry-run"
DONE, LEFT_TO_DO = 0, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate init` understands."""
    parser.add_argument("--repo", default=".", metavar="PATH", help="the work tree (default: this one)")
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be written and run, and do nothing of it"
    )


def run(args: argparse.Namespace) -> int:
    """Show the plan, carry it out unless this is a dry run, and say what is next.

    Return 3 where lines must be added by hand.
    """
    from cigate.git import Repository
    from cigate.preparing import carry_out, make_plan

    repo = Repository.open(args.repo)
    plan = make_plan(repo, os.environ)
    _say(*_found(plan.found))
    for edit in plan.edits:
        _say(*edit.diff())
    for task in plan.by_hand:
        _say(f"{task.why}: add these lines by hand", "", *task.snippet.splitlines(), "")
    if args.dry_run:
        _say(*_would(plan))
        return LEFT_TO_DO if plan.by_hand else DONE
    sys.stdout.flush()  # before the manager's own words
    _say(*carry_out(plan, str(repo.top)) or ["nothing to do: all is in place"])
    _say(*_next(plan))
    return LEFT_TO_DO if plan.by_hand else DONE


def _say(*lines: str) -> None:
    from cigate.reporters.escape import escape

    for line in lines:
        print(escape(line))


def _found(found: Found) -> Iterator[str]:
    for pipeline in found.pipelines:
        shown = ", ".join(pipeline.files[:3]) + (", ..." if len(pipeline.files) > 3 else "")
        yield f"found   {pipeline.name}: {shown}"
    if found.manager:
        yield f"found   {found.manager}: {found.manager_file}"
    if found.tests:
        yield f"found   tests: {found.tests}"


def _would(plan: Plan) -> Iterator[str]:
    nothing = True
    for edit in plan.edits:
        nothing = False
        yield f"would {'write' if edit.old is None else 'change'}: {edit.path}"
    if plan.command:
        nothing = False
        yield f"would run: {' '.join(plan.command)}"
    if plan.place:
        nothing = False
        yield f"would install the hook: {plan.place.path('pre-push')}"
    if nothing and not plan.by_hand:
        yield "nothing to do: all is in place"


def _next(plan: Plan) -> Iterator[str]:
    for hint in plan.hints:
        yield f"next    {hint}"
    if plan.edits:
        files = ", ".join(edit.path for edit in plan.edits)
        yield f"next    commit {files}: it is your team's, too"
