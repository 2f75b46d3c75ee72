"""Products of all pairs of rows of small whole numbers, in this thread.

BLAS would start threads of its own for a short list's matrix, which go on waiting busily long after
it is done: 50 ms of processor time for a search, on two processors. Whole numbers also take no
longer here than floats do there. A process that has no compiled code yet, such as a command that
searches once in a small library, loads none for this: it takes longer than BLAS could cost.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

__all__ = ["products"]

LONGEST = 2**31 // 2**14
"""Entries of a row, at most: the sum of so many products of two bytes fits into 32 bits."""


def products(rows: npt.NDArray[np.int8]) -> npt.NDArray[np.int32]:
    """``rows @ rows.T``, exactly.

    Args:
        rows: (n, d), d less than :data:`LONGEST`.

    Returns:
        (n, n), symmetric.
    """
    if "numba" not in sys.modules:
        wide = rows.astype(np.float64)
        return (wide @ wide.T).astype(np.int32)
    from lookalike.ranking.product_kernels import multiply

    made = np.empty((len(rows), len(rows)), np.int32)
    multiply(np.ascontiguousarray(rows), made)
    return made
