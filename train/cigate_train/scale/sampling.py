"""The rows of one repository, read, checked and sampled: what a worker does for a training.

Must not import scikit-learn: a worker that only reads does not wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b, sha256

import numpy as np

from cigate.errors import CigateError
from cigate_train.dataset import Dataset

from .mining import rows_name
from .parts import decode
from .prefix import open_prefix


def cap_of(rows: Sequence[int], total: int) -> int:
    """Return the highest cap a repository under which all together have no more than `total` rows."""
    cap, left = 0, total
    for number, size in enumerate(sorted(rows)):
        share = left // (len(rows) - number)
        if size > share:
            return max(1, share)
        cap, left = size, left - size
    return max(1, cap)


def sample(dataset: Dataset, name: str, cap: int, seed: int) -> Dataset:
    """Return at most `cap` of the rows, in their order; the same for the same name and seed."""
    if len(dataset) <= cap:
        return dataset
    digest = blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    chance = np.random.default_rng([seed, int.from_bytes(digest, "big")])
    return dataset.take(np.sort(chance.choice(len(dataset), cap, replace=False)))


def read_part(
    data: str, name: str, digest: str, cap: int, seed: int, until: int | None
) -> tuple[int, Dataset] | str:
    """Return how many rows one repository has and a sample of them, or what is wrong with them.

    `digest` is the SHA-256 of its file. Builds that had not finished before `until` are left out.
    """
    try:
        content = open_prefix(data).read(rows_name(name)) or b""
        if sha256(content).hexdigest() != digest:
            return f"the rows of {name} in {data} are not those that were mined"
        dataset = decode(content, name)
        if until is not None:
            dataset = dataset.take(np.flatnonzero(dataset.finished_at < until))
        return len(dataset), sample(dataset, name, cap, seed)
    except CigateError as error:
        return str(error)
