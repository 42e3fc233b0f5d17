"""`cigate predict`: the same judgement as the hook's, for a range of commits or for totals, on demand."""

from __future__ import annotations

import argparse
import os

from cigate.errors import GitError, UsageError
from cigate.ledger import PREDICT
from cigate.pipeline import add_gate_arguments
from cigate.reporters import REPORTERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.change import Change
    from cigate.config import Config
    from cigate.git import Repository
    from cigate.judgement import Report

HELP = "say how likely a range of commits is to break CI; exit 1 if it is predicted to"
EXAMPLE = "cigate predict --base origin/main --head HEAD --format json"
EXAMPLE_OF_TOTALS = (
    "cigate predict --author ann --files-changed 3 --lines-added 20 --lines-deleted 5"
    " --dominant-file-type .py"
)
TOTALS = ("author", "files_changed", "lines_added", "lines_deleted", "dominant_file_type")
RANGE = ("base", "head")
PAGES = ("markdown", "github")  # with room for the scorecard


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags to `parser`."""
    add = parser.add_argument
    add("--repo", default=".", metavar="PATH", help="the repository (default: this one)")
    add(
        "--base",
        metavar="REV",
        help="what --head is compared with (default: the CI's base, else what no remote has)",
    )
    add("--head", metavar="REV", help="the commit to judge (default: what the CI says was pushed, else HEAD)")
    add(
        "--branch",
        metavar="NAME",
        help="the branch it is pushed to (default: as the CI says, else the one checked out)",
    )
    add("--model", metavar="DIR", help="the folder of the model (default: as configured)")
    add("--format", choices=tuple(REPORTERS), default="text", help="for whom: see docs/ci.md")
    add("--output", metavar="FILE", help="write the report there, and say it in words on stderr")
    add("--dotenv", metavar="FILE", help="write verdict and probability there, as NAME=value lines")
    add("--mode", choices=("warn", "block"), help="what a predicted failure means (default: ci-mode, block)")
    add_gate_arguments(parser)
    totals = parser.add_argument_group("a change of which only totals are known")
    add = totals.add_argument
    add("--author", metavar="NAME", help="who made it")
    add("--files-changed", type=int, metavar="N", help="how many files it touches")
    add("--lines-added", type=int, metavar="N", help="how many lines it adds")
    add("--lines-deleted", type=int, metavar="N", help="how many lines it deletes")
    add("--dominant-file-type", metavar="EXT", help="the extension of most of its files, such as .py")


def run(args: argparse.Namespace) -> int:
    """Judge, give the report to whom it is for, and return 0 or 1."""
    from cigate.delivery import deliver

    report = judge_totals(args) if _asks_for_totals(args) else judge_range(args)
    deliver(report, args.format, args.output, args.dotenv, os.environ)
    return 1 if report.verdict() == "block" else 0


def judge_range(args: argparse.Namespace) -> Report:
    """Return the report on what a flag or the CI names, else on what no remote has of the head."""
    from cigate.gate import judge_step
    from cigate.pipeline import find_step

    step, scored = find_step(args, os.environ), args.format in PAGES
    return judge_step(step, args, os.environ, PREDICT, in_full=True, scored=scored)


def judge_totals(args: argparse.Namespace) -> Report:
    """Return the report on a change of which only totals are known.

    It is judged by the bundle alone, as if it came right after the last build that the bundle knows; the
    starter knows none, and takes the repository's history.
    """
    from time import monotonic, time

    from cigate.judge import find_model, limits_of, open_judge
    from cigate.judgement import Report
    from cigate.places import starter_dir
    from cigate.promises import promises_of

    started = monotonic()
    repo = _repository_or_none(args)
    config = _config(args, repo)
    where = find_model(repo, config)
    judge = open_judge(where, repo if where == starter_dir() else None, os.environ)
    change = _change_of_totals(args, repo, config, judge.history.as_of)
    found = judge.judge(
        [("this change", change)],
        config.ci_mode,
        explain_all=True,
        limits_here=lambda: limits_of(judge.manifest, None, config),
    )
    return Report(
        judgements=tuple(found),
        unchanged=(),
        remote="",
        mode=config.ci_mode,
        model=judge.model_facts,
        history=judge.history_facts,
        notes=(),
        at=int(time()),
        elapsed_s=monotonic() - started,
        worth=promises_of(judge.manifest.card),
    )


def _change_of_totals(args: argparse.Namespace, repo: Repository | None, config: Config, at: int) -> Change:
    """Return the change that the command line's totals describe.

    Raises:
        UsageError: where one of them is no number that a change can have.
    """
    from cigate.places import author_key, given_key
    from cigate.totals import change_of_totals

    off = config.no_authors
    key = author_key(repo, os.environ, off=off) if repo else given_key(os.environ, off)
    try:
        return change_of_totals(
            args.author,
            args.files_changed,
            args.lines_added,
            args.lines_deleted,
            args.dominant_file_type,
            at,
            key,
            branch=args.branch or "",
        )
    except ValueError as error:
        raise UsageError(f"one of the totals {error}") from None


def _asks_for_totals(args: argparse.Namespace) -> bool:
    given = [name for name in TOTALS if getattr(args, name) is not None]
    if not given:
        return False
    missing = [_flag(name) for name in TOTALS if name not in given]
    if missing:
        raise UsageError(f"{_flag(given[0])} needs {', '.join(missing)} too", EXAMPLE_OF_TOTALS)
    both = [_flag(name) for name in RANGE if getattr(args, name) is not None]
    if both:
        raise UsageError(f"{both[0]} names commits, {_flag(given[0])} a change without any: give one of them")
    return True


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _config(args: argparse.Namespace, repo: Repository | None) -> Config:
    from cigate.config import read_config

    flags = {"ci-mode": args.mode, "model": args.model}
    return read_config(repo.top if repo else None, os.environ, flags)


def _repository_or_none(args: argparse.Namespace) -> Repository | None:
    from cigate.git import Repository

    try:
        return Repository.open(args.repo)
    except GitError:
        if args.repo != ".":
            raise
        return None
