"""`cigate backfill`: the past builds that a CI server remembers, joined to git, into the store.

Stores as it goes, so that whatever stops it, the next one goes on from there. Must not show a token.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from time import monotonic

from cigate import places
from cigate.errors import CigateError, GitError, UsageError
from cigate.importing import (
    Joiner,
    count_builds,
    open_repository,
    renew_history,
    say_joined,
    say_next,
    served_workflow,
)
from cigate.recording import store_url
from cigate.reporters.escape import escape
from cigate.runflags import STORE_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.backfilling import Tally
    from cigate.forges.opening import Asked
    from cigate.git import Repository
    from cigate.stores import Store

HELP = "ask a CI server for the builds of the past and bring them into the store"
EXAMPLE = "cigate backfill github OWNER/REPO --workflow CI --no-scheduled"
FORGES = ("github", "gitlab", "jenkins")
MAX_WAIT_S = 7200.0
SAY_EVERY_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate backfill` understands."""
    add = parser.add_argument
    add("forge", choices=FORGES, help="whose API is asked; the first two need an extra of that name")
    add(
        "name",
        nargs="?",
        default="",
        metavar="NAME",
        help="OWNER/REPO, GROUP/PROJECT (default: origin's) or the URL of a Jenkins job or folder",
    )
    add("--repo", default=".", metavar="PATH", help="the clone whose builds they are (default: this one)")
    add(
        "--store",
        metavar="URL",
        help=f"where records go (default: the variable {STORE_VARIABLE}, else in the git directory)",
    )
    add("--workflow", default="", metavar="NAME", help="only this one, by its name or its file's name")
    add("--job", default="", metavar="NAME", help="the job of each run whose outcome counts: the gate")
    add("--no-bots", action="store_true", help="leave out what a bot started")
    add("--no-scheduled", action="store_true", help="leave out what a schedule started")
    add("--since", metavar="DATE", help="ask again from there on (default: what is newer or had not ended)")
    add(
        "--max-wait",
        type=_seconds,
        default=MAX_WAIT_S,
        metavar="SECONDS",
        help="how long rate limits may be waited for, all together (default: 7200)",
    )
    add(
        "--api-url",
        metavar="URL",
        help="a server of one's own: https://HOST/api/v3 for GitHub, https://HOST for GitLab",
    )


def run(args: argparse.Namespace) -> int:
    """Fetch the builds, store them and say how that went."""
    from cigate.forges.opening import open_forge
    from cigate.stores import open_store

    since = _since(args.since)
    repo = open_repository(args.repo)
    url = store_url(args, repo, os.environ)
    asked = open_forge(args, repo, os.environ, _tell)
    own = url == places.store_url(repo)
    store = open_store(url)
    try:
        _fill(args, asked, repo, store, since, own)
    finally:
        store.close()
    say_next(repo if own else None)
    return 0


def _fill(
    args: argparse.Namespace, asked: Asked, repo: Repository, store: Store, since: int, own: bool
) -> None:
    from cigate.backfilling import fill
    from cigate.forges.cursor import Cursor

    key = "\n".join([args.forge, asked.place, asked.name, args.workflow, store.shown])
    key += f"\n{args.no_bots:d}{args.no_scheduled:d}{args.job}"
    cursor = Cursor(places.state_dir(repo), key)
    joiner = Joiner(repo, store)
    start = since or (cursor.read() if joiner.known else 0)
    if 0 < cursor.read() < since:
        cursor.keep()
    steps = fill(asked.forge, joiner, cursor, start, "" if since or not start else cursor.read_mark())
    tally, stopped, said_at = None, None, monotonic()
    try:
        for tally in steps:
            if monotonic() >= said_at + SAY_EVERY_S:
                said_at = monotonic()
                _tell(f"{tally.runs:,} runs so far, until {_day(tally.until)}")
    except CigateError as error:
        stopped = error
    except BaseException:  # Ctrl-C, SIGTERM: whatever stops it, this is so
        print("what was fetched is stored; the same command goes on from there", file=sys.stderr)
        raise
    if tally:
        _report(tally, asked, repo, joiner.commits)
        print(f"stored  {count_builds(tally.new)} more; now {store.count().builds:,} in {store.shown}")
        if own:
            renew_history(repo, store, served_workflow(repo))
    if stopped:
        raise stopped


def _report(tally: Tally, asked: Asked, repo: Repository, commits: int) -> None:
    left = [f"{number:,} {why}" for why, number in tally.left_out.items() if number]
    print(f"read    {count_builds(tally.builds)} from {tally.runs:,} runs of {escape(asked.name)}", end="")
    print(f"; left out: {', '.join(left)}" if left else "")
    if tally.cut:
        print("        more than 1,000 runs of one second: the server shows no others")
    if tally.builds:
        try:
            say_joined(repo, tally.builds, tally.outcomes, commits)
        except GitError as error:
            if tally.known:
                return  # these are, the others were joined before
            raise GitError(str(error), f"name their repository with --repo, or {asked.fetch}") from None
        if tally.builds > tally.outcomes.total():
            print(f"        to have those of pull requests: {asked.fetch}")
            print("        and ask again with --since")


def _since(text: str | None) -> int:
    from cigate.tables.values import BadValue, parse_time

    if text is None:
        return 0
    try:
        return parse_time(text)
    except BadValue as error:
        raise UsageError(f"--since {text!r} {error}", "for example --since 2026-01-31") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 1e9:
        raise argparse.ArgumentTypeError("must be a number of seconds, 0 or more")
    return seconds


def _tell(text: str) -> None:
    print(f"backfill: {escape(text)}", file=sys.stderr, flush=True)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
