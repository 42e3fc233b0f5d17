"""`python -m benchmarks.starter.ablation`: what each group of features is worth, on projects left out.

A forest without the group is held against the forest with all, fold by fold on the same projects. Writes
its table into docs/features.md. What a seed gave is kept in the folder of work: a run that was stopped goes
on where it was.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.starter.crossval import deal_folds, score_left_out
from benchmarks.starter.figures import judge_half, last_half, likely
from benchmarks.starter.inputs import add_inputs
from benchmarks.starter.mining import mine_all
from benchmarks.starter.pool import NAMES, Pool, pool_projects
from benchmarks.starter.settings import SETTINGS, Settings
from cigate.change import BuildRecord
from cigate.errors import CigateError, TooLittleHistory
from cigate.features import FEATURES, GROUPS, Moment
from cigate.history import History
from cigate.progress import track
from cigate.shelf import judged_at
from cigate_train.feature_docs import write_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "features.md"
ALL = "all features"
ONLINE = ("words_excess", "green_words_excess")
FIGURES = {"auc": "AUC", "local_auc": "AUC local", "green_auc": "green AUC", "green_local_auc": "green local"}
TIMED = 400  # builds that the cost of features is taken from
ByProject = dict[str, dict[str, float]]

HEAD = """\
## What each group is worth

Written by `make ablation` (see [the recipe](../benchmarks/starter/README.md)). {projects} projects with
{builds:,} builds, five folds of projects, {seeds}: forests that saw neither the project nor the
group, against forests that saw the group. Each row is what leaving it out changes on the newer half of a
project's builds, in the mean over projects, with the standard error of the pairs. Groups overlap: what one
says, another often says too. *Cost* is the group's share of the CPU time that all features of a push take.
"""


def groups() -> dict[str, tuple[str, ...]]:
    """Return the names of the features of each group that is left out, by the group's title."""
    found = {title: tuple(feature.name for feature in group) for title, group in GROUPS}
    return found | {
        "The online model": ONLINE,
        "All that the history tells": tuple(name for title in list(found)[:5] for name in found[title]),
        "All that the change itself tells": tuple(name for title in list(found)[5:] for name in found[title]),
    }


def main(argv: list[str] | None = None, settings: Settings = SETTINGS) -> int:
    """Measure and write; return the exit code."""
    args = _parse(argv)
    try:
        return _measure(args, settings)
    except CigateError as error:
        print(f"{error}\n  {error.hint}", file=sys.stderr)
        return error.exit_code


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starter.ablation", description=__doc__)
    add_inputs(parser)
    add = parser.add_argument
    add("--seeds", type=int, default=3, help="how many seeds (default: 3)")
    add("--page", default=str(PAGE), help="the page whose table is written anew")
    return parser.parse_args(argv)


def _measure(args: argparse.Namespace, settings: Settings) -> int:
    pool = pool_projects(mine_all(args.repos, args.labels, args.work), settings.least_builds)
    if len(pool) < settings.folds:
        raise TooLittleHistory(
            f"{len(pool)} projects are too few for {settings.folds} folds", "give it more repositories"
        )
    print(f"pooled {len(pool)} projects, {len(pool.failed):,} builds", flush=True)
    seeds = [replace(settings, seed=seed) for seed in range(args.seeds)]
    runs = [_read_or_judge(pool, seed, args.work) for seed in seeds]
    first, records = next(iter(mine_all(args.repos, args.labels, args.work)))
    print(f"cost measured on {first}")
    write_page(Path(args.page), {"ablation": render(pool, runs, costs(records))})
    print(f"written {args.page}")
    return 0


def _read_or_judge(pool: Pool, settings: Settings, work: str) -> dict[str, ByProject]:
    """Return each variant's figures with this seed, from the folder of work where they are there."""
    what = sha256(pool.rows.tobytes() + pool.failed.tobytes() + repr(settings).encode()).hexdigest()[:16]
    path = Path(work) / f"ablation-{what}.json"
    known: dict[str, ByProject] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    variants: dict[str, tuple[str, ...]] = {ALL: (), **groups()}
    for title in track([title for title in variants if title not in known], f"seed {settings.seed}"):
        known[title] = judge_without(pool, variants[title], settings)
        path.write_text(json.dumps(known), "utf-8")
    return known


