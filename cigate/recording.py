"""A build has ended: where it ran, what it built and how it ended become one record, and are kept.

The one flow behind `cigate record` and `cigate run`. The record is on the disk before a database is
asked for anything; then everything that waits is delivered, all of it within one deadline.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from time import time
from typing import Final

from cigate import places
from cigate.built import change_of_build, commits_behind, read_seen
from cigate.change import BuildRecord, Fact
from cigate.config import read_config
from cigate.deadline import Deadline
from cigate.errors import CigateError, GitError, ShallowError, StoreError, UsageError
from cigate.git import Repository
from cigate.providers import Run, find_provider, read_run
from cigate.push import without_login
from cigate.reruns import flaky_ids, id_with_job
from cigate.spool import Spool
from cigate.stores import open_store
from cigate.tables.rows import Build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.built import Seen
    from cigate.change import Change
    from cigate.stores import Store

LOCAL: Final = "local"
STORE_VARIABLE: Final = "CIGATE_STORE"
DEADLINE_S: Final = 10.0
TEXTS: Final = ("provider", "run", "workflow", "job", "url", "head", "base", "branch", "target", "event")


class Recorded(Fact):
    """What became of a record.

    `new` is False where the store had it already, None where it waits in the spool because of
    `trouble`; `flaky` are the ids of earlier builds of the commit that this one shows to be so;
    `waiting` counts the records that wait in `spool`; `complaints` are told beside.
    """

    __slots__ = ("complaints", "flaky", "new", "record", "shown", "spool", "trouble", "waiting")

    def __init__(
        self,
        record: BuildRecord,
        shown: str,
        new: bool | None,
        flaky: tuple[str, ...],
        trouble: str,
        spool: str,
        waiting: int,
        complaints: tuple[str, ...],
    ) -> None:
        self.record: Final = record
        self.shown: Final = shown
        self.new: Final = new
        self.flaky: Final = flaky
        self.trouble: Final = trouble
        self.spool: Final = spool
        self.waiting: Final = waiting
        self.complaints: Final = complaints


def add_store_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say where records go."""
    add = parser.add_argument
    add("--repo", default=".", metavar="PATH", help="the repository (default: this one)")
    add(
        "--store",
        metavar="URL",
        help=f"where records go (default: the variable {STORE_VARIABLE}, else in the git directory)",
    )
    add("--spool", metavar="DIR", help="where records wait for a store (default: in the git directory)")
    add(
        "--deadline",
        type=parse_deadline,
        default=DEADLINE_S,
        metavar="SECONDS",
        help="how long the store may take for everything together (default: 10)",
    )


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what the CI's variables do not."""
    group = parser.add_argument_group("what the CI does not say, or says wrongly")
    add = group.add_argument
    add("--provider", metavar="NAME", help="which CI it is")
    add("--run", metavar="ID", help="the run: with attempt, workflow and job it names the build")
    add("--attempt", type=_attempt, metavar="N", help="which try of the same run it is (default: 1)")
    add("--workflow", metavar="NAME", help="the pipeline")
    add("--job", metavar="NAME", help="the job in it; '' for the whole run")
    add("--url", metavar="URL", help="where a person finds the run")
    add("--head", metavar="REV", help="the commit that was pushed (default: HEAD)")
    add("--base", metavar="REV", help="what the push started from; counts until the store knows a build")
    add("--branch", metavar="NAME", help="the branch it was pushed to")
    add("--target", metavar="NAME", help="the branch that a pull request wants to enter")
    add("--event", metavar="NAME", help="push, pull_request, schedule, ... (default: push)")
    add("--started-at", metavar="TIME", help="when it started (ISO, UTC, or Unix seconds)")
    add("--finished-at", metavar="TIME", help="when it ended (default: now)")


