"""Writes docs/features.md from the list of features, so that the document cannot fall behind it.

    python -m cigate_train.feature_docs docs/features.md

What was measured on real builds stands there between two marks, is kept, and is written by the command that
measures it. Must not know a feature by name: what is said of one is its own `doc`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from cigate.features import FEATURES, GROUPS, Feature

INTRODUCTION: Final = """\
# Features

Generated from `cigate/features` by `make docs`. These are the {n} numbers, in this order, that a model
sees of a push. One list and one implementation serve training, backtests and every push; the cast to
float32 happens there, once. A model's manifest names each feature with its version, and a model that
names another pair is refused: **a feature that gives other numbers for the same push gets a new
version**, and `tests/golden/features.json` fails until it has one.

## How history is folded

Past builds are learned one by one in the order in which they finished (ties by id), because an outcome is
unknown until its build has ended: a push is judged by what had finished before it, never by builds that
were still running. Rates are decayed counts: with a half-life of 20 builds, a build 20 builds ago counts
half. They are drawn to a prior (the project's own rate, and a public median while the project has no
builds), so that one failure on a new branch is not a rate of 100 %. What is remembered of branches,
authors, commits and paths is bounded; whoever was built longest ago is forgotten, and a snapshot of the
whole stays below a megabyte. Replay, a live push and a restored snapshot give the same bits.

"Green" branches are those whose last finished build passed. A build that fails on a green branch broke
it; one that fails on a red branch did not, and the two are counted apart.

## What is not used

- **No date.** A clock enters as distances, time of day and weekend only; a whole history that is moved by
  some weeks gives the same numbers.
- **No person as a number.** Authors are keyed pseudonyms that tell builds of one from builds of another:
  what counts is what happened to their builds. They also are tokens, among paths and words, of the online
  model behind `words_excess`.
- **Nothing of the build's own outcome**, duration or log, and nothing that was known only after the push.

## Why size alone predicts nothing

On twelve open-source projects with years of Travis CI builds, a forest that saw author, number of files,
lines and file type alone ranked builds little better than chance (median AUC .52), while the outcomes of
earlier builds alone brought it to .68. What says most is whether the branch and the ground it stands on
are red, how often this project's green branches break, and what the touched files came to lately. Size is
here in relation to the project's own usual changes, as one voice among many.

## Units

A unit is given where the number has one. -1 stands for "nothing is known" in counts, rates, shares and
times, which are never negative otherwise; differences from a usual rate are 0 where nothing is known.
"""

TRIED: Final = """\
## What was tried, and what it was worth

On 25 development projects with 64,963 builds, of them 39,535 on green branches: what columns add, in the mean
over projects, to the green AUC and to the same within fifths of the judged time, with standard errors in
pairs. Every project is judged by trees that never saw it, and its newer half counts. *Alone* are boosted
trees on green builds, which find weak signals sooner than a forest; *blended* is their mean with the forest
for every push.

| tried | alone | blended | |
|---|---|---|---|
"""
TRIALS: Final = (
    (
        "`branch_age`, `project_day_builds`, `project_red_run`, `project_rerun_flips`",
        "+.011±.004 / +.007±.005",
        "+.006 / +.005",
        "kept; they cost 4 kB of snapshot",
    ),
    (
        "the lines of the change: 48 counts (imports, dependency and CI lines, matrix entries, TODO, classes,"
        " words of concurrency, time, platform and rescue, merges that differ from all parents), and names"
        " not seen before",
        "+.007±.003 / +.010±.005",
        "+.002 / +.005",
        "left out: beside the four above .000 / +.002 remain, and reading them is a second git in every push",
    ),
    (
        "names of the added lines as tokens of an online model",
        "+.007±.004 / +.004±.005",
        "+.003 / +.003",
        "left out: the same",
    ),
    (
        "rates of their own for pull requests, side branches and first builds",
        "+.001±.003 / +.001±.004",
        "-.001 / +.001",
        "left out",
    ),
    (
        "builds of the same author and subject before: repushes, rebases",
        "-.001 / +.004",
        "-.002 / .000",
        "left out",
    ),
    ("how well the author knows the touched folders", ".000 / +.005", "-.001 / .000", "left out"),
    (
        "time since the touched files were built or failed, who else built them",
        ".000 / +.003",
        "-.001 / .000",
        "left out",
    ),
    (
        "age of the project, tenure of the author, hours that branches stay red",
        "-.006±.003 / -.006±.004",
        "-.003 / -.004",
        "left out: they harm",
    ),
    (
        "builds of a day of author and branch, people and branches at work",
        "-.002±.002 / .000±.003",
        "-.001 / -.001",
        "left out",
    ),
    (
        "failures mended by a rerun, share of errors, spread of durations, green runs",
        "+.002±.003 / +.003±.003",
        "+.001 / +.002",
        "left out: noise",
    ),
    (
        "earlier builds of the head, time since others failed",
        "+.002±.002 / +.004±.003",
        "+.001 / +.001",
        "left out: noise",
    ),
    (
        "time of day, errored builds, others on the same base, recently active branches",
        "within ±.001",
        "",
        "left out, on 102 projects",
    ),
)
SECOND: Final = """
On all 102 projects, five folds, where four times as many builds teach, less is left: the four features
are worth +.002±.002 / +.003±.003 there. So it is with a second forest for green branches, blended by
half: 40 trees of 160 leaves -.001±.001 / -.003±.001, 20 trees of 500 leaves +.002±.002 / +.005±.003 for
0.8 MB more, for which a bundle with the history of a busy repository has no room. Boosted trees in its
place, 120 of 15 leaves, are worth +.010±.001 / +.013±.002: that is what a forest of this size leaves
lying on green branches.

