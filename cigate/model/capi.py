"""Scoring through onnxruntime's C API, without importing onnxruntime or numpy.

On the path of every push: most of what `import onnxruntime` costs is numpy, which one row does not
need. Everything is checked before and after each call; whatever is not as expected raises
CapiUnavailable, and the caller takes the public API instead.
"""

from __future__ import annotations

import ctypes
import sys
from array import array
from ctypes import c_char_p, c_float, c_int, c_int64, c_size_t, c_void_p

from cigate.model.library import Api, CapiUnavailable, find_library
from cigate.model.telemetry import forbid_telemetry

LOG_FATAL = 4
FLOAT = 1  # ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
DEVICE_ALLOCATOR, DEFAULT_MEMORY = 0, 0


class CapiEngine:
    """One session made from a model's bytes; `run` takes rows and returns two columns.

    Raises CapiUnavailable from every method. Not for use by several threads at once.
    """

    __slots__ = ("_api", "_input", "_made", "_memory", "_output", "_session")

    def __init__(self, model: bytes, input_name: str, output_name: str) -> None:
        self._made: list[tuple[str, c_void_p]] = []
        self._input = (c_char_p * 1)(input_name.encode())
        self._output = (c_char_p * 1)(output_name.encode())
        forbid_telemetry()
        self._api = Api(find_library(sys.path))
        try:
            self._open(model)
        except BaseException:
            self.close()
            raise

    def _open(self, model: bytes) -> None:
        api = self._api
        env = self._keep("Env", api.create("CreateEnv", LOG_FATAL, b"cigate"))
        options = self._keep("SessionOptions", api.create("CreateSessionOptions"))
        api.call("SetSessionLogSeverityLevel", options, LOG_FATAL)
        api.call("SetSessionGraphOptimizationLevel", options, 0)
        api.call("SetIntraOpNumThreads", options, 1)
        self._session = self._keep(
            "Session", api.create("CreateSessionFromArray", env, model, len(model), options)
        )
        self._memory = self._keep(
            "MemoryInfo", api.create("CreateCpuMemoryInfo", DEVICE_ALLOCATOR, DEFAULT_MEMORY)
        )

    def _keep(self, kind: str, made: c_void_p) -> c_void_p:
        self._made.append((kind, made))
        return made

    def run(self, flat: array[float], n_rows: int) -> array[float]:
        """Score `n_rows` rows laid end to end in `flat` (float32); return n_rows x 2 float32."""
        if flat.typecode != "f" or flat.itemsize != 4 or n_rows < 1 or len(flat) % n_rows:
            raise CapiUnavailable("the rows are not whole rows of float32")
        if not self._made:
            raise CapiUnavailable("the session is closed")
        api = self._api
        data = (c_float * len(flat)).from_buffer(flat)
        shape = (c_int64 * 2)(n_rows, len(flat) // n_rows)
        value = api.create(
            "CreateTensorWithDataAsOrtValue",
            *(self._memory, data, 4 * len(flat), shape, 2, FLOAT),
        )
        result = (c_void_p * 1)()
        try:
            inputs = (c_void_p * 1)(value)
            api.call("Run", self._session, None, self._input, inputs, 1, self._output, 1, result)
            return self._read(c_void_p(result[0]), n_rows)
        finally:
            api.release("Value", value)
            if result[0]:
                api.release("Value", c_void_p(result[0]))

    def _read(self, value: c_void_p, n_rows: int) -> array[float]:
        api = self._api
        if not value.value or api.read_int(c_int, "IsTensor", value) != 1:
            raise CapiUnavailable("the output is no tensor")
        info = api.create("GetTensorTypeAndShape", value)
        try:
            kind = api.read_int(c_int, "GetTensorElementType", info)
            rank = api.read_int(c_size_t, "GetDimensionsCount", info)
            shape = (c_int64 * 2)()
            if kind == FLOAT and rank == 2:
                api.call("GetDimensions", info, shape, 2)
        finally:
            api.release("TensorTypeAndShapeInfo", info)
        if tuple(shape) != (n_rows, 2):
            raise CapiUnavailable("the output is not two float32 columns with one row each")
        address = api.create("GetTensorMutableData", value)
        out = array("f")
        out.frombytes(ctypes.string_at(address, 8 * n_rows))
        return out

    def close(self) -> None:
        """Release everything, last made first; calling it again does nothing."""
        while self._made:
            self._api.release(*self._made.pop())

    def __del__(self) -> None:
        if hasattr(self, "_api"):
            self.close()
