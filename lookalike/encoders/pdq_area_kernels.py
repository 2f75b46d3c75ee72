"""The brightness of the cells of a picture, compiled: what every picture of an index run needs."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from lookalike.codes.compiled import compiled

__all__ = ["area_sums"]

_GRID = 64

_pixels: Any = numba.types.Array(numba.uint8, 1, "C", readonly=True)
_cells: Any = numba.types.Array(numba.int64, 2, "C")


@compiled(numba.void(_pixels, numba.int64, numba.int64, _cells))
def area_sums(
    pixels: npt.NDArray[np.uint8], height: int, width: int, cells: npt.NDArray[np.int64]
) -> None:
    """The sums of brightness over the cells of a grid of 64 x 64 laid over a picture.

    Args:
        pixels: RGB, uint8 (height * width * 3,), flat so that the loop knows its strides.
        height: in pixels.
        width: in pixels.
        cells: int64 (64, 64), written: as
            :func:`lookalike.encoders.pdq_area_plain.area_sums` gives them.
    """
    line = np.empty(width, np.int32)
    above = np.zeros(width, np.int64)  # 64ths of the lines above this one
    rim = np.zeros(width, np.int64)  # and of those above the cell that is being filled
    sums = np.empty(width, np.int64)
    cell = 0
    for y in range(height):
        start = 3 * width * y
        for x in range(width):
            at = start + 3 * x
            weighted = np.int32(299) * np.int32(pixels[at])
            weighted += np.int32(587) * np.int32(pixels[at + 1])
            weighted += np.int32(114) * np.int32(pixels[at + 2])
            line[x] = weighted
        # A small picture has several cells to a line.
        while cell < _GRID and (cell + 1) * height <= _GRID * (y + 1):
            part = (cell + 1) * height - _GRID * y
            for x in range(width):
                here = above[x] + part * line[x]
                sums[x] = here - rim[x]
                rim[x] = here
            column = 0
            left = begun = np.int64(0)
            for x in range(width):
                while column < _GRID and (column + 1) * width <= _GRID * (x + 1):
                    share = (column + 1) * width - _GRID * x
                    ended = left + share * sums[x]
                    cells[cell, column] = ended - begun
                    begun = ended
                    column += 1
                left += _GRID * sums[x]
            cell += 1
        for x in range(width):
            above[x] += _GRID * line[x]
