"""The array types that training code passes around; names only, no behaviour."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Rows: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]
Scores: TypeAlias = NDArray[np.float64]
Times: TypeAlias = NDArray[np.int64]
Indices: TypeAlias = NDArray[np.intp]
States: TypeAlias = NDArray[np.int8]
