"""Scores models that passed the validator, in a process of its own: one may crash it or hang it.

Reads a pickled list of (features, model) from stdin and prints one line a model. The same rows go
through onnxruntime's C API, its public API and ONNX's own reference, which shares no code with them.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from array import array
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.judged import ROOT

Model = tuple[tuple[tuple[str, int], ...], bytes]
ROWS = 4
CLOSE = 1e-3
PATIENCE_S = 60.0


def score_apart(models: Sequence[Model], patience_s: float = PATIENCE_S) -> list[str]:
    """Return what became of each model: a probability, a refusal, or what went wrong."""
    found: list[str] = []
    while len(found) < len(models):
        left = models[len(found) :]
        done = _run(left, patience_s + 2 * len(left))
        found += done
        if len(done) < len(left):
            found.append("WRONG: it crashed or hung the process that scored it")
    return found


def _run(models: Sequence[Model], limit_s: float) -> list[str]:
    command = [sys.executable, "-m", "tests.torture.scoring"]
    try:
        ran = subprocess.run(
            command,
            input=pickle.dumps(list(models)),
            capture_output=True,
            timeout=limit_s,
            cwd=ROOT,
            check=False,
        )
        return ran.stdout.decode().splitlines()
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode().splitlines()


def score(features: tuple[tuple[str, int], ...], model: bytes) -> str:
    """Return one line: "p ...", "refused ..." or "WRONG ..."."""
    from cigate.errors import CigateError
    from cigate.model import Bundle, open_predictor
    from tests.forests import make_manifest

    bundle = Bundle(make_manifest(model, b"", features), model, b"")
    chance = Random(7)
    rows = [array("f", [chance.gauss(0, 2) for _ in features]) for _ in range(ROWS)]
    answers: list[list[float] | None] = []
    for backend in ("capi", "python"):
        try:
            answers.append(open_predictor(bundle, backend).score(rows))
        except CigateError as error:
            answers.append(None)
            reason = str(error)
    fast, public = answers
    if (fast is None) != (public is None):
        return f"WRONG: one API takes it, the other does not: {reason}"
    if fast is None or public is None:
        return f"refused {reason}"
    if (
        not all(0.0 <= p <= 1.0 for p in fast + public)
        or max(abs(a - b) for a, b in zip(fast, public, strict=True)) > 1e-6
    ):
        return f"WRONG: {fast} by one API, {public} by the other"
    told = reference(model, rows)
    if told is not None and max(abs(a - b) for a, b in zip(fast, told, strict=True)) > CLOSE:
        return f"WRONG: {fast}, but the reference says {told}"
    return f"p {fast}"


def reference(model: bytes, rows: Sequence[array[float]]) -> list[float] | None:
    """Return what ONNX's own evaluator, written in Python, makes of the rows; None where it cannot."""
    import numpy
    from onnx.reference import ReferenceEvaluator

    found: Any
    matrix = numpy.array([list(row) for row in rows], numpy.float32)
    try:
        (found,) = ReferenceEvaluator(model).run(["probabilities"], {"features": matrix})
    except Exception:
        return None  # it knows fewer forms than onnxruntime does
    return [float(p) for p in found[:, 1]]


if __name__ == "__main__":
    for features, model in pickle.load(sys.stdin.buffer):
        print(score(features, model), flush=True)
