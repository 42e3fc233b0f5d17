"""Builds of the past on their way into a store: joined to git, counted, and folded into the history.

The one flow, and the same words, behind `cigate import` and `cigate backfill`. Must not know where the
builds come from.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from cigate import places
from cigate.errors import CigateError, GitError
from cigate.git import Repository, refuse_shallow
from cigate.install import find_hook, find_place
from cigate.progress import track
from cigate.reporters.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.change import Commit
    from cigate.stores import Store
    from cigate.tables import Build


class Joiner:
    """Puts builds of commits into a store, in as many parts as they come; git is read once.

    Parts must come in the order in which their builds were pushed. `known` are the ids of all
    records that the store has by now.
    """

    def __init__(self, repo: Repository, store: Store) -> None:
        self._repo = repo
        self._store = store
        self._heads = {record.id: (record.change.pushed_at, record.change.head) for record in store.read()}
        self._commits: dict[str, Commit] = {}

    @property
    def known(self) -> Sequence[str]:
        """Return the ids of all records that the store has by now."""
        return list(self._heads)

    @property
    def commits(self) -> int:
        """Return how many commits of the repository were read."""
        return len(self._commits)

    def join(self, builds: Sequence[Build]) -> list[Build]:
        """Return the builds whose commit is in the repository.

        Raises:
            ShallowError, GitError: git cannot tell.
        """
        digits = 2 * self._repo.hash_bytes
        heads = list(
            {b.sha: None for b in builds if len(b.sha) == digits and b.sha not in self._commits},
        )
        if not self._commits:
            refuse_shallow(self._repo)
            reading = self._repo.read_commits(heads=heads, all_refs=True)
            self._commits = {commit.sha: commit for commit in track(reading, "reading commits")}
        elif heads:
            reading = self._repo.read_commits(heads=heads, not_remotes=True)
            self._commits |= {commit.sha: commit for commit in reading}
        return [build for build in builds if build.sha in self._commits]

    def add(self, joined: Sequence[Build]) -> int:
        """Store the records of builds that were joined; return how many were new."""
        from cigate.tables import join_commits, record_id

        ids = {record_id(build): (build.pushed_at, build.sha) for build in joined}
        others = [head for id, head in self._heads.items() if id not in ids]
        records = join_commits(joined, self._commits, others)
        new = self._store.append(track(records, "joining builds to commits", len(joined)))
        self._heads |= ids
        return new


def open_repository(path: str) -> Repository:
    """Return the repository at `path`, with the key of its authors' pseudonyms."""
    from cigate.config import read_config

    repo = Repository.open(path)
    off = read_config(repo.top, os.environ).no_authors
    repo.author_key = places.author_key(repo, os.environ, create=True, off=off)
    return repo


def served_workflow(repo: Repository) -> str:
    """Return the workflow whose builds pushes are judged by, "" for all."""
    from cigate.config import read_config

    return read_config(repo.top, os.environ).workflow


def renew_history(repo: Repository, store: Store, workflow: str) -> None:
    """Renew the snapshot, also where nothing was new: an import before may have been interrupted."""
    from cigate.snapshots import refresh_history

    history = refresh_history(repo, store, workflow)
    of = f" of the workflow {escape(repr(workflow))}" if workflow else ""
    print(f"history pushes are judged by {count_builds(history.builds)}{of}, {history.failures:,} failed")


def say_joined(repo: Repository, builds: int, outcomes: Counter[str], commits: int) -> None:
    """Say how many of so many builds were joined, those with `outcomes`; refuse where none was.

    Raises:
        GitError: none was.
    """
    joined = outcomes.total()
    print(f"joined  {count_builds(joined)} to the {commits:,} commits of {escape(repo.path)}")
    if lost := builds - joined:
        print(f"        {count_builds(lost)} left out: commit not in this repository")
    say_outcomes(outcomes)
    if repo.missing:
        print(f"        {repo.missing:,} commits lack the content of a file: its lines are not counted")
    if not joined:
        raise GitError(
            f"none of the builds belongs to a commit of {repo.path}",
            "name their repository with --repo, or `git fetch` what it lacks",
        )


def say_outcomes(outcomes: Counter[str]) -> None:
    """Say how many builds passed, failed or ended otherwise."""
    bad = outcomes["failed"] + outcomes["errored"]
    mute = outcomes["canceled"] + outcomes["skipped"]
    print(f"        {outcomes['passed']:,} passed, {bad:,} failed", end="")
    print(f", {mute:,} canceled or skipped (kept, but nothing to learn from)" if mute else "")


def say_next(renewed: Repository | None) -> None:
    """Say what to do next; `renewed` is the repository whose own history was, None for a store elsewhere."""
    if renewed is None:
        print("next    cigate train")
        return
    step = "git push, which is judged" if _is_hooked(renewed) else "cigate init"
    print(f"next    {step}; cigate train tells whether a model of your own would be better")


def _is_hooked(repo: Repository) -> bool:
    """Return whether cigate's own hook is here; an entry in a manager's file `cigate init` finds itself."""
    try:
        return bool(find_hook(find_place(repo)).own)
    except CigateError:
        return False


def count_builds(number: int) -> str:
    """Return the number with its noun."""
    return f"{number:,} build{'s' * (number != 1)}"
