"""Rows for a central store by the million, made inside the database where it can make them."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from cigate.change import BuildRecord, Change, Commit, FileChange
from cigate.progress import track
from cigate.stores.packing import pack_change
from cigate.stores.sql import SqlStore

AT: Final = 1_600_000_000
STEP_S: Final = 15  # 2,100,000 builds a year
CHUNK: Final = 250_000
TEMPLATES: Final = 500
INDEXES: Final = ("builds_by_repository", "builds_by_finish", "builds_by_head", "builds_by_change")

# Digests, as a change's real id is one: they come in no order, and neither does the index over them.
DIGEST: Final = "left(encode(sha256(decode(to_hex(n + 268435456), 'hex')), 'hex'), 40)"
CHANGES: Final = f"""
INSERT INTO changes SELECT {DIGEST}, content
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n
JOIN templates ON templates.number = n % :templates"""
BUILDS: Final = f"""
INSERT INTO builds (repository, id, change_id, head, branch, outcome, pushed_at, started_at, finished_at,
    provider, workflow, attempt, url)
SELECT 'team/repository' || n % :repositories, 'github/' || n || '/1/ci', {DIGEST},
    lpad(to_hex(n), 40, '0'), 'main', CASE WHEN n % 7 = 0 THEN 'failed' ELSE 'passed' END,
    :at + n * :step - 500, :at + n * :step - 400, :at + n * :step, 'github', 'ci', 1,
    'https://ci.example.com/runs/' || n
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n"""
SQLITE_BUILD: Final = """
INSERT INTO builds (repository, id, change_id, head, branch, outcome, pushed_at, started_at, finished_at,
    provider, workflow, attempt, url)
VALUES (?, ?, ?, ?, 'main', ?, ?, ?, ?, 'github', 'ci', 1, ?)"""


def build(number: int, finished_at: int) -> BuildRecord:
    """Return a build of a change of usual size."""
    chance = random.Random(number)
    head = f"{chance.getrandbits(160):040x}"
    files = tuple(
        FileChange(
            f"src/part{chance.randrange(40)}/module{chance.randrange(400)}.py", chance.randrange(90), 9
        )
        for _ in range(chance.randrange(1, 12))
    )
    commit = Commit(
        head,
        (f"{number:040x}",),
        f"{chance.getrandbits(64):016x}",
        finished_at,
        finished_at,
        f"Change number {number} of many",
        files,
    )
    change = Change(head, commit.parents[0], "main", commit.author, finished_at - 400, (commit,))
    return BuildRecord(
        f"bench/{number}/1/ci", change, "passed", finished_at - 400, finished_at, "bench", "ci"
    )


def fill(store: SqlStore, builds: int, repositories: int) -> None:
    """Put so many builds into the store's tables, which are empty, and make its indexes afterwards."""
    if store.engine.dialect.name == "sqlite":
        _fill_sqlite(store, builds, repositories)
    else:
        _fill_postgres(store, builds, repositories)


def _fill_sqlite(store: SqlStore, builds: int, repositories: int) -> None:
    contents = [pack_change(build(n, AT).change)[1] for n in range(TEMPLATES)]
    with store.writing() as connection:
        definitions = list(
            connection.exec_driver_sql(
                "SELECT sql FROM sqlite_master WHERE name LIKE 'builds_by_%'"
            ).scalars()
        )
        for name in INDEXES:
            connection.exec_driver_sql(f"DROP INDEX {name}")
        driver = connection.connection.driver_connection
        assert driver is not None
        digests = ((n, sha256(b"%d" % n).hexdigest()[:40]) for n in track(range(builds), "filling", builds))
        for n, digest in digests:
            end = AT + n * STEP_S
            driver.execute("INSERT INTO changes VALUES (?, ?)", (digest, contents[n % TEMPLATES]))
            outcome = "passed" if n % 7 else "failed"
            row = (f"team/repository{n % repositories}", f"github/{n}/1/ci", digest, f"{n:040x}", outcome)
            times = (end - 500, end - 400, end)
            driver.execute(SQLITE_BUILD, (*row, *times, f"https://ci.example.com/runs/{n}"))
        for definition in definitions:
            connection.exec_driver_sql(definition)


def _fill_postgres(store: SqlStore, builds: int, repositories: int) -> None:
    with store.engine.begin() as connection:
        definitions = list(
            connection.execute(
                sa.text("SELECT indexdef FROM pg_indexes WHERE indexname = ANY(:names)"),
                {"names": list(INDEXES)},
            ).scalars()
        )
        for name in INDEXES:
            connection.execute(sa.text(f"DROP INDEX {name}"))
        connection.execute(sa.text("ALTER TABLE builds DROP CONSTRAINT builds_change_id_fkey"))
        connection.execute(sa.text("CREATE TABLE templates (number INTEGER PRIMARY KEY, content BYTEA)"))
        made = [{"number": n, "content": pack_change(build(n, AT).change)[1]} for n in range(TEMPLATES)]
        connection.execute(sa.text("INSERT INTO templates VALUES (:number, :content)"), made)
    given = {"at": AT, "step": STEP_S}
    for first in track(range(0, builds, CHUNK), "filling", -(-builds // CHUNK)):
        part = {"first": first, "last": min(first + CHUNK, builds) - 1}
        with store.engine.begin() as connection:
            connection.execute(sa.text(CHANGES), part | {"templates": TEMPLATES})
            connection.execute(sa.text(BUILDS), part | given | {"repositories": repositories})
    finish = [
        *definitions,
        "ALTER TABLE builds ADD FOREIGN KEY (change_id) REFERENCES changes (id)",
        "DROP TABLE templates",
    ]
    for statement in track(finish, "making indexes", len(finish)):
        with store.engine.begin() as connection:
            connection.execute(sa.text(statement))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
