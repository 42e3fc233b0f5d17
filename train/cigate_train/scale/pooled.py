"""One model for many repositories: judged by leaving repositories out, then grown on all of their rows.

The same rows, settings and seed give the same bytes, whatever engine grows the trees. A repository has at
most so many rows, drawn by its name and the seed: a giant must not drown the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cigate.errors import TooLittleHistory
from cigate.features import FEATURES
from cigate.model import Bundle, Manifest, Thresholds, features_digest
from cigate_train import metrics
from cigate_train.arrays import Scores
from cigate_train.card import day, versions
from cigate_train.convert import forest_to_onnx
from cigate_train.dataset import Dataset
from cigate_train.evaluate import plain_number
from cigate_train.export import Export, checked, settle
from cigate_train.fit import ForestSettings, score
from cigate_train.rivals import POOLED

from .budget import budget_of_projects
from .engine import Engine
from .growing import NONE, Ground, Wanted, grow

BLOCK_WHY = "a pooled model has not earned it in any one repository"
CHECKED = 5_000
PROCEDURE = (
    "every build is featured with what had finished in its own repository when it was pushed",
    "a repository with more rows than the sample's cap gives a sample of them, drawn by name and seed",
    "each repository is scored by a forest that was grown on the repositories of the other folds",
    "warn: the lowest threshold that warns about no more than the budget of the pushes to branches not red of"
    " repositories that the scoring forest never saw, each repository counting alike",
    "the exported forest is grown on the samples of all repositories with the same settings",
)


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """What decides a pooled model. Repositories with fewer than `least_rows` labelled builds are left out.

    `row_cap` bounds all rows together, and with them the memory of each worker. Builds that had not finished
    before `until`, a Unix time, are left out: a repository can then judge the model by what came after.
    """

    seed: int = 0
    until: int | None = None
    folds: int = 5
    budget: float = 0.10
    least_rows: int = 50
    row_cap: int = 1_000_000
    trees: int = 40
    leaf_rows: int = 40
    leaf_cap: int = 400
    max_samples: float = 0.3
    split_share: float = 0.2

    def forest(self, rows: int) -> ForestSettings:
        """Return what a forest over so many rows is grown with."""
        samples = max(1, int(self.max_samples * rows))
        return ForestSettings(self.trees, self.leaf_rows, self.leaf_cap, samples, self.seed, self.split_share)


@dataclass(frozen=True, slots=True)
class Pool:
    """The sampled rows of repositories in the order of their names, and how many rows each had.

    Repository i has the rows from `starts[i]` to `starts[i + 1]`.
    """

    names: tuple[str, ...]
    had: tuple[int, ...]
    cap: int
    starts: tuple[int, ...]
    all: Dataset

    def folds(self, settings: PoolSettings) -> NDArray[np.int16]:
        """Return each row's fold: repositories are dealt out whole."""
        dealt = np.random.default_rng(settings.seed).permutation(len(self.names))
        of_repository = np.empty(len(self.names), np.int16)
        of_repository[dealt] = np.arange(len(self.names)) % settings.folds
        return np.repeat(of_repository, np.diff(self.starts))

    def split(self, scores: Scores) -> Iterator[tuple[Dataset, Scores]]:
        """Yield each repository's rows with its part of `scores`."""
        for start, end in zip(self.starts, self.starts[1:], strict=False):
            yield self.all.take(np.arange(start, end)), scores[start:end]


@dataclass(frozen=True, slots=True)
class Found:
    """What leaving repositories out told: the threshold and, over repositories, medians of figures."""

    warn: float
    medians: dict[str, float]


def pool_of(parts: dict[str, Dataset], had: dict[str, int], cap: int) -> Pool:
    """Return the pool of sampled repositories.

    Raises:
        TooLittleHistory: there is none.
    """
    names = tuple(sorted(parts))
    if not names:
        raise TooLittleHistory("no repository has enough builds", "mine more repositories")
    sets = [parts[name] for name in names]
    starts = (0, *(int(end) for end in np.cumsum([len(each) for each in sets])))
    return Pool(names, tuple(had[name] for name in names), cap, starts, _joined(sets))