def judge_without(pool: Pool, left_out: Sequence[str], settings: Settings) -> ByProject:
    """Return the figures of each project's newer half by forests that saw neither it nor these features."""
    kept = [place for place, name in enumerate(NAMES) if name not in left_out]
    old = replace(pool.old, rows=np.ascontiguousarray(pool.old.rows[:, kept]))
    narrow = replace(pool, rows=np.ascontiguousarray(pool.rows[:, kept]), old=old)
    scores = np.zeros(len(pool.failed))
    for rows, found, _ in score_left_out(narrow, deal_folds(len(pool), settings), settings):
        scores[rows] = found
    judged = {}
    for name, (dataset, p) in zip(pool.projects, pool.split(scores), strict=True):
        half = last_half(dataset)
        late = p[len(p) - len(half) :]
        figures = judge_half(half, late, likely(half, late))
        judged[name] = {key: figures[key] for key in FIGURES}
    return judged


def costs(records: Sequence[BuildRecord]) -> dict[str, float]:
    """Return each group's share of the time of all features, on the newest of one project's builds."""
    history = History()
    newest = sorted(records, key=judged_at)
    for record in newest[:-TIMED]:
        if record.failed is not None:
            history.learn(record)
    values = {feature.name: feature.value for feature in FEATURES}
    spent = dict.fromkeys((ALL, *groups()), 0.0)
    named = {ALL: tuple(values), **groups()}
    for record in newest[-TIMED:]:
        for title, names in named.items():
            moment = Moment(record.change, history, judged_at(record))
            began = process_time()
            for name in names:
                values[name](moment)
            spent[title] += process_time() - began
    return {title: spent[title] / spent[ALL] if spent[ALL] else math.nan for title in spent}


def render(pool: Pool, runs: Sequence[dict[str, ByProject]], shares: dict[str, float]) -> str:
    """Return the section as Markdown."""
    seeds = f"{len(runs)} seeds" if len(runs) > 1 else "one seed"
    head = HEAD.format(projects=len(pool), builds=len(pool.failed), seeds=seeds)
    lines = [f"| left out | features | {' | '.join(FIGURES.values())} | cost |", "|---|" + "---|" * 6]
    means = [_shown(_mean(runs, ALL, key)) for key in FIGURES]
    lines.append(f"| nothing | 0 | {' | '.join(means)} | |")
    for title, names in groups().items():
        cells = [_change(runs, title, key) for key in FIGURES]
        lines.append(f"| {title} | {len(names)} | {' | '.join(cells)} | {100 * shares[title]:.0f} % |")
    return head + "\n" + "\n".join(lines) + "\n"


def _change(runs: Sequence[dict[str, ByProject]], title: str, key: str) -> str:
    """Return what leaving the group out changes: mean over projects of the mean over seeds, ± its error."""
    differences = np.array(list(_differences(runs, title, key)))
    if not differences.size:
        return "-"
    error = differences.std(ddof=1) / math.sqrt(differences.size) if differences.size > 1 else math.nan
    return f"{_signed(float(differences.mean()))}±{_shown(float(error))}"


def _differences(runs: Sequence[dict[str, ByProject]], title: str, key: str) -> Iterator[float]:
    for project in runs[0][ALL]:
        pairs = [run[title][project][key] - run[ALL][project][key] for run in runs]
        if not math.isnan(mean := sum(pairs) / len(pairs)):
            yield mean


def _mean(runs: Sequence[dict[str, ByProject]], title: str, key: str) -> float:
    known = [figures[key] for run in runs for figures in run[title].values() if not math.isnan(figures[key])]
    return sum(known) / len(known) if known else math.nan


def _shown(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.3f}".replace("0.", ".", 1)


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("0.", ".", 1)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
