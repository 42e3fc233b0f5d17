"""A build has ended: where it ran, what it built and how it ended become one record, and are kept.

The one flow behind `cigate record` and `cigate run`. The record is on the disk before a database is
asked for anything; then everything that waits is delivered, all of it within one deadline.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from time import time
from typing import Final

from cigate import places
from cigate.built import change_of_build, commits_behind, read_seen
from cigate.change import BuildRecord, Fact
from cigate.config import read_config
from cigate.deadline import Deadline
from cigate.errors import CigateError, ShallowError, StoreError
from cigate.git import Repository
from cigate.providers import Run, find_provider, read_run
from cigate.reruns import flaky_ids, id_with_job
from cigate.runflags import STORE_VARIABLE, run_of, time_of
from cigate.spool import Spool
from cigate.stores import open_store
from cigate.tables.rows import Build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.built import Seen
    from cigate.change import Change
    from cigate.stores import Store


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


def open_target(
    args: argparse.Namespace, repo: Repository, env: Mapping[str, str], deadline_s: float | None
) -> tuple[Store, Spool]:
    """Return the store that `args` or the environment name, and the spool in front of it."""
    store = open_store(store_url(args, repo, env), deadline_s)
    return store, Spool(args.spool or places.spool_dir(repo), store.shown)


def store_url(args: argparse.Namespace, repo: Repository, env: Mapping[str, str]) -> str:
    """Return the URL of the store that `args`, else the environment, else the repository names."""
    return args.store or env.get(STORE_VARIABLE, "").strip() or places.store_url(repo)


def record_build(
    args: argparse.Namespace, env: Mapping[str, str], outcome: str, started_at: int = 0, p_run: float = 1.0
) -> Recorded:
    """Record that this run ended with `outcome`, and return what became of it.

    `started_at` is for a caller who started the build, `p_run` for one who let it run by chance.

    Raises:
        CigateError: there is nothing to record, or neither store nor spool can be written.
    """
    deadline = Deadline(args.deadline)
    repo = Repository.open(args.repo)
    config = read_config(repo.top, env)
    repo.author_key = places.author_key(repo, env, create=True, off=config.no_authors)
    run = run_of(args, env, repo)
    finished_at = time_of(args, "finished_at") or int(time())
    started_at = min(time_of(args, "started_at") or started_at or run.started_at or finished_at, finished_at)
    store, spool = open_target(args, repo, env, args.deadline)
    try:
        seen, trouble = _ask(store, commits_behind(repo, run.head), started_at, deadline)
        change = _change(repo, run, started_at, seen, env)
        record = record_of_run(run, change, outcome, started_at, finished_at, p_run)
        return _keep(args, env, repo, record, seen, trouble, store, spool, deadline)
    finally:
        if deadline.left_s:  # else somebody may still be waiting in it
            store.close()


def why_not_recorded(env: Mapping[str, str]) -> str:
    """Return why a build that this environment tells of must not become history, "" where it may.

    What a stranger's commits make of their own build teaches nothing, whatever they can reach.
    """
    run = read_run(env)
    if run is None or not run.fork:
        return ""
    return "a pull request from a fork writes no history; docs/recording.md has a workflow that records it"


def record_of_run(
    run: Run, change: Change, outcome: str, started_at: int, finished_at: int, p_run: float = 1.0
) -> BuildRecord:
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
        p_run=p_run,
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
