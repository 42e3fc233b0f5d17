"""What is old goes, whole; what is new is found once, whoever writes meanwhile."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from cigate.cli import main
from cigate.stores import Store, open_store
from cigate.stores.sql import SqlStore
from cigate.stores.upkeep import count_old, newest_number, prune, read_numbers
from tests.servers import Postgres
from tests.stores.conftest import fresh_url
from tests.stores.samples import record


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A store whose builds have numbers and repositories, of each kind."""
    return fresh_url(request.param, request)


def sql(store: Store) -> SqlStore:
    assert isinstance(store, SqlStore)
    return store


def changes_in(store: SqlStore) -> int:
    with store.reading() as connection:
        assert connection is not None
        return int(connection.execute(sa.text("SELECT count(*) FROM changes")).scalar_one())


def test_old_builds_go_with_the_changes_that_only_they_had(store: Store, url: str) -> None:
    """A change that a newer build shares stays."""
    made = [record(number, finished_at=number) for number in range(1, 8)]
    store.append(made)
    open_store(f"{url}?repository=o/r").append([record(2, finished_at=100)])
    assert count_old(sql(store), 5) == 4
    assert list(prune(sql(store), 5, portion=3)) == [(3, 2), (1, 1)]
    assert [r.id for r in store.read()] == [r.id for r in (*made[4:], made[1])]
    assert changes_in(sql(store)) == 4
    assert list(prune(sql(store), 5)) == []


def test_pruning_keeps_to_the_stores_repository(store: Store, url: str) -> None:
    mine, other = (sql(open_store(f"{url}?repository=o/{name}")) for name in ("mine", "other"))
    for each in (mine, other):
        each.append([record(1), record(2)])
    assert list(prune(mine, 2**40)) == [(2, 0)]
    assert (mine.count().builds, other.count().builds) == (0, 2)


def test_an_index_of_before_is_made_anew_while_others_write(postgres: Postgres) -> None:
    """Afterwards it includes the heads, whatever an earlier run left; once is enough."""
    url = postgres.create()
    store = sql(open_store(url))
    assert not store.renew_indexes()
    store.append([record(1)])
    assert not store.renew_indexes()
    plain = "builds (repository, finished_at, id)"
    with store.writing() as connection:
        connection.execute(sa.text("DROP INDEX builds_by_repository"))
        for name in ("builds_by_repository", "builds_by_repository_new"):
            connection.execute(sa.text(f"CREATE INDEX {name} ON {plain}"))
    assert main(["compact", "--store", url]) == 0
    with store.reading() as connection:
        assert connection is not None
        query = "SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'builds_by_repository%'"
        (definition,) = connection.execute(sa.text(query)).scalars()
    assert definition.endswith("(repository, finished_at, id) INCLUDE (head, started_at)")
    assert not store.renew_indexes()
    store.close()


def test_a_store_without_tables_has_nothing_old_or_new(store: Store) -> None:
    assert (count_old(sql(store), 9), newest_number(sql(store)), list(prune(sql(store), 9))) == (0, 0, [])
    assert list(read_numbers(sql(store), 0, 9)) == []


def test_what_came_since_the_last_time_is_read_once(store: Store, url: str) -> None:
    """Numbers follow the order in which builds came, not the one in which they finished."""
    store.append([record(5), record(6)])
    first = newest_number(sql(store))
    open_store(f"{url}?repository=o/r").append([record(1)])
    last = newest_number(sql(store))
    assert [r.id for _, _, r in read_numbers(sql(store), 0, first)] == [record(5).id, record(6).id]
    assert [(name, r.id) for _, name, r in read_numbers(sql(store), first, last)] == [("o/r", record(1).id)]
    list(prune(sql(store), 2**40))
    store.append([record(9)])
    assert newest_number(sql(store)) > last, "a number is never given twice"


def test_the_newest_number_waits_for_a_writer_at_work(postgres: Postgres) -> None:
    """A transaction that took a lower number and commits later would be missed by every export."""
    store = sql(open_store(postgres.create()))
    store.append([record(1)])
    found: list[int] = []
    with store.writing() as connection:
        store.enter(connection)
        connection.execute(
            sa.text(
                "INSERT INTO builds SELECT nextval('builds_seq_seq'), 'late', id, change_id, head, branch,"
                " outcome, started_at, finished_at, provider, workflow, attempt, url FROM builds"
            )
        )
        asking = threading.Thread(target=lambda: found.append(newest_number(store)))
        asking.start()
        asking.join(0.3)
        assert asking.is_alive()
    asking.join(30)
    assert [name for _, name, _ in read_numbers(store, 1, found[0])] == ["late"]
    store.close()


@pytest.mark.parametrize("repository", ["", "?repository=o/r"])
def test_the_plan_of_a_live_query_uses_the_index(postgres: Postgres, repository: str) -> None:
    """Ten million builds stay as near as ten: no plan walks the table; of one repository, none opens it."""
    url = postgres.create()
    store = sql(open_store(url + repository))
    store.append(record(number) for number in range(300))
    with store.reading() as connection:
        assert connection is not None
        connection.execute(sa.text("SET enable_seqscan = off"))
        where = "repository = 'o/r' AND" if repository else ""
        recent = f"SELECT head FROM builds WHERE {where} started_at < 2000000000"
        query = f"{recent} ORDER BY finished_at DESC, id DESC LIMIT 20"
        plan = "\n".join(connection.execute(sa.text(f"EXPLAIN {query}")).scalars())
    assert f"Index {'Only ' if repository else ''}Scan Backward using builds_by_" in plan
    assert "Sort" not in plan
    store.close()
