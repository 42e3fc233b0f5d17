"""The gate of a pipeline: judges what a step stands for, by the base's configuration, or by a draw.

The one flow behind `cigate predict` and `cigate run`. Whatever may take long (more of the past, a store to
read) happens before the time limit of judging begins.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from time import monotonic, time

from cigate.config import Config
from cigate.errors import CigateError, ShallowError
from cigate.exploring import explore
from cigate.judgement import Report
from cigate.judging import Occasion, Ref, judge_refs
from cigate.ledger import append_report
from cigate.pipeline import HISTORY_VARIABLE, Step
from cigate.places import author_key, store_url
from cigate.providers import find_provider
from cigate.reporters.escape import escape
from cigate.walk import MAX_COMMITS

PATIENCE_S = 60.0  # nobody sits before a pipeline; a busy runner needs more than a push may take


def judge_step(
    step: Step,
    args: argparse.Namespace,
    env: Mapping[str, str],
    door: str,
    in_full: bool = False,
    scored: bool = False,
) -> Report:
    """Return the report on what `step` brings; the ledger notes it. `args`: mode, model, history, explore.

    `scored` adds what became of the judgements given here before.

    Raises:
        CigateError: it cannot be judged; for a clone that is too shallow with the setting that mends it.
    """
    with step.configured(env, {"ci-mode": args.mode, "model": args.model}) as config:
        config = config.with_patience(PATIENCE_S)
        step.repo.author_key = author_key(step.repo, env, off=config.no_authors)
        url = args.history or env.get(HISTORY_VARIABLE, "").strip()
        notes = (*step.notes, *(_learn(step, url, config) if url else ()))
        try:
            report = _judge(step, config, env, notes, in_full)
        except ShallowError as error:
            provider = find_provider(env)
            hint = f"{provider.DEEPER}, or {error.hint}" if provider else error.hint
            raise ShallowError(str(error), hint) from None
    report = explore(report, args.explore, step.run.provider, step.run.run)
    append_report(step.repo, report, door)
    if scored:
        report = report.with_scorecard(_scorecard(step, url, config))
    if report.unchanged and step.base is None:
        print("cigate: a remote has all of it; --base REV names what to compare with", file=sys.stderr)
    return report


def _judge(
    step: Step, config: Config, env: Mapping[str, str], notes: tuple[str, ...], in_full: bool
) -> Report:
    started = monotonic()
    base = [step.base] if step.base else []
    reading = step.repo.start_reading([step.head], base, not_remotes=step.base is None, limit=MAX_COMMITS)
    return judge_refs(
        step.repo,
        reading,
        [Ref(step.branch or step.head[:12], step.branch, step.head)],
        config,
        env,
        Occasion(int(time()), started, config.ci_mode, notes=notes, explain_all=True, in_full=in_full),
    )


def _learn(step: Step, url: str, config: Config) -> tuple[str, ...]:
    """Fold a store's builds into the history that judges here; that it does not answer stops nothing."""
    from cigate.deadline import Deadline
    from cigate.runflags import DEADLINE_S
    from cigate.snapshots import refresh_history
    from cigate.stores import open_store

    store = open_store(url, DEADLINE_S)
    try:
        Deadline(DEADLINE_S).run(
            f"the store {store.shown}", lambda: refresh_history(step.repo, store, config.workflow)
        )
    except CigateError as error:
        print(f"cigate: {escape(str(error))}", file=sys.stderr)
        return ("the store did not answer",)
    return ()


def _scorecard(step: Step, url: str, config: Config) -> tuple[tuple[str, str], ...]:
    """Return what became of the judgements in the ledger; that nobody knows stops nothing."""
    from cigate.deadline import Deadline
    from cigate.runflags import DEADLINE_S
    from cigate.scoring import score_store

    where = url or store_url(step.repo)
    try:
        return Deadline(DEADLINE_S).run(
            "the scorecard", lambda: score_store(step.repo, where, config.workflow)
        )
    except CigateError as error:
        print(f"cigate: no scorecard: {escape(str(error))}", file=sys.stderr)
        return ()
