"""Scoring through onnxruntime's public Python API: the fallback, and the reference in tests.

Costs the import of onnxruntime and numpy, so nothing here is imported before it is needed.
"""

from __future__ import annotations

from array import array

from cigate.errors import DamagedBundle, ModelError
from cigate.model.telemetry import forbid_telemetry

LOG_FATAL = 4


class PythonEngine:
    """One session made from a model's bytes; `run` takes rows and returns two columns."""

    __slots__ = ("_input", "_output", "_session")

    def __init__(self, model: bytes, input_name: str, output_name: str) -> None:
        forbid_telemetry()
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError(
                f"onnxruntime cannot be imported: {error}", "pip install 'onnxruntime>=1.19.2'"
            ) from None
        onnxruntime.set_default_logger_severity(LOG_FATAL)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = LOG_FATAL
        options.intra_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self._input, self._output = input_name, output_name
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its own classes have no common root that it promises
            raise _refused(error) from None

    def run(self, flat: array[float], n_rows: int) -> array[float]:
        """Score `n_rows` rows laid end to end in `flat` (float32); return n_rows x 2 float32.

        Raises:
            DamagedBundle: where the model does not run or gives something else.
        """
        import numpy

        rows = numpy.frombuffer(flat, numpy.float32).reshape(n_rows, -1)
        try:
            (found,) = self._session.run([self._output], {self._input: rows})
        except Exception as error:
            raise _refused(error) from None
        if getattr(found, "dtype", None) != numpy.float32 or found.shape != (n_rows, 2):
            raise DamagedBundle(
                "the model's output is not two float32 columns with one row each",
                "train a new model with `cigate train --export-onnx`, or fetch it anew",
            )
        out = array("f")
        out.frombytes(found.tobytes())
        return out

    def close(self) -> None:
        """Drop the session."""
        self._session = None


def _refused(error: Exception) -> DamagedBundle:
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return DamagedBundle(
        f"onnxruntime refuses the model: {reason[0][:200]}",
        "train a new model with `cigate train --export-onnx`, or fetch it anew",
    )
