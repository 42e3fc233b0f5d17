"""onnxruntime's shared library through ctypes: where it lies, its version, its function table.

On the path of every push. Wrong use crashes instead of raising, so nothing here is called unless
the library is known to be new enough, and every status is checked and released.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import c_char_p, c_int, c_size_t, c_uint32, c_void_p

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

OLDEST = (1, 19)
API_VERSION = 16

_P = c_void_p
# Position in struct OrtApi (onnxruntime_c_api.h, group "version 1", which may only ever be
# appended to; 101 is its last member), then the argument types. Every one returns OrtStatus*.
_CALLS: dict[str, tuple[int, tuple[Any, ...]]] = {
    "CreateEnv": (3, (c_int, c_char_p, _P)),
    "CreateSessionFromArray": (8, (_P, c_char_p, c_size_t, _P, _P)),
    "Run": (9, (_P, _P, _P, _P, c_size_t, _P, c_size_t, _P)),
    "CreateSessionOptions": (10, (_P,)),
    "SetSessionLogSeverityLevel": (22, (_P, c_int)),
    "SetSessionGraphOptimizationLevel": (23, (_P, c_int)),
    "SetIntraOpNumThreads": (24, (_P, c_int)),
    "CreateTensorWithDataAsOrtValue": (49, (_P, _P, c_size_t, _P, c_size_t, c_int, _P)),
    "IsTensor": (50, (_P, _P)),
    "GetTensorMutableData": (51, (_P, _P)),
    "GetTensorElementType": (60, (_P, _P)),
    "GetDimensionsCount": (61, (_P, _P)),
    "GetDimensions": (62, (_P, _P, c_size_t)),
    "GetTensorTypeAndShape": (65, (_P, _P)),
    "CreateCpuMemoryInfo": (69, (c_int, c_int, _P)),
}
_GET_ERROR_MESSAGE = 2
_RELEASE_STATUS = 93
# Release functions return nothing and accept NULL.
_RELEASES = {
    "Env": 92,
    "MemoryInfo": 94,
    "Session": 95,
    "Value": 96,
    "TensorTypeAndShapeInfo": 99,
    "SessionOptions": 100,
}


class CapiUnavailable(Exception):
    """The library or one of its answers is not as expected; the public API must be used."""


class _ApiBase(ctypes.Structure):
    _fields_ = (
        ("GetApi", ctypes.CFUNCTYPE(c_void_p, c_uint32)),
        ("GetVersionString", ctypes.CFUNCTYPE(c_char_p)),
    )


def find_library(paths: list[str]) -> str:
    """Return the path of onnxruntime's shared library in the first installation on `paths`.

    Relative entries are passed over: a hook's working directory is the repository it judges.
    """
    for path in paths:
        folder = os.path.join(path, "onnxruntime", "capi")
        if not os.path.isabs(path) or not os.path.isdir(folder):
            continue
        found = [name for name in os.listdir(folder) if _is_library(name)]
        if len(found) != 1:
            raise CapiUnavailable(f"{len(found)} onnxruntime libraries lie in its folder")
        return os.path.join(folder, found[0])
    raise CapiUnavailable("onnxruntime's folder was not found")


def _is_library(name: str) -> bool:
    if name.startswith("libonnxruntime."):  # not libonnxruntime_providers_shared.so
        return ".so" in name or name.endswith(".dylib")
    return name == "onnxruntime.dll"


class Api:
    """The checked functions of one loaded library."""

    __slots__ = ("_calls", "_message", "_release_status", "_releases", "_table")

    def __init__(self, path: str) -> None:
        try:
            get_base = ctypes.CDLL(path).OrtGetApiBase
        except (OSError, AttributeError) as error:
            raise CapiUnavailable(f"onnxruntime's library does not load: {error}") from None
        get_base.argtypes, get_base.restype = (), ctypes.POINTER(_ApiBase)
        base = get_base()
        if not base:
            raise CapiUnavailable("onnxruntime's library offers no API")
        check_version(base.contents.GetVersionString() or b"")
        table = base.contents.GetApi(API_VERSION)
        if not table:
            raise CapiUnavailable(f"onnxruntime's library does not offer API {API_VERSION}")
        self._table = (c_void_p * 102).from_address(table)
        self._message = ctypes.CFUNCTYPE(c_char_p, _P)(self._address(_GET_ERROR_MESSAGE))
        self._release_status = ctypes.CFUNCTYPE(None, _P)(self._address(_RELEASE_STATUS))
        self._calls: dict[str, Callable[..., int | None]] = {}
        self._releases = {
            kind: ctypes.CFUNCTYPE(None, _P)(self._address(position)) for kind, position in _RELEASES.items()
        }

    def _address(self, position: int) -> int:
        address = self._table[position]
        if not address:
            raise CapiUnavailable(f"function {position} of onnxruntime's API is missing")
        return int(address)

    def call(self, name: str, *args: object) -> None:
        """Call one function, and raise with onnxruntime's own message where it fails.

        A null object is not passed on: the library would crash. None stands for an optional one.
        """
        if any(type(value) is c_void_p and not value.value for value in args):
            raise CapiUnavailable(f"{name} was to be given a null object")
        function = self._calls.get(name)
        if function is None:
            position, types = _CALLS[name]
            function = ctypes.CFUNCTYPE(c_void_p, *types)(self._address(position))
            self._calls[name] = function
        status = function(*args)
        if status:
            text = (self._message(status) or b"").decode("utf-8", "replace")
            self._release_status(status)
            raise CapiUnavailable(f"{name}: {text.splitlines()[0] if text else 'failed'}")

    def create(self, name: str, *args: object) -> c_void_p:
        """Call a function whose last argument receives a new object, and return the object."""
        made = c_void_p()
        self.call(name, *args, ctypes.byref(made))
        if not made.value:
            raise CapiUnavailable(f"{name} gave nothing")
        return made

    def read_int(self, kind: type[c_int] | type[c_size_t], name: str, owner: c_void_p) -> int:
        """Call a function that writes one number about `owner`."""
        number = kind()
        self.call(name, owner, ctypes.byref(number))
        return int(number.value)

    def release(self, kind: str, made: c_void_p) -> None:
        """Release one object."""
        self._releases[kind](made)


def check_version(version: bytes) -> None:
    """Refuse a library that is older than OLDEST or of another major version."""
    try:
        major, minor = (int(part) for part in version.split(b".")[:2])
    except ValueError:
        raise CapiUnavailable("onnxruntime's library does not say its version") from None
    if major != OLDEST[0] or minor < OLDEST[1]:
        raise CapiUnavailable(f"onnxruntime {major}.{minor} was never tried through its C API")
