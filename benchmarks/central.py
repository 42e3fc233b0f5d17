"""What a store costs with many builds in it: `python -m benchmarks.central --store URL --builds 1000000`.

Fills an empty database with builds that no CI ever ran, then times what a pipeline, a laptop and the
nightly job ask of it, holds two of these against their bars, and prints PostgreSQL's plans. Must not be
pointed at a database that holds anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter, process_time

import sqlalchemy as sa

from benchmarks.central_rows import AT, STEP_S, build, fill
from cigate.errors import UsageError
from cigate.stores import open_store
from cigate.stores.shelving import shelve
from cigate.stores.sql import SqlStore
from cigate.stores.upkeep import newest_number, prune, read_numbers

HEADS = 256
NEWEST = 1_000
RECENT = 100
RECORD_MS = 20  # the bar: one record, in the database
READ_PER_S = 100_000  # the bar: builds onto the shelf of a training
READ = 1_000_000  # the most builds that are read to tell how fast
NEW = 5_000
RUNS = 20  # of each plan; the quickest is shown, which others on the machine disturbed least
LIVE, LIVE_MS = ("the newest heads of one repository", "the builds of one repository since a moment"), 10.0
SIZES = (
    "SELECT relname, pg_size_pretty(pg_relation_size(oid)) FROM pg_class"
    " WHERE relname ~ '^(builds|changes)' AND relkind IN ('r', 'i') ORDER BY pg_relation_size(oid) DESC"
)
PLANS = {
    "one build, recorded": "INSERT INTO builds (repository, id, change_id, head, branch, outcome,"
    " started_at, finished_at, provider, workflow, attempt, url) SELECT repository,"
    " id || '/again', change_id, head, branch, outcome, started_at, finished_at, provider, workflow,"
    " attempt, url"
    " FROM builds WHERE seq = :number"
    " ON CONFLICT DO NOTHING",
    "the newest heads of one repository": "SELECT head FROM builds WHERE repository = :repository AND"
    " started_at <= :until ORDER BY finished_at DESC, id DESC LIMIT 1000",
    "the builds of one repository since a moment": "SELECT builds.*, content FROM builds JOIN changes ON"
    " changes.id = change_id WHERE repository = :repository AND finished_at >= :since"
    " ORDER BY finished_at, builds.id",
    "the builds that came since a number": "SELECT builds.*, content FROM builds JOIN changes ON"
    " changes.id = change_id WHERE seq > :number ORDER BY seq",
}


def main(argv: list[str] | None = None) -> int:
    """Fill, measure, print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.central", description=__doc__)
    parser.add_argument("--store", required=True, help="the URL of an empty database")
    parser.add_argument("--builds", type=int, default=10_000_000)
    parser.add_argument("--repositories", type=int, default=2_000)
    parser.add_argument("--times", type=int, default=200, help="how often each is timed (default: 200)")
    args = parser.parse_args(argv)
    store = _open(args.store)
    store.upgrade_tables()
    if not newest_number(store):
        fill(store, args.builds, args.repositories)
    _measure(store, args)
    return 0


def _open(url: str) -> SqlStore:
    store = open_store(url)
    if not isinstance(store, SqlStore):
        raise UsageError("this measures databases", "--store postgresql://user@host/database")
    return store