On the forest itself this was tried and left out. These are trials of one seed, told as what not to begin
with, on all 102 projects and five folds where nothing else is said:

- rows with a history 24 h old beside the fresh ones, half each: AUC -.002±.001 on fresh pushes, .000±.002 on
  late ones; alone, on late pushes, no better. The rule and the echo lose as much to such a history
  ([figures](../benchmarks/starter/RESULTS.md)): what is lost was told by the builds of that day;
- boosted trees as teachers, trees grown to their probabilities or log odds in place of outcomes, the teacher
  knowing the project or not: green local AUC -.030 to -.038, on the 20 projects of one fold and with forests
  of another library; the teacher itself reaches +.011±.003 / +.016±.003 on green branches;
- without the author, the kinds of files and time: green local AUC -.011, on those 20 projects;
- twice the features at each split: .000±.002 / .001±.003 on green branches;
- trees of 1,600 leaves: green .001±.003 / .005±.004, at several times the size; of 64: green local -.032;
- the operating threshold by the last 200 or 800 scores: F1 -.002, -.003; outcomes in place of the scores of
  builds that have finished: up to +.001; a shift of the log odds that follows the outcomes: +.004±.002, the
  best of nine. The best threshold in hindsight would be worth +.026.
"""

# What is measured by `python -m benchmarks.starter.NAME`, in the order of the page.
MEASURED: Final = ("ablation", "signals")
_BEGIN, _END = "<!-- measured: {name} -->\n", "<!-- end of {name} -->\n"


class Unit(NamedTuple):
    """How a feature is measured, told by a phrase of its doc; `low` and `high` bound its values."""

    phrase: str
    text: str
    low: float
    high: float


# The first phrase that the doc holds decides; tests hold values against the bounds.
UNITS: Final = (
    Unit("run of equal outcomes", "builds, ±log(1 + n)", -50, 50),
    Unit("log2(1 + hours", "hours, log2(1 + h)", -1, 100),
    Unit("log(1 + hours", "hours, log(1 + h)", -1, 100),
    Unit("log(1 + mean seconds", "seconds, log(1 + s)", -1, 100),
    Unit("log(1 + duration", "ratio, log(1 + x)", -1, 100),
    Unit("log(1 +", "count, log(1 + n)", -1, 100),
    Unit("log odds", "log odds", -500, 500),
    Unit("1 if ", "0 or 1", -1, 1),
    Unit("1 on ", "0 or 1", -1, 1),
    Unit("last outcome", "0 or 1", -1, 1),
    Unit("less the ", "difference of rates", -1, 1),
    Unit("mean builds", "builds", 0, 20),
    Unit("rate", "0 to 1", -1, 1),
    Unit("how often", "0 to 1", -1, 1),
    Unit("share", "0 to 1", -1, 1),
    Unit("sine ", "-1 to 1", -1, 1),
    Unit("distinct ", "count", -1, 1e6),
)


def unit_of(feature: Feature) -> Unit | None:
    """Return the unit that the feature's doc speaks of, None where it names none of the usual ones."""
    said = feature.doc.split("; -1 ")[0]
    return next((unit for unit in UNITS if unit.phrase in said), None)


def _row(feature: Feature) -> str:
    unit = unit_of(feature)
    return f"| `{feature.name}` | {feature.version} | {feature.doc} | {unit.text if unit else ''} |"


def measured_of(page: str) -> dict[str, str]:
    """Return what stands between the marks of each name in MEASURED; "" where there are none."""
    found = {}
    for name in MEASURED:
        rest = page.partition(_BEGIN.format(name=name))[2]
        text, end, _ = rest.partition(_END.format(name=name))
        found[name] = text if end else ""
    return found


def features_page(measured: Mapping[str, str]) -> str:
    """Return docs/features.md: introduction, a table for each group in the list's order, what was tried.

    `measured` are the texts that commands wrote, by the names in MEASURED.
    """
    sections = [INTRODUCTION.format(n=len(FEATURES))]
    for title, group in GROUPS:
        head = [f"## {title}", "", "| feature | version | what it is | unit |", "|---|---|---|---|"]
        sections.append("\n".join([*head, *map(_row, group), ""]))
    trials = [f"| {' | '.join(trial)} |" for trial in TRIALS]
    told = [
        "\n" + _BEGIN.format(name=name) + measured.get(name, "") + _END.format(name=name) for name in MEASURED
    ]
    return "\n".join(sections) + "\n" + TRIED + "\n".join(trials) + "\n" + SECOND + "".join(told)


def write_page(file: Path, measured: Mapping[str, str] | None = None) -> None:
    """Write the page, with these texts in place of those that it holds."""
    kept = measured_of(file.read_text("utf-8")) if file.exists() else {}
    file.write_text(features_page({**kept, **(measured or {})}), "utf-8")


def main(argv: list[str] | None = None) -> int:
    """Write the page to the file that is named; return the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if len(arguments) != 1:
        print("usage: python -m cigate_train.feature_docs FILE", file=sys.stderr)
        return 2
    write_page(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
