"""Keeps onnxruntime from reporting to its maker.

Its wheels from 1.29 on send process and model data over the network from the moment that the
library starts, and leave a device id and a database in the home directory. A guard of
unpublished commits must not; only the environment variable stops all of it.
"""

from __future__ import annotations

import os


def forbid_telemetry() -> None:
    """Switch onnxruntime's reports off for this process, before the library is loaded."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
