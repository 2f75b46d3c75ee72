"""The brightness of the cells of a picture in NumPy alone, for the first pictures of a process.

It gives what :mod:`lookalike.encoders.pdq_area_kernels` gives, to the last digit: all is exact.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["area_sums"]

_GRID = 64
_WEIGHTS = np.array([299, 587, 114], np.int64)


def area_sums(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """The sums of brightness over the cells of a grid of 64 x 64 laid over a picture.

    A pixel counts as 64 x 64 parts, so that each cell holds height x width of them, a whole number
    whatever the size.

    Args:
        picture: RGB, uint8 (height, width, 3).

    Returns:
        int64 (64, 64): 299 R + 587 G + 114 B of the parts in each cell.
    """
    height, width, _ = picture.shape
    down = _sums(picture.reshape(height, width * 3))
    return _sums((down.reshape(_GRID, width, 3) @ _WEIGHTS).T).T


def _sums(lines: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Sums over 64 cells of equal height, in 1/64 of a line: (n, m) to (64, m)."""
    n, m = lines.shape
    rims = np.arange(_GRID + 1) * n
    whole, part = np.divmod(rims, _GRID)
    above = np.zeros((_GRID + 1, m), np.int64)  # 64ths of the lines above each rim
    for cell, (first, end) in enumerate(pairwise(whole.tolist()), 1):
        np.add.reduce(lines[first:end], axis=0, dtype=np.int64, out=above[cell])
    np.cumsum(above, axis=0, out=above)
    above *= _GRID
    above[:-1] += part[:-1, None] * lines[whole[:-1]]
    return np.diff(above, axis=0)
