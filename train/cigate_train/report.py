"""What a training prints: plain text below 80 columns, figures always beside the echo's. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

import numpy as np
import pandas as pd
from sklearn.metrics import classification_report

from .card import day
from .contest import contest_table, kept_text
from .evaluate import Figures
from .layout import WIDTH, entry, figure, percent
from .thresholds import Choice
from .training import Course

LABELS = ("all      forest", "         echo", "green    forest", "         echo")
STATES = {"green": "green branches", "first": "new branches", "red": "red branches"}
LEGEND = (
    "echo: what happened last on the branch, else in the project, happens again; its alarms are such"
    " failures. local: AUC within fifths of the tested time. calib.: calibration error, 10 bins."
    " R@10: recall when 10 % of the passing builds are alarmed. P@5: failures among the riskiest 5 %."
)
WARN_RULES = {
    "budget": "{share} of the validation pushes to branches not red; {precision} of those failed",
    "costs": "that saves more than it costs; {share} of the validation pushes, {precision} of those failed",
    "f1": "best F1 on the validation builds; {share} of them, {precision} of those failed",
    "default": "not chosen, {why}",
}


def render_report(course: Course) -> str:
    """Return the report of a training, ending with a newline."""
    evaluation = course.evaluation
    judges = [evaluation.forest, evaluation.echo]
    if evaluation.green_forest.builds:
        judges += [evaluation.green_forest, evaluation.green_echo]
    lines = [
        *_data_lines(course),
        "",
        *_table(_scores(judges)),
        "",
        *_contest_lines(course),
        *_threshold_lines(course.choice),
        *_state_lines(course),
        "",
        *_table(_alarms(judges)),
        "",
        f"tested builds, the forest at p >= {evaluation.threshold:.3f}",
        *_classification_lines(course),
        "",
        *wrap(LEGEND, WIDTH),
    ]
    return "\n".join(lines) + "\n"


def _data_lines(course: Course) -> Iterator[str]:
    data, test, validation = course.dataset, course.test, course.validation
    everything, green = course.evaluation.forest, course.evaluation.green_forest
    yield from entry(
        "builds",
        f"{len(data):,}, pushed {day(int(data.pushed_at[0]))} to {day(int(data.pushed_at[-1]))};"
        f" {percent(data.failures / len(data))} failed; {data.rows.shape[1]} features",
    )
    if data.synthetic:
        yield f"        SYNTHETIC: {data.synthetic:,} of them are made up; this says nothing of real ones"
    learned = validation if course.forest else test
    thresholds = "next ones" if course.forest else "newest of these"
    yield from entry(
        "learned",
        f"from the {learned.early.size:,} that had finished before {day(learned.at)}"
        f" ({learned.unfinished:,} still running are left out); thresholds from the"
        f" {validation.late.size:,} {thresholds}",
    )
    tested = f"on the newest {everything.builds:,}; {percent(everything.base_rate)} failed"
    if green.builds:
        tested += f"; {green.builds:,} to green branches, {percent(green.base_rate)} of these failed"
    elif not data.has_branches:
        tested += "; no branches are known, so none is known to be green"
    yield from entry("tested", tested)


def _contest_lines(course: Course) -> Iterator[str]:
    if course.left_out:
        yield from entry("rivals", f"not compared: {course.left_out}")
    if len(course.rivals) > 1:
        yield from entry("kept", kept_text(course))
        yield ""
        yield from _table(contest_table(course))
        yield ""


def _scores(judges: list[Figures]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "AUC": [figure(j.auc) for j in judges],
            "(95 %)": [f"({figure(j.auc_low, 2)} {figure(j.auc_high, 2)})" for j in judges],
            "local": [figure(j.local_auc) for j in judges],
            "AP": [figure(j.average_precision) for j in judges],
            "Brier": [figure(j.brier) for j in judges],
            "calib.": [figure(j.calibration_error) for j in judges],
        },
        index=LABELS[: len(judges)],
    )


def _alarms(judges: list[Figures]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "alarms": [f"{j.alarms:,}" for j in judges],
            "accuracy": [figure(j.accuracy) for j in judges],
            "precision": [figure(j.precision) for j in judges],
            "recall": [figure(j.recall) for j in judges],
            "F1": [figure(j.f1) for j in judges],
            "R@10": [figure(j.recall_at_10) for j in judges],
            "P@5": [figure(j.precision_top_5) for j in judges],
        },
        index=LABELS[: len(judges)],
    )


def _table(frame: pd.DataFrame) -> list[str]:
    return [line.rstrip() for line in frame.to_string().splitlines()]


def _state_lines(course: Course) -> Iterator[str]:
    label = "alarms"
    for name, seen in course.alarms_by_state.items():
        if seen["builds"]:
            rightly = f", {percent(seen['hits'] / seen['alarms'])} of these rightly" if seen["alarms"] else ""
            failed = percent(seen["failures"] / seen["builds"])
            text = f"{STATES[name]}: {seen['alarms']:,} of {seen['builds']:,} builds{rightly}; {failed} fail"
            yield from entry(label, text)
            label = ""


def _classification_lines(course: Course) -> list[str]:
    text = classification_report(
        course.dataset.failed[course.test.late],
        course.test_scores >= course.evaluation.threshold,
        labels=np.array([False, True]),
        target_names=["passed", "failed"],
        digits=3,
        zero_division=0,
    )
    return [line.rstrip() for line in str(text).splitlines() if line.strip()]


def _threshold_lines(choice: Choice) -> Iterator[str]:
    thresholds = choice.thresholds
    rule = WARN_RULES[choice.warn_rule].format(
        share=percent(choice.warned_share),
        precision=percent(choice.precision),
        why=thresholds.block_why,
    )
    yield from entry("warn", f"from p = {thresholds.warn:.3f}: {rule}")
    if choice.warn_rule == "budget" and choice.best_f1 > choice.f1:
        yield from entry(
            "",
            f"over all validation builds this is F1 {figure(choice.f1)}, the best threshold's is"
            f" {figure(choice.best_f1)}: the budget is kept",
        )
    if thresholds.block is None:
        yield from entry("block", f"never: {thresholds.block_why}")
    else:
        yield f"block   from p = {thresholds.block:.3f}"
