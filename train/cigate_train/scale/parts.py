"""The rows of one repository as a Parquet file, and back. Pure; the same rows give the same bytes."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cigate.errors import ModelError, UnknownFeature
from cigate.features import FEATURES
from cigate.model import features_digest
from cigate_train.dataset import BRANCH_STATE, PROJECT_STATE, Dataset

NAMES = [feature.name for feature in FEATURES]
KEY = b"cigate"
ROWS_A_GROUP = 50_000


def digest_of_features() -> str:
    """Return what stands for the list of features that rows are of."""
    return features_digest(tuple((feature.name, feature.version) for feature in FEATURES))


def encode(name: str, dataset: Dataset) -> bytes:
    """Return the Parquet file of a repository's rows."""
    columns: dict[str, object] = {
        "failed": dataset.failed,
        "pushed_at": dataset.pushed_at,
        "finished_at": dataset.finished_at,
        "complete": dataset.complete,
    }
    columns |= {f"f.{feature}": dataset.rows[:, at] for at, feature in enumerate(NAMES)}
    facts = {
        "name": name,
        "features": digest_of_features(),
        "synthetic": dataset.synthetic,
        "has_branches": dataset.has_branches,
    }
    metadata = {KEY: json.dumps(facts, sort_keys=True).encode()}
    table = pa.table({column: pa.array(values) for column, values in columns.items()}, metadata=metadata)
    out = BytesIO()
    pq.write_table(table, out, row_group_size=ROWS_A_GROUP, compression="zstd", version="2.6")
    return out.getvalue()


def decode(content: bytes, name: str) -> Dataset:
    """Return the rows of the repository `name`, which `encode` wrote.

    Raises:
        UnknownFeature: they are of another list of features.
        ModelError: it is no such file, or another repository's.
    """
    try:
        table = pq.read_table(BytesIO(content))
        facts = json.loads((table.schema.metadata or {})[KEY])
        known = facts["features"], facts["name"]
    except (pa.ArrowInvalid, OSError, KeyError, ValueError):
        raise ModelError(f"the rows of {name} are damaged", "delete them and run cigate mine again") from None
    if known[0] != digest_of_features():
        raise UnknownFeature(f"the rows of {name} are of another list of features", "run cigate mine again")
    if known[1] != name:
        raise ModelError(f"the rows of {name} are those of {known[1]}", "run cigate mine again")
    return _dataset(table, int(facts["synthetic"]), bool(facts["has_branches"]))


def _dataset(table: pa.Table, synthetic: int, has_branches: bool) -> Dataset:
    rows = np.empty((table.num_rows, len(NAMES)), np.float32)
    for at, feature in enumerate(NAMES):
        rows[:, at] = table[f"f.{feature}"].to_numpy()
    return Dataset(
        rows,
        table["failed"].to_numpy().astype(np.bool_),
        table["pushed_at"].to_numpy().astype(np.int64),
        table["finished_at"].to_numpy().astype(np.int64),
        rows[:, NAMES.index(BRANCH_STATE)].astype(np.int8),
        rows[:, NAMES.index(PROJECT_STATE)].astype(np.int8),
        table["complete"].to_numpy().astype(np.bool_),
        np.ones(table.num_rows),  # the builds of many repositories stand for themselves
        synthetic,
        has_branches,
    )
