"""Scores rows of features with a bundle's model, and refuses what cannot be a probability.

Chooses the backend: the C API where it works, else the public API, saying why. Reads no
environment and decides nothing about the score.
"""

from __future__ import annotations

from array import array

from cigate.errors import DamagedBundle, ModelError, UsageError
from cigate.model.outline import INPUT, OUTPUT, check_outline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from cigate.model.bundle import Bundle
else:
    Protocol = object

BACKENDS = ("auto", "capi", "python")
ROUNDING = 1e-4  # a forest's probabilities are float32 sums over its trees


class Predictor(Protocol):
    """Anything that scores rows: `backend` did it, `why` says why it is not the fast one."""

    backend: str
    why: str

    def score(self, rows: Sequence[array[float]]) -> list[float]:
        """Return P(fail) for each row; a row is an array("f") with one number a feature."""


class Engine(Protocol):
    """A loaded model behind one of the two APIs."""

    def run(self, flat: array[float], n_rows: int) -> array[float]:
        """Score rows laid end to end; return n_rows x 2 float32."""

    def close(self) -> None:
        """Release the model."""


def open_predictor(bundle: Bundle, backend: str = "auto") -> Predictor:
    """Return a Predictor for the bundle's model; `backend` is "auto", "capi" or "python".

    With "auto" the C API is tried first, and anything unexpected there leads to the public API;
    `why` then holds the reason.

    Raises:
        DamagedBundle: where the model does not fit its manifest or cannot be loaded.
        ModelError: where "capi" was asked for and cannot be had, or onnxruntime is missing.
    """
    if backend not in BACKENDS:
        raise UsageError(f"there is no backend {backend!r}", f"use one of {', '.join(BACKENDS)}")
    check_outline(bundle.model, bundle.manifest.features)
    return _Scorer(bundle, backend)


class _Scorer:
    """A Predictor over one Engine, which it may replace by the public API's."""

    __slots__ = ("_backends", "_engine", "_model", "_names", "backend", "why")

    def __init__(self, bundle: Bundle, backend: str) -> None:
        self.backend = self.why = ""
        self._backends = ["capi", "python"] if backend == "auto" else [backend]
        self._model = bundle.model
        self._names = tuple(name for name, _ in bundle.manifest.features)
        self._engine = self._open_next()

    def _open_next(self) -> Engine:
        self.backend = self._backends.pop(0)
        if self.backend == "python":
            from cigate.model.python_backend import PythonEngine

            return PythonEngine(self._model, INPUT, OUTPUT)
        try:
            from cigate.model.capi import CapiEngine

            return CapiEngine(self._model, INPUT, OUTPUT)
        except Exception as error:  # whatever it is, the public API is the better judge of it
            self._give_up(error)
            return self._open_next()

    def _give_up(self, error: Exception) -> None:
        self.why = str(error) or type(error).__name__
        if not self._backends:
            raise ModelError(
                f"onnxruntime's C API cannot be used: {self.why}", "use the backend auto or python"
            ) from None

    def score(self, rows: Sequence[array[float]]) -> list[float]:
        """Return P(fail) for each row; a row is an array("f") with one number a feature.

        Raises:
            ModelError: where a row is not of that form or holds a number that is not finite.
            DamagedBundle: where the model answers with something that is no probability.
        """
        if not rows:
            return []
        flat = lay_out(rows, self._names)
        try:
            found = self._engine.run(flat, len(rows))
        except ModelError:
            raise
        except Exception as error:
            self._give_up(error)
            self._engine.close()
            self._engine = self._open_next()
            found = self._engine.run(flat, len(rows))
        return read_probabilities(found)

    def close(self) -> None:
        """Release the model; scoring afterwards opens nothing new."""
        self._backends = []
        self._engine.close()


def lay_out(rows: Sequence[array[float]], names: Sequence[str]) -> array[float]:
    """Return the rows end to end, checked: float32, one finite number for each of `names`."""
    flat = array("f")
    for row in rows:
        if getattr(row, "typecode", "") != "f" or len(row) != len(names):
            raise ModelError(f"a row of features is not {len(names)} float32 numbers")
        total = sum(row)
        if total - total != 0.0:  # NaN and infinities survive a sum; float32 cannot overflow it
            name = next(n for n, value in zip(names, row, strict=True) if value - value != 0.0)
            raise ModelError(
                f"feature {name!r} of this change is not a finite number",
                "please report this: it is an error in cigate, not in the change",
            )
        flat.extend(row)
    return flat


def read_probabilities(found: array[float]) -> list[float]:
    """Return the second column of (P(pass), P(fail)) pairs; refuse pairs that are none."""
    out = []
    for p_pass, p_fail in zip(found[::2], found[1::2], strict=True):
        # Written so that NaN fails.
        if not (-ROUNDING <= p_fail <= 1 + ROUNDING and abs(p_pass + p_fail - 1) <= ROUNDING):
            raise DamagedBundle(
                "the model answers with numbers that are no probabilities",
                "train a new model with `cigate train --export-onnx`, or fetch it anew",
            )
        out.append(min(max(p_fail, 0.0), 1.0))
    return out
