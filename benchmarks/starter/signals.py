"""`python -m benchmarks.starter.signals`: how often pushes break a file, and their builds fail then.

The look of `cigate predict`, at the builds of all mined projects. Writes its table into docs/features.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from time import monotonic

from benchmarks.starter.inputs import add_inputs
from benchmarks.starter.mining import AUTHOR_KEY, find_sources, read_records
from cigate.change import BuildRecord
from cigate.errors import CigateError
from cigate.git import Repository
from cigate.progress import track
from cigate.shelf import judged_at
from cigate.signals import MOST_FILES, Look, files_of
from cigate_train.feature_docs import write_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "features.md"
TITLES = {
    "conflict": "conflict markers left in a file",
    "json": "`package.json`, `composer.json`: no JSON any more",
    "toml": "`pyproject.toml`, `Cargo.toml`: no TOML any more",
    "ini": "`setup.cfg`: no INI any more",
    "xml": "`pom.xml`: no XML any more",
    "import": "a Java import of a class that the tree does not have",
}
DEADLINE_S = 600.0
HEAD = """\
## Files that cannot be right

Written by `make signals` (see [the recipe](../benchmarks/starter/README.md)). They are no inputs of a forest
but [reasons of their own](configuration.md#files-that-cannot-be-right). Looked into were the changed files of
{builds:,} builds of {projects} projects, of which {rate:.1f} % failed; of those on green branches
{green_rate:.1f} %. A build counts where its push broke the file; several builds of a push count each.
"""
TAIL = """
Of the first 20 conflicts found here 11 came with a merge, and 8 of these builds failed: there the hook looks
into all files, elsewhere into manifests only, because a second git is a twentieth of what a push costs.

Other JSON, XML and YAML was tried on 78,138 of these builds and left out. Of 8 whose push broke another JSON
file 3 failed, on green branches none of 5: it was an asset, or configuration of another place. YAML needs a
parser that the hook does not have; of 7 that broke such a file 3 failed, the 2 that broke `.travis.yml` among
them. Python that can no longer be compiled has no builds here, and none of 5,321 changed files of the last
3,000 commits of celery/celery was such. It takes 2 ms a file: `cigate predict` and `cigate explain` do it.

Ruby that began to require a file of the project's own which is nowhere was tried on 63,643 builds and left
out: of 46 builds, many with a part of another gem of that name, 28 failed, on green branches 7 of 18. So were
Java classes that a push deletes while another file goes on importing them: of 13 builds 5 failed. An import
counts only where its package has a folder in the same source tree: with other modules' 90 of 132 failed.
"""


@dataclass
class Tally:
    """Builds and failures, all and on green branches, by kind of broken file; "" counts every build."""

    builds: Counter[tuple[str, bool]] = field(default_factory=Counter)
    failed: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def note(self, kind: str, green: bool, failed: bool) -> None:
        """Count one build."""
        self.builds[kind, green] += 1
        self.failed[kind, green] += failed

    def shown(self, kind: str, green_only: bool) -> str:
        """Return the builds of a kind and how many of them failed."""
        states = (True,) if green_only else (True, False)
        builds, failed = (
            sum(counts[kind, state] for state in states) for counts in (self.builds, self.failed)
        )
        return f"{builds:,} | {failed:,} ({100 * failed / builds:.0f} %)" if builds else "0 | -"

    def rate(self, green_only: bool) -> float:
        """Return the share of all builds that failed."""
        states = (True,) if green_only else (True, False)
        builds = sum(self.builds["", state] for state in states)
        return sum(self.failed["", state] for state in states) / builds if builds else 0.0


def main(argv: list[str] | None = None) -> int:
    """Measure and write; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starter.signals", description=__doc__)
    add_inputs(parser)
    parser.add_argument("--page", default=str(PAGE), help="the page whose table is written anew")
    args = parser.parse_args(argv)
    tally, projects = Tally(), 0
    try:
        sources = find_sources(args.repos, args.labels)
        for source in track(sources, "looking into projects", len(sources)):
            repo = Repository.open(source.git_dir, AUTHOR_KEY)
            count(tally, repo, read_records(source, args.work))
            projects += 1
    except CigateError as error:
        print(f"{error}\n  {error.hint}", file=sys.stderr)
        return error.exit_code
    write_page(Path(args.page), {"signals": render(tally, projects)})
    print(f"written {args.page}")
    return 0


def count(tally: Tally, repo: Repository, records: Iterable[BuildRecord]) -> None:
    """Add the builds of one project to `tally`."""
    for portion in _portions(_states(records)):
        look = Look(repo, [record.change for record, _ in portion], thorough=True)
        for (record, green), signals in zip(portion, look.signals(monotonic() + DEADLINE_S)[0], strict=True):
            failed = record.failed is True
            tally.note("", green, failed)
            for kind in {signal.kind for signal in signals}:
                tally.note(kind, green, failed)


def _states(records: Iterable[BuildRecord]) -> Iterator[tuple[BuildRecord, bool]]:
    """Yield the labelled builds in the order of their pushes, and whether the branch was green then."""
    labelled = [record for record in records if record.failed is not None]
    running: list[tuple[int, str, str, bool]] = []
    red: dict[str, bool] = {}
    for record in sorted(labelled, key=lambda record: (judged_at(record), record.id)):
        while running and running[0][0] < judged_at(record):
            _, _, branch, failed = heappop(running)
            red[branch] = failed
        yield record, red.get(record.change.branch) is False
        heappush(running, (record.finished_at, record.id, record.change.branch, record.failed is True))


def _portions(states: Iterable[tuple[BuildRecord, bool]]) -> Iterator[list[tuple[BuildRecord, bool]]]:
    """Yield builds whose files one look takes; a build that has more is looked into as far as a push's is."""
    portion: list[tuple[BuildRecord, bool]] = []
    files = 0
    for record, green in states:
        more = len(files_of(record.change, thorough=True))
        if portion and files + more > MOST_FILES:
            yield portion
            portion, files = [], 0
        portion.append((record, green))
        files += more
    if portion:
        yield portion


def render(tally: Tally, projects: int) -> str:
    """Return the section as Markdown."""
    head = HEAD.format(
        builds=sum(tally.builds["", state] for state in (True, False)),
        projects=projects,
        rate=100 * tally.rate(False),
        green_rate=100 * tally.rate(True),
    )
    lines = ["| what the push left | builds | failed | on green branches | failed |", "|---|---|---|---|---|"]
    lines += [
        f"| {TITLES[kind]} | {tally.shown(kind, False)} | {tally.shown(kind, True)} |" for kind in TITLES
    ]
    return head + "\n" + "\n".join(lines) + "\n" + TAIL


if __name__ == "__main__":
    sys.exit(main())