def _joined(sets: Sequence[Dataset]) -> Dataset:
    return Dataset(
        np.concatenate([each.rows for each in sets]),
        np.concatenate([each.failed for each in sets]),
        np.concatenate([each.pushed_at for each in sets]),
        np.concatenate([each.finished_at for each in sets]),
        np.concatenate([each.branch_state for each in sets]),
        np.concatenate([each.project_state for each in sets]),
        np.concatenate([each.complete for each in sets]),
        np.concatenate([each.weights for each in sets]),
        sum(each.synthetic for each in sets),
        any(each.has_branches for each in sets),
    )


def grow_forests(pool: Pool, settings: PoolSettings, engine: Engine) -> list[Any]:
    """Return a forest for each fold, which never saw its repositories, and last the one of all rows.

    Raises:
        TooLittleHistory: there are fewer repositories than folds.
        EngineError: the engine cannot grow them.
    """
    if len(pool.names) < settings.folds:
        raise TooLittleHistory(
            f"{len(pool.names)} repositories are too few for {settings.folds} folds",
            f"it takes {settings.folds} repositories with {settings.least_rows} labelled builds each",
        )
    folds = pool.folds(settings)
    wanted = [
        Wanted(fold, settings.forest(int(np.count_nonzero(folds != fold))))
        for fold in (*range(settings.folds), NONE)
    ]
    return grow(Ground(pool.all.rows, pool.all.failed, folds), wanted, engine)


def study(pool: Pool, settings: PoolSettings, forests: Sequence[Any]) -> Found:
    """Score every repository by the fold's forest, which never saw it; choose the threshold for warnings."""
    folds, scores = pool.folds(settings), np.zeros(len(pool.all))
    for fold, forest in enumerate(forests):
        left_out = folds == fold
        scores[left_out] = score(forest, pool.all.rows[left_out])
    split = list(pool.split(scores))
    warn = budget_of_projects([(p, each.not_red) for each, p in split], settings.budget)
    aucs = [metrics.auc(each.failed, p) for each, p in split]
    f1s = [metrics.confusion(each.failed, p >= warn).f1 for each, p in split]
    return Found(warn, {"auc": _median(aucs), "f1": _median(f1s)})


def make(pool: Pool, settings: PoolSettings, found: Found, forest: Any, created_at: int) -> Export:
    """Return the bundle of the forest that was grown on every row, without a history, checked."""
    features = tuple((feature.name, feature.version) for feature in FEATURES)
    model = forest_to_onnx(forest, len(features), features_digest(features))
    rows = pool.all.rows[:: max(1, len(pool.all) // CHECKED)]
    expected = score(forest, rows)
    model_sha256 = sha256(model).hexdigest()
    usual = pool.all.rows[pool.all.green] if pool.all.green.any() else pool.all.rows
    manifest = Manifest(
        model_id=f"{POOLED}{model_sha256[:12]}",
        created_at=created_at,
        features=features,
        model_sha256=model_sha256,
        history_sha256=sha256(b"").hexdigest(),
        thresholds=settle(Thresholds(round(found.warn, 6), None, BLOCK_WHY), expected),
        base_rate=round(float(np.mean(pool.all.failed)), 6),
        typical=np.median(usual, axis=0).astype(np.float32).tolist(),
        synthetic=pool.all.synthetic > 0,
        card=card_of(pool, settings, found),
    )
    return checked(Bundle(manifest, model, b""), rows, expected)


def card_of(pool: Pool, settings: PoolSettings, found: Found) -> dict[str, object]:
    """Return the model card; it names no repository."""
    return {
        "data": {
            "projects": len(pool.names),
            "builds": sum(pool.had),
            "sampled": len(pool.all),
            "sampled_of_a_project": pool.cap,
            "failures": pool.all.failures,
            "first_pushed": day(int(pool.all.pushed_at.min())),
            "last_pushed": day(int(pool.all.pushed_at.max())),
            "features": len(FEATURES),
        },
        "settings": asdict(settings),
        "thresholds": {"budget": settings.budget},
        "forest": settings.forest(len(pool.all)).to_plain(),
        "evaluation": {
            "protocol": f"leave repositories out, {settings.folds} folds; medians over repositories",
            **{name: plain_number(value) for name, value in found.medians.items()},
        },
        "procedure": list(PROCEDURE),
        "versions": versions(),
    }


def _median(values: list[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.median(known)) if known else float("nan")
