"""The flags of the commands that record: where records go, and what the CI does not say of a run.

Flags win over the CI's variables, and those over what git has checked out.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Final

from cigate.amounts import parse_deadline
from cigate.errors import GitError, ShallowError, UsageError
from cigate.git import Repository
from cigate.providers import Run, find_provider, read_run
from cigate.push import without_login

LOCAL: Final = "local"
STORE_VARIABLE: Final = "CIGATE_STORE"
DEADLINE_S: Final = 10.0
TEXTS: Final = ("provider", "run", "workflow", "job", "url", "head", "base", "branch", "target", "event")


def add_store_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say where records go."""
    add = parser.add_argument
    add("--repo", default=".", metavar="PATH", help="the repository (default: this one)")
    add(
        "--store",
        metavar="URL",
        help=f"where records go (default: the variable {STORE_VARIABLE}, else in the git directory)",
    )
    add("--spool", metavar="DIR", help="where records wait for a store (default: in the git directory)")


def add_deadline_argument(parser: argparse.ArgumentParser) -> None:
    """Add the flag that says how long a store may take."""
    parser.add_argument(
        "--deadline",
        type=parse_deadline,
        default=DEADLINE_S,
        metavar="SECONDS",
        help="how long the store may take for everything together (default: 10)",
    )


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what the CI's variables do not."""
    group = parser.add_argument_group("what the CI does not say, or says wrongly")
    add = group.add_argument
    add("--provider", metavar="NAME", help="which CI it is")
    add("--run", metavar="ID", help="the run: with attempt, workflow and job it names the build")
    add("--attempt", type=_attempt, metavar="N", help="which try of the same run it is (default: 1)")
    add("--workflow", metavar="NAME", help="the pipeline")
    add("--job", metavar="NAME", help="the job in it; '' for the whole run")
    add("--url", metavar="URL", help="where a person finds the run")
    add("--head", metavar="REV", help="the commit that was pushed (default: HEAD)")
    add("--base", metavar="REV", help="what the push started from; counts until the store knows a build")
    add("--branch", metavar="NAME", help="the branch it was pushed to")
    add("--target", metavar="NAME", help="the branch that a pull request wants to enter")
    add("--event", metavar="NAME", help="push, pull_request, schedule, ... (default: push)")
    add("--started-at", metavar="TIME", help="when it started (ISO, UTC, or Unix seconds)")
    add("--finished-at", metavar="TIME", help="when it ended (default: now)")


def run_of(args: argparse.Namespace, env: Mapping[str, str], repo: Repository) -> Run:
    """Return the run as flags, the CI and git tell it, in this order; its head is a commit that is here.

    Raises:
        GitError, ShallowError: the head is not here.
    """
    found = read_run(env) or Run(LOCAL)
    told = {name: getattr(args, name) for name in TEXTS}
    facts = {name: getattr(found, name) if told[name] is None else told[name] for name in TEXTS}
    head = find_head(repo, found.head, env) if told["head"] is None else repo.resolve(told["head"])
    base = facts["base"] if told["base"] is None else repo.resolve(told["base"])
    branch = facts["branch"]
    if not branch and found.provider == LOCAL and told["head"] is None:
        branch = _branch_checked_out(repo)
    return Run(
        provider=facts["provider"] or found.provider,
        run=facts["run"],
        attempt=args.attempt or found.attempt,
        workflow=facts["workflow"],
        job=facts["job"],
        url=without_login(facts["url"]),
        head=head,
        base=base,
        branch=branch,
        target=facts["target"],
        event=facts["event"] or "push",
        started_at=found.started_at,
    )


def find_head(repo: Repository, head: str, env: Mapping[str, str]) -> str:
    """Return the commit that the CI names, the one checked out where it names none."""
    try:
        return repo.resolve(head or "HEAD")
    except GitError:
        if not head:
            raise
    said = f"the commit that was pushed, {head[:12]}, is not in this clone"
    provider = find_provider(env)
    if repo.shallow:
        raise ShallowError(said, f"{provider.DEEPER}, or git fetch --unshallow" if provider else "")
    raise GitError(said, "git fetch brings it; on GitHub the ref refs/pull/NUMBER/head has it")


def _branch_checked_out(repo: Repository) -> str:
    try:
        return os.fsdecode(repo.run(["symbolic-ref", "--quiet", "--short", "HEAD"])).rstrip("\n")
    except GitError:
        return ""  # a detached HEAD


def _attempt(text: str) -> int:
    from cigate.tables.values import BadValue, parse_attempt

    try:
        return parse_attempt(text)
    except BadValue as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def time_of(args: argparse.Namespace, name: str) -> int:
    """Return the time that a flag gives, 0 where it is not given."""
    from cigate.tables.values import BadValue, parse_time

    text = getattr(args, name)
    if text is None:
        return 0
    try:
        return parse_time(text)
    except BadValue as error:
        flag = "--" + name.replace("_", "-")
        raise UsageError(f"{flag} {text!r} {error}", f"for example {flag} 2026-11-01T12:00:00") from None
