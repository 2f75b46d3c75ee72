"""The compiled kernel of :mod:`lookalike.ranking.products`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lookalike.codes.compiled import compiled

__all__ = ["multiply"]


@compiled("void(int8[:, ::1], int32[:, ::1])")
def multiply(rows: npt.NDArray[np.int8], made: npt.NDArray[np.int32]) -> None:
    """``rows @ rows.T``."""
    for i in range(len(rows)):
        for j in range(i + 1):
            total = np.int32(0)
            for k in range(rows.shape[1]):
                total += np.int32(rows[i, k]) * np.int32(rows[j, k])
            made[i, j] = total
            made[j, i] = total
