"""Everything that decides what the starter model becomes, in one place."""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = (
    "Travis CI builds of open-source projects, 2011 to 2016: CESEL/BatchBuilderResearch (GitHub, MIT),"
    " an extract of TravisTorrent; commits from the projects' public repositories"
)
BLOCK_WHY = "a starter model has not earned it here"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the starter is made; the same settings and inputs give the same bytes.

    `created_at` is the day of the recipe (Unix seconds): a clock would make each run another model.
    `max_samples` is the share of all rows that a tree sees, `split_share` that of the features that a
    split looks at; `leaf_cap` keeps the bundle small enough to hold a busy repository's history too.
    `budget` is the share of pushes to branches that are not red that may be warned about, each project
    counting alike. Projects with fewer than `least_builds` labelled builds are left out. `seeds` is how many
    seeds, from `seed` on, the page's figures are the mean of; the bundle and its card come of the first.
    """

    created_at: int = 1_795_392_000  # 2026-11-23
    trees: int = 40
    leaf_rows: int = 40
    leaf_cap: int = 400
    max_samples: float = 0.3
    split_share: float = 0.2
    seed: int = 0
    seeds: int = 3
    folds: int = 5
    budget: float = 0.10
    least_builds: int = 200


SETTINGS = Settings()
