"""The compiled part of PDQ: from 8-bit RGB to the 16 x 16 low frequencies and the quality.

Sources: see :mod:`lookalike.encoders.perceptual`. Every float32 operation happens in the order of
the published C++ program, so that the codes agree with it to the bit; the loops run across the
lines of a picture instead of along them, where that order leaves the lines independent and SIMD can
be used. Of the last two box filters only what the decimation keeps is written.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from lookalike.codes.compiled import compiled

__all__ = ["low_frequencies", "luma"]

Floats = npt.NDArray[np.float32]

_GRID = 64  # the picture is brought to _GRID x _GRID before its cosine transform

_plane: Any = numba.types.Array(numba.float32, 2, "C")
_line: Any = numba.types.Array(numba.float32, 1, "C")
_constant: Any = numba.types.Array(numba.float32, 2, "C", readonly=True)
_pixels: Any = numba.types.Array(numba.uint8, 1, "C", readonly=True)
_indexes: Any = numba.types.Array(numba.int64, 1, "C")


@compiled(numba.void(_plane, numba.int64, _indexes, _plane))
def _box(source: Floats, window: int, kept: npt.NDArray[np.int64], target: Floats) -> None:
    """Mean over ``window`` rows around each of the rows ``kept``, by running sums.

    At the borders the mean is over the rows that exist. ``source`` is (n, m), ``kept`` ascending
    (may repeat), ``target`` (len(kept), m). A window of even width reaches one row further down.
    """
    n, m = source.shape
    ahead = (window + 2) // 2 - 1
    total = np.zeros(m, dtype=np.float32)
    done = 0
    for row in range(-ahead, n):
        entering = row + ahead
        leaving = entering - window
        if entering < n and leaving >= 0:
            for j in range(m):
                total[j] = (total[j] + source[entering, j]) - source[leaving, j]
        elif entering < n:
            for j in range(m):
                total[j] += source[entering, j]
        elif leaving >= 0:
            for j in range(m):
                total[j] -= source[leaving, j]
        count = np.float32(min(entering, n - 1) - max(leaving, -1))
        while done < len(kept) and kept[done] == row:
            for j in range(m):
                target[done, j] = total[j] / count
            done += 1


@compiled(numba.void(_plane, numba.int64))
def _box_along_rows(plane: Floats, window: int) -> None:
    """As :func:`_box`, along each row instead, in place and of every element.

    A running sum waits for the addition before it: four rows at a time keep the processor busy.
    """
    n, m = plane.shape
    ahead = (window + 2) // 2 - 1
    counts = np.empty(m, dtype=np.float32)
    for j in range(m):
        counts[j] = min(j + ahead, m - 1) - max(j + ahead - window, -1)
    sums = np.empty((4, m), dtype=np.float32)
    for top in range(0, n, 4):
        # The last group reads its last row again where there are fewer than four.
        row_a, row_b = plane[top], plane[min(top + 1, n - 1)]
        row_c, row_d = plane[min(top + 2, n - 1)], plane[min(top + 3, n - 1)]
        a = b = c = d = np.float32(0)
        for j in range(-ahead, m):
            entering = j + ahead
            leaving = entering - window
            if entering < m:
                a += row_a[entering]
                b += row_b[entering]
                c += row_c[entering]
                d += row_d[entering]
            if leaving >= 0:
                a -= row_a[leaving]
                b -= row_b[leaving]
                c -= row_c[leaving]
                d -= row_d[leaving]
            if j >= 0:
                sums[0, j], sums[1, j], sums[2, j], sums[3, j] = a, b, c, d
        for i in range(min(4, n - top)):
            for j in range(m):
                plane[top + i, j] = sums[i, j] / counts[j]


@compiled(numba.void(_pixels, _line))
def luma(pixels: npt.NDArray[np.uint8], plane: Floats) -> None:
    """Brightness of RGB pixels: 0.299 R + 0.587 G + 0.114 B, 0 to 255.

    Args:
        pixels: uint8 (n * 3,), flat so that the loop knows its strides.
        plane: float32 (n,), written.
    """
    # Whole numbers below 2**24 are exact in float32, so that this rounds only once and gives the
    # float32 that the sum in double gives.
    red, green, blue = np.float32(299), np.float32(587), np.float32(114)
    for k in range(len(plane)):
        weighted = np.float32(pixels[3 * k]) * red
        weighted += np.float32(pixels[3 * k + 1]) * green
        weighted += np.float32(pixels[3 * k + 2]) * blue
        plane[k] = weighted / np.float32(1000)


@compiled(numba.int64(_plane, _constant, _plane))
def low_frequencies(plane: Floats, cosines: Floats, frequencies: Floats) -> int:
    """The 16 x 16 low frequencies of a picture without the constant ones, and its quality.

    Args:
        plane: brightness, float32 (height, width), both at least 5; overwritten.
        cosines: rows 1 to 16 of the 64-point cosine transform, float32 (16, 64).
        frequencies: float32 (16, 16), written: ``[i, j]`` is frequency i + 1 from top to bottom
            and j + 1 from left to right.

    Returns:
        Quality, 0 to 100: the sum of the significant gradients of the reduced picture.
    """
    height, width = plane.shape
    if height == _GRID and width == _GRID:
        small = plane
    else:
        # Two box filters in each direction, of half a grid cell each, make a tent filter.
        across = (width + 2 * _GRID - 1) // (2 * _GRID)
        down = (height + 2 * _GRID - 1) // (2 * _GRID)
        kept_columns = np.empty(_GRID, dtype=np.int64)
        kept_rows = np.empty(_GRID, dtype=np.int64)
        for k in range(_GRID):
            kept_columns[k] = int((k + 0.5) * width / _GRID)
            kept_rows[k] = int((k + 0.5) * height / _GRID)
        spare = np.empty((height, width), dtype=np.float32)
        _box_along_rows(plane, across)
        _box(plane, down, np.arange(height), spare)
        _box_along_rows(spare, across)
        columns = np.empty((height, _GRID), dtype=np.float32)
        for i in range(height):
            for k in range(_GRID):
                columns[i, k] = spare[i, kept_columns[k]]
        small = np.empty((_GRID, _GRID), dtype=np.float32)
        _box(columns, down, kept_rows, small)

    gradients = 0
    hundred, white = np.float32(100), np.float32(255)
    for i in range(_GRID):
        for j in range(_GRID):
            if i + 1 < _GRID:
                gradients += int(abs((small[i, j] - small[i + 1, j]) * hundred / white))
            if j + 1 < _GRID:
                gradients += int(abs((small[i, j] - small[i, j + 1]) * hundred / white))

    # cosines @ small @ cosines.T, each sum in ascending order.
    half = np.zeros((16, _GRID), dtype=np.float32)
    for i in range(16):
        for k in range(_GRID):
            for j in range(_GRID):
                half[i, j] += cosines[i, k] * small[k, j]
    turned_cosines = np.empty((_GRID, 16), dtype=np.float32)
    for i in range(16):
        for k in range(_GRID):
            turned_cosines[k, i] = cosines[i, k]
    frequencies[:] = 0
    for i in range(16):
        for k in range(_GRID):
            for j in range(16):
                frequencies[i, j] += half[i, k] * turned_cosines[k, j]
    return min(gradients // 90, 100)
