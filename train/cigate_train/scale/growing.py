"""Grows a forest on an engine, and again where a worker died with data that nobody else had.

The seed of each tree is drawn before any is grown, so that no engine and no second try changes a bit.
"""

from __future__ import annotations

from typing import Any

from cigate.errors import CigateError, EngineError
from cigate_train.arrays import Mask, Rows
from cigate_train.fit import ForestSettings, fit_forest

from .engine import Engine

TRIES = 3


def grow(rows: Rows, failed: Mask, settings: ForestSettings, engine: Engine) -> Any:
    """Return the forest that `fit_forest` grows, its trees grown by the engine's workers.

    Raises:
        EngineError: workers died in each of TRIES tries, or the scheduler is gone.
    """
    said = ""
    for _ in range(TRIES):
        try:
            with engine.forests():
                return fit_forest(rows, failed, settings)
        except CigateError:
            raise
        except Exception as error:  # whatever Dask makes of a dead worker: its classes differ by version
            said = type(error).__name__
    raise EngineError(
        f"growing the forest on {engine.shown} failed {TRIES} times: {said}",
        "do the workers have the memory that docs/scale.md says? a lower row cap needs less",
    )
