"""Sums over many pixels, in this thread.

BLAS starts threads of its own for arrays of this size, which wait busily, and several second looks
go on at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["dot"]


def dot(a: npt.NDArray[np.floating[Any]], b: npt.NDArray[np.floating[Any]]) -> float:
    """The sum of the products of two arrays of one shape."""
    return float(np.sum(a * b))
