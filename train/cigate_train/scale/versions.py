"""What decides the bytes of a result: versions, the same on every worker and here."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

import cigate
from cigate.errors import EngineError

from .parts import digest_of_features

LIBRARIES = ("dask", "distributed", "joblib", "numpy", "pyarrow", "scikit-learn")


def versions() -> dict[str, str]:
    """Return what runs in this process, by name."""
    found = {
        "cigate": cigate.__version__,
        "python": platform.python_version(),
        "features": digest_of_features(),
    }
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "none"
    return found


def refuse_differences(workers: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse workers that run other versions than this process.

    Raises:
        EngineError: it names one of them, and what is different there.
    """
    here = versions()
    for worker, theirs in sorted(workers.items()):
        differing = [name for name in here if theirs.get(name, "none") != here[name]]
        if differing:
            listed = ", ".join(f"{name} {theirs.get(name, 'none')[:12]}" for name in differing)
            ours = ", ".join(f"{name} {here[name][:12]}" for name in differing)
            raise EngineError(
                f"the worker {worker} is not like this machine: it has {listed}; here it is {ours}",
                "install the same versions everywhere: results must not depend on who works",
            )
