"""From a prefix of mined rows to a pooled bundle: parts are read by the engine, the forest is grown on it."""

from __future__ import annotations

from cigate.errors import ModelError
from cigate_train.dataset import Dataset
from cigate_train.export import Export

from .engine import Engine
from .pooled import Found, Pool, PoolSettings, grow_forests, make, pool_of, study
from .prefix import open_prefix
from .running import read_index
from .sampling import cap_of, read_part


def read_pool(data: str, settings: PoolSettings, engine: Engine) -> Pool:
    """Return the sampled rows of all repositories mined there that have enough of them.

    Each part is read, checked and sampled by a task: what is left of it is what travels.

    Raises:
        ModelError: nothing was mined there, or a part is damaged.
    """
    projects = read_index(open_prefix(data), data)
    had = {str(p["name"]): int(str(p["rows"])) for p in projects}
    had = {name: rows for name, rows in had.items() if rows >= settings.least_rows}
    cap = cap_of(list(had.values()), settings.row_cap)
    digests = {str(p["name"]): str(p["sha256"]) for p in projects}
    for name in had:
        engine.submit(read_part, data, name, digests[name], cap, settings.seed, settings.until, tag=name)
    parts: dict[str, Dataset] = {}
    for name, part in engine.done():
        if isinstance(part, str):
            raise ModelError(part, "run cigate mine again")
        if isinstance(part, BaseException):
            raise ModelError(f"the rows of {name} were not read: {type(part).__name__}", "is memory short?")
        rows, dataset = part
        if rows >= settings.least_rows:
            parts[name], had[name] = dataset, rows
    return pool_of(parts, had, cap)


def train_pool(data: str, settings: PoolSettings, engine: Engine) -> tuple[Pool, Found, Export]:
    """Return the pool, what it told, and the bundle of its model.

    The bundle is of the day of the newest push: the same rows give the same bytes on any day.
    """
    pool = read_pool(data, settings, engine)
    *by_fold, whole = grow_forests(pool, settings, engine)
    found = study(pool, settings, by_fold)
    return pool, found, make(pool, settings, found, whole, int(pool.all.finished_at.max()))
