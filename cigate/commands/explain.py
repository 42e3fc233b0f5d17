"""`cigate explain`: the long form of a judgement, of what is about to be pushed or of a past build."""

from __future__ import annotations

import argparse
import os

from cigate.errors import GitError, HistoryError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cigate.broken import Broken
    from cigate.change import BuildRecord, Change
    from cigate.config import Config
    from cigate.failures import Failure
    from cigate.git import Repository
    from cigate.hindsight import Hindsight
    from cigate.history import History
    from cigate.judge import Judge

HELP = "explain a judgement: every effect, what to leave out, failures alike; for past builds too"
LOOK_S = 30.0
EXAMPLE = "cigate explain main~3..main"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `cigate explain` understands."""
    add = parser.add_argument
    add(
        "what", nargs="?", metavar="REV", help="a commit, or a range A..B (default: HEAD, what no remote has)"
    )
    add("--build", metavar="ID", help="a past build of the store, as of the moment it was pushed")
    add("--repo", default=".", metavar="PATH", help="the repository (default: this one)")
    add("--store", metavar="URL", help="where builds are (default: as `cigate record` has it)")
    add("--workflow", metavar="NAME", help="take only this workflow's builds")
    add("--model", metavar="DIR", help="the folder of the model (default: as configured)")
    add("--branch", metavar="NAME", help="the branch it would be pushed to (default: the one checked out)")
    add("--format", choices=("text", "json"), default="text", help="words or docs/explain.md's JSON")


def run(args: argparse.Namespace) -> int:
    """Find the change and what was known of it, explain, and print."""
    from dataclasses import replace

    from cigate.config import read_config
    from cigate.explanation import explain_change
    from cigate.failures import read_failures
    from cigate.git import Repository
    from cigate.judge import find_model, open_judge
    from cigate.places import author_key
    from cigate.reporters.explained import render_json, render_text

    if args.what and args.build:
        raise UsageError("REV names commits, --build a past build: give one of them", EXAMPLE)
    repo = Repository.open(args.repo)
    config = read_config(repo.top, os.environ, {"model": args.model, "workflow": args.workflow})
    repo.author_key = author_key(repo, os.environ, off=config.no_authors)
    judge = open_judge(find_model(repo, config), repo, os.environ)
    past = _past(args, repo, config) if args.build else None
    if past and not past.history.builds:
        raise HistoryError("nothing was known when that build was pushed", "explain a later one")
    change = past.record.change if past else _change(args, repo)
    history: History = past.history if past else judge.history
    failures: list[Failure] = list(past.failures) if past else read_failures(repo)
    said = explain_change(change, history, judge.predictor, judge.manifest.typical, failures)
    signals, note = _signals(repo, change, config)
    said = replace(said, signals=signals)
    told = (*_told(judge, history, change, repo, config, past), *([("files", note)] if note else []))
    render = render_json if args.format == "json" else render_text
    print(render(said, told, past), end="")
    return 0


def _signals(repo: Repository, change: Change, config: Config) -> tuple[tuple[Broken, ...], str]:
    """Return the files of `change` that cannot be right, and what was not looked at."""
    from time import monotonic

    from cigate.signals import Look

    if config.hard_signals == "off":
        return (), ""
    (signals,), note = Look(repo, [change], thorough=True).signals(monotonic() + LOOK_S)
    return signals, note


def _past(args: argparse.Namespace, repo: Repository, config: Config) -> Hindsight:
    from cigate.hindsight import look_back
    from cigate.recording import store_url
    from cigate.stores import open_store

    def wanted(record: BuildRecord) -> bool:
        return bool(record.id == args.build)

    store = open_store(store_url(args, repo, os.environ))
    try:
        return look_back(store, wanted, config.workflow, repr(args.build))
    finally:
        store.close()


def _change(args: argparse.Namespace, repo: Repository) -> Change:
    """Return the change that is asked for: a range, what no remote has of a commit, else the commit alone."""
    from time import time

    from cigate.pipeline import branch_of
    from cigate.walk import MAX_COMMITS, change_of

    base, dots, rev = (args.what or "HEAD").rpartition("..")
    head = repo.resolve(rev.lstrip(".") or "HEAD")
    bases = [repo.resolve(base.rstrip(".") or "HEAD")] if dots else []
    branch = args.branch or branch_of(repo, rev if args.what else None)
    for exclude, not_remotes in ((bases, not dots), (_parent(repo, head), False)):
        reading = repo.start_reading([head], exclude, not_remotes=not_remotes, limit=MAX_COMMITS)
        try:
            commits = {commit.sha: commit for commit in reading.commits()}
            found = change_of(head, commits, (), branch=branch, pushed_at=int(time()), limit=MAX_COMMITS)
        finally:
            reading.close()
        if found.commits:
            return found
        if dots:
            break
    raise UsageError(f"{args.what} brings no commit", EXAMPLE)


def _parent(repo: Repository, head: str) -> list[str]:
    try:
        return [repo.resolve(f"{head}^")]
    except GitError:
        return []  # a root


def _told(
    judge: Judge, history: History, change: Change, repo: Repository, config: Config, past: Hindsight | None
) -> list[tuple[str, str]]:
    """Return what judged, in named lines."""
    from cigate.alarms import open_alarms
    from cigate.judge import limits_of
    from cigate.promises import promises_of
    from cigate.reporters.text import age_text, date_text, limits_text, model_text, thresholds_texts

    model = judge.model_facts
    lines = [
        (
            "model",
            f"{model_text(model)}: {model.model_id}; {limits_text(limits_of(judge.manifest, repo, config))}",
        )
    ]
    if not past:
        alarms = open_alarms(repo, judge.manifest)
        lines += [("", text) for text in thresholds_texts(alarms.thresholds)]
    if past and model.created_at > past.record.finished_at:
        lines.append(
            ("", f"made after that build ended on {date_text(past.record.finished_at)}: it may know it")
        )
    lines += [("", promise) for promise in promises_of(judge.manifest.card)]
    age = age_text(history.as_of, change.pushed_at)
    lines.append(("history", f"{history.builds:,} builds, {history.failures:,} failed; {age}"))
    return lines