def parse_deadline(text: str) -> float:
    """Return the seconds that `--deadline` gives; argparse says what is wrong with them."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 600:
        raise argparse.ArgumentTypeError("must be a number of seconds above 0, at most 600")
    return seconds


def open_target(args: argparse.Namespace, repo: Repository, env: Mapping[str, str]) -> tuple[Store, Spool]:
    """Return the store that `args` or the environment name, and the spool in front of it."""
    store = open_store(store_url(args, repo, env), args.deadline)
    return store, Spool(args.spool or places.spool_dir(repo), store.shown)


def store_url(args: argparse.Namespace, repo: Repository, env: Mapping[str, str]) -> str:
    """Return the URL of the store that `args`, else the environment, else the repository names."""
    return args.store or env.get(STORE_VARIABLE, "").strip() or places.store_url(repo)


def record_build(
    args: argparse.Namespace, env: Mapping[str, str], outcome: str, started_at: int = 0
) -> Recorded:
    """Record that this run ended with `outcome`, and return what became of it.

    `started_at` is for a caller who started the build.

    Raises:
        CigateError: there is nothing to record, or neither store nor spool can be written.
    """
    deadline = Deadline(args.deadline)
    repo = Repository.open(args.repo)
    repo.author_key = places.author_key(repo, env, create=True)
    run = run_of(args, env, repo)
    finished_at = _time_of(args, "finished_at") or int(time())
    started_at = min(_time_of(args, "started_at") or started_at or run.started_at or finished_at, finished_at)
    store, spool = open_target(args, repo, env)
    try:
        seen, trouble = _ask(store, commits_behind(repo, run.head), started_at, deadline)
        change = _change(repo, run, started_at, seen, env)
        record = record_of_run(run, change, outcome, started_at, finished_at)
        return _keep(args, env, repo, record, seen, trouble, store, spool, deadline)
    finally:
        if deadline.left_s:  # else somebody may still be waiting in it
            store.close()


def run_of(args: argparse.Namespace, env: Mapping[str, str], repo: Repository) -> Run:
    """Return the run as flags, the CI and git tell it, in this order; its head is a commit that is here.

    Raises:
        GitError: the head is not here.
    """
    found = read_run(env) or Run(LOCAL)
    told = {name: getattr(args, name) for name in TEXTS}
    facts = {name: getattr(found, name) if told[name] is None else told[name] for name in TEXTS}
    head = repo.resolve(facts["head"] or "HEAD")
    base = facts["base"] if told["base"] is None else repo.resolve(told["base"])
    branch = facts["branch"]
    if not branch and found.provider == LOCAL and told["head"] is None:
        branch = _branch_checked_out(repo)
    return Run(
        provider=facts["provider"] or found.provider,
        run=facts["run"],
        attempt=args.attempt or found.attempt,
        workflow=facts["workflow"],
        job=facts["job"],
        url=without_login(facts["url"]),
        head=head,
        base=base,
        branch=branch,
        target=facts["target"],
        event=facts["event"] or "push",
        started_at=found.started_at,
    )


def record_of_run(run: Run, change: Change, outcome: str, started_at: int, finished_at: int) -> BuildRecord:
    """Return the record of a run; without a job its id is the one that an import gives the same run."""
    from cigate.tables import record_id

    build = Build(
        build_id=run.run,
        sha=run.head,
        totals=None,
        outcome=outcome,
        branch=run.branch,
        target=run.target,
        event=run.event,
        pushed_at=change.pushed_at,
        started_at=started_at,
        finished_at=finished_at,
        provider=run.provider,
        workflow=run.workflow,
        attempt=run.attempt,
        url=run.url,
    )
    return BuildRecord(
        id=id_with_job(record_id(build), run.job),
        change=change,
        outcome=outcome,
        started_at=started_at,
        finished_at=finished_at,
        provider=run.provider,
        workflow=run.workflow,
        attempt=run.attempt,
        url=run.url,
    )


def _ask(store: Store, behind: list[str], started_at: int, deadline: Deadline) -> tuple[Seen | None, str]:
    """Return what the store knows of the past, else None and why it does not say."""
    try:
        found = deadline.run(f"the store {store.shown}", lambda: read_seen(store, behind, started_at))
    except StoreError as error:
        return None, str(error)
    return found, ""


def _change(repo: Repository, run: Run, pushed_at: int, seen: Seen | None, env: Mapping[str, str]) -> Change:
    try:
        return change_of_build(repo, run, pushed_at, seen)
    except ShallowError as error:
        provider = find_provider(env)
        hint = f"{provider.DEEPER}, or {error.hint}" if provider else error.hint
        raise ShallowError(str(error), hint) from None


def _keep(
    args: argparse.Namespace,
    env: Mapping[str, str],
    repo: Repository,
    record: BuildRecord,
    seen: Seen | None,
    trouble: str,
    store: Store,
    spool: Spool,
    deadline: Deadline,
) -> Recorded:
    """Put the record on the disk, then into the store with all that waits; one of both must succeed."""
    complaints: list[str] = []
    unkept: StoreError | None = None
    try:
        spool.put(record)
    except StoreError as error:
        unkept = error
        complaints.append(str(error))
    known = seen is not None and any(build.id == record.id for build in seen.builds)
    new: bool | None = None
    if not trouble:
        try:
            new = deadline.run(f"the store {store.shown}", lambda: _deliver(spool, store, record, complaints))
            new = new and not known
        except StoreError as error:
            trouble = str(error)
    if new is None and unkept is not None:
        raise StoreError(f"the build is not recorded: {trouble}; and {unkept}", unkept.hint)
    if new is not None and store_url(args, repo, env) == places.store_url(repo):
        complaints += _refresh(env, repo, store, deadline)
    earlier = seen.builds if seen and new else ()
    flaky = sorted(flaky_ids([*earlier, record])) if earlier else ()
    waiting = 0 if unkept else len(spool.waiting())
    return Recorded(record, store.shown, new, tuple(flaky), trouble, spool.folder, waiting, tuple(complaints))


def _deliver(spool: Spool, store: Store, record: BuildRecord, complaints: list[str]) -> bool:
    """Deliver this record and all that waits; return whether this one was new.

    It goes first and by itself, so that neither a full disk nor a heap of others keeps it back.
    """
    new = store.append([record]) == 1
    try:
        delivered = spool.deliver(store)
    except StoreError as error:
        complaints.append(str(error))
        return new
    complaints += [f"{path} is damaged and was left where it is" for path in delivered.damaged]
    return new


def _refresh(env: Mapping[str, str], repo: Repository, store: Store, deadline: Deadline) -> list[str]:
    """Renew the history that pushes are judged by; it can be made up for, so it only complains."""
    from cigate.snapshots import refresh_history

    try:
        workflow = read_config(repo.top, env).workflow
        deadline.run("the history", lambda: refresh_history(repo, store, workflow))
    except CigateError as error:
        return [f"the history that pushes are judged by is not renewed: {error}"]
    return []


def _branch_checked_out(repo: Repository) -> str:
    try:
        return os.fsdecode(repo.run(["symbolic-ref", "--quiet", "--short", "HEAD"])).rstrip("\n")
    except GitError:
        return ""  # a detached HEAD


def _attempt(text: str) -> int:
    from cigate.tables.values import BadValue, parse_attempt

    try:
        return parse_attempt(text)
    except BadValue as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _time_of(args: argparse.Namespace, name: str) -> int:
    """Return the time that a flag gives, 0 where it is not given."""
    from cigate.tables.values import BadValue, parse_time

    text = getattr(args, name)
    if text is None:
        return 0
    try:
        return parse_time(text)
    except BadValue as error:
        flag = "--" + name.replace("_", "-")
        raise UsageError(f"{flag} {text!r} {error}", f"for example {flag} 2026-11-01T12:00:00") from None