def _measure(store: SqlStore, args: argparse.Namespace) -> None:
    end = AT + args.builds * STEP_S
    middle = args.repositories // 2
    store.repository = f"team/repository{middle}"
    times, first = args.times, newest_number(store)
    record = timed(lambda n: store.append([build(first + n, end + n)]), times)
    say("one record, appended", record)
    among = [f"{n:040x}" for n in range(middle, args.builds, args.repositories)][-HEADS:]
    say("heads that were built", timed(lambda _: store.heads(among, NEWEST, end), times))
    say("builds of one commit", timed(lambda _: store.read_commit(among[0]), times))
    since = end - RECENT * args.repositories * STEP_S
    say(f"the {RECENT} newest builds", timed(lambda _: list(store.read(since=since)), times))
    say("all builds of one repository", timed(lambda _: list(store.read()), times=3))
    store.repository = ""
    until = AT + min(args.builds, READ) * STEP_S
    per_second("whole records", lambda: sum(1 for _ in store.read(until=until)))
    shelved = per_second("builds onto a training's shelf", lambda: len(shelve(store, until=until)))
    bar("one record, ms, at most", sorted(record)[len(record) // 2], RECORD_MS)
    bar("builds onto the shelf a second, at least", shelved, READ_PER_S, least=True)
    store.repository = f"team/new{first}"
    for new in (NEW, 2 * NEW, 4 * NEW):
        before = newest_number(store)
        store.append(build(10**6 + new * 10 + n, end + n) for n in range(new))
        say(f"export of {new:,} new builds", timed(partial(_export, store, before), times=3))
    store.repository = ""
    portions = prune(store, AT + 20_000 * STEP_S)
    say("5,000 old builds pruned", timed(lambda _: next(portions, None), times=4))
    if store.engine.dialect.name == "postgresql":
        values = {"repository": f"team/repository{middle}", "until": end, "since": since}
        _show(store, values | {"number": before})


def _export(store: SqlStore, after: int, _: int) -> int:
    return len(list(read_numbers(store, after, newest_number(store))))


def timed(work: Callable[[int], object], times: int) -> list[float]:
    """Return how many milliseconds `work` took, each time."""
    took = []
    for number in range(times):
        start = perf_counter()
        work(number)
        took.append((perf_counter() - start) * 1000)
    return took


def per_second(what: str, read: Callable[[], int]) -> float:
    """Print and return how many builds `read` reads in a second, the median of three."""
    rates, busy = [], []
    for _ in range(3):
        start, begun = perf_counter(), process_time()
        count = read()
        rates.append(count / (perf_counter() - start))
        busy.append(count / (process_time() - begun))
    rate = sorted(rates)[1]
    print(f"{what}: {rate:,.0f} a second, {sorted(busy)[1]:,.0f} a CPU-second of the reader", flush=True)
    return rate


def bar(what: str, value: float, bound: float, *, least: bool = False) -> None:
    """Print whether `value` is at most, or at least, what it should be."""
    met = value >= bound if least else value <= bound
    print(f"{what} {bound:,}: {value:,.1f}, {'met' if met else 'missed'}", flush=True)


def say(what: str, took: list[float]) -> None:
    """Print the least, the median and the 95th percentile."""
    took = sorted(took)
    late = took[min(len(took) - 1, int(0.95 * len(took)))]
    figures = f"{took[0]:10.2f} ms  median {took[len(took) // 2]:10.2f} ms  p95 {late:10.2f} ms"
    print(f"{what:32} {figures}  ({len(took)} times)", flush=True)


def _show(store: SqlStore, values: dict[str, object]) -> None:
    with store.engine.connect() as connection:
        for name, size in connection.execute(sa.text(SIZES)):
            print(f"{name:32} {size:>10}")
        for what, query in PLANS.items():
            used = {name: value for name, value in values.items() if f":{name}" in query}
            took, plan = min(_explain(connection, query, used) for _ in range(RUNS))
            print(f"\n{what}\n    " + "\n    ".join(plan))
            if what in LIVE:
                bar(f"{what}, ms, at most", took, LIVE_MS)


def _explain(connection: sa.Connection, query: str, used: dict[str, object]) -> tuple[float, list[str]]:
    """Return how many milliseconds the database says that a query took, and its plan; nothing is kept.

    Single steps are not timed: that would cost more than they do.
    """
    explained = sa.text(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {query}")
    plan = [str(line) for line in connection.execute(explained, used).scalars()]
    connection.rollback()
    return float(plan[-1].split()[-2]), plan


if __name__ == "__main__":
    sys.exit(main())
