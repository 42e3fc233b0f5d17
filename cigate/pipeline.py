"""What a step of a pipeline judges, and by whose configuration: flags first, then the CI, then git.

The one answer for `cigate predict` and `cigate run`. In a CI everything is on the remote already, so the
base that the CI names is what counts; on a laptop it is whatever no remote has.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Final

from cigate.amounts import parse_probability
from cigate.change import Fact
from cigate.config import Config, blocks_on_error, read_config, variable_of
from cigate.errors import GitError, ShallowError
from cigate.git import Repository
from cigate.providers import Run, read_run
from cigate.providers.run import parse_id
from cigate.runflags import LOCAL, find_head
from cigate.trusted import Base

MOST_DEEPENED: Final = 100_000
HISTORY_VARIABLE: Final = "CIGATE_HISTORY"


class Step(Fact):
    """Where a step of a pipeline stands.

    `base` is None for what no remote has, "" for all that the head has; `trusted` is the commit whose
    configuration holds, None for the work tree's own; `notes` are told with the judgement.
    """

    __slots__ = ("base", "branch", "head", "notes", "repo", "run", "trusted")

    def __init__(
        self,
        repo: Repository,
        run: Run,
        head: str,
        base: str | None,
        branch: str,
        trusted: Base | None,
        notes: tuple[str, ...],
    ) -> None:
        self.repo: Final = repo
        self.run: Final = run
        self.head: Final = head
        self.base: Final = base
        self.branch: Final = branch
        self.trusted: Final = trusted
        self.notes: Final = notes

    @contextmanager
    def configured(self, env: Mapping[str, str], flags: Mapping[str, object]) -> Iterator[Config]:
        """Give the configuration that holds for this step, and keep what it names while it is used."""
        if self.trusted is None:
            yield read_config(self.repo.top, env, flags)
            return
        config = self.trusted.config(env, flags)
        named = flags.get("model") or env.get(variable_of("model"))
        with nullcontext(config) if named else self.trusted.model(config) as held:
            yield held

    def blocks_on_error(self, env: Mapping[str, str]) -> bool:
        """Return whether what cannot be judged must not go on."""
        if self.trusted is None:
            return blocks_on_error(self.repo.top, env)
        return self.trusted.blocks_on_error(env)


def add_gate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a step that decides whether a pipeline goes on."""
    group = parser.add_argument_group("a gate in a pipeline")
    add = group.add_argument
    add(
        "--explore",
        type=parse_probability,
        default=0.0,
        metavar="P",
        help="let this share of what would be blocked run all the same, drawn by run and commit (default: 0)",
    )
    add(
        "--deepen",
        type=_commits,
        default=0,
        metavar="N",
        help="fetch up to N commits more from origin where a shallow clone lacks them (default: 0)",
    )
    add(
        "--history",
        metavar="URL",
        help=f"the store whose builds count (default: the variable {HISTORY_VARIABLE}, else what is here)",
    )
    add(
        "--config-from",
        metavar="REV",
        help="read the configuration from this commit (default: in a CI the base, else the work tree)",
    )


def _commits(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > MOST_DEEPENED:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to {MOST_DEEPENED}")
    return int(text)


def find_step(args: argparse.Namespace, env: Mapping[str, str]) -> Step:
    """Return what `args` (repo, base, head, branch, deepen, config_from), the CI and git tell.

    Raises:
        GitError, ShallowError: a commit that is named is not here.
    """
    repo = Repository.open(args.repo)
    run = _told(args, read_run(env) or Run(LOCAL))
    notes: tuple[str, ...] = ()
    if args.deepen and repo.shallow:
        repo, notes = _deepened(repo, args, run)
    head = find_head(repo, run.head, env) if args.head is None else repo.resolve(args.head)
    base = _base(repo, args, run, head)
    branch = args.branch or ""
    if not branch:
        elsewhere = run.provider == LOCAL or args.head is not None
        branch = branch_of(repo, args.head) if elsewhere else run.branch
    return Step(repo, run, head, base, branch, _trusted(repo, args.config_from, base, run), notes)


def _told(args: argparse.Namespace, run: Run) -> Run:
    """Return the run with what flags say of it, where a command has such flags."""
    facts = {name: getattr(run, name) for name in Run.__slots__}
    given = {name: getattr(args, name, None) for name in ("provider", "run", "target")}
    return Run(**{**facts, **{name: value for name, value in given.items() if value is not None}})


def _deepened(repo: Repository, args: argparse.Namespace, run: Run) -> tuple[Repository, tuple[str, ...]]:
    from cigate.git.deepening import deepen

    head, base = args.head or run.head, args.base or run.base
    repo, trouble = deepen(repo, parse_id(head) or repo.resolve(head or "HEAD"), parse_id(base), args.deepen)
    return repo, (f"the clone could not be deepened: {trouble}",) if trouble else ()


def _base(repo: Repository, args: argparse.Namespace, run: Run, head: str) -> str | None:
    """Return what the head is compared with.

    In a CI: the base that it names, else the branch that is to be entered, else the commit before. A clone
    that is too shallow for all of them is refused: nothing to compare with is not nothing to judge.
    """
    if args.base is not None:
        return repo.resolve(args.base)
    if run.provider == LOCAL:
        return None
    named = [run.base] if run.base and run.base != head else []
    target = [f"refs/remotes/origin/{run.target}"] if run.target else []
    for rev in [*named, *target, f"{head}^"]:
        try:
            return repo.resolve(rev)
        except GitError:
            if repo.shallow and not args.deepen:
                break
    if repo.shallow:
        what = f"the base {run.base[:12]}" if named else "the commit before"
        raise ShallowError(f"the clone is too shallow: {what} is not in it", "cigate predict --deepen 1000")
    return ""


def _trusted(repo: Repository, asked: str | None, base: str | None, run: Run) -> Base | None:
    if asked is not None:
        return Base(repo, repo.resolve(asked))
    return None if run.provider == LOCAL else Base(repo, base or "")


def branch_of(repo: Repository, rev: str | None) -> str:
    """Return the branch that `rev` (None: HEAD) names, "" where it names none."""
    try:
        if rev is None:
            return os.fsdecode(repo.run(["symbolic-ref", "--quiet", "--short", "HEAD"])).rstrip("\n")
        listed = repo.run(["for-each-ref", "--format=%(refname:short)", "refs/heads"])
    except GitError:
        return ""  # a detached HEAD
    return rev if rev in os.fsdecode(listed).split("\n") else ""
