"""PDQ's transform in NumPy alone: what one question needs, without a compiler being imported.

It gives what :mod:`lookalike.encoders.pdq_kernels` gives, to the bit, because every float32
operation happens in the same order: running sums go on line by line, each line a vector of all the
pictures that are transformed together. For the four flips of a 512-pixel photograph that takes
some 10 ms; importing Numba and loading the kernels takes 300.

Sources: see :mod:`lookalike.encoders.perceptual`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["low_frequencies", "luma"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_GRID = 64  # a picture is brought to _GRID x _GRID before its cosine transform
_LINES = 8  # that are turned at a time
_WEIGHTS = np.array([299, 587, 114], np.float32)


def luma(picture: npt.NDArray[np.uint8]) -> Floats:
    """Brightness of an RGB picture: 0.299 R + 0.587 G + 0.114 B, 0 to 255.

    Args:
        picture: uint8 (height, width, 3).

    Returns:
        float32 (height, width).
    """
    # Whole numbers below 2**24 are exact in float32, in whatever order they are added; only the
    # division rounds.
    return np.asarray(picture.astype(np.float32) @ _WEIGHTS / np.float32(1000))


def low_frequencies(planes: Floats, cosines: Floats) -> tuple[Floats, list[int]]:
    """The 16 x 16 low frequencies of pictures of one size, and their quality.

    Args:
        planes: brightness, float32 (n, height, width), both sides at least 5; left as they are.
        cosines: rows 1 to 16 of the 64-point cosine transform, float32 (16, 64).

    Returns:
        float32 (n, 16, 16), as from :func:`lookalike.encoders.pdq_kernels.low_frequencies`, and n
        qualities, 0 to 100.
    """
    _, height, width = planes.shape
    small = planes.transpose(1, 0, 2)  # (height, n, width)
    if (height, width) != (_GRID, _GRID):
        # Two box filters in each direction, of half a grid cell each, make a tent filter.
        across = (width + 2 * _GRID - 1) // (2 * _GRID)
        down = (height + 2 * _GRID - 1) // (2 * _GRID)
        small = _box(_turned(small), across, np.arange(width))
        small = _box(_turned(small), down, np.arange(height))
        small = _box(_turned(small), across, _centres(width))
        small = _box(_turned(small), down, _centres(height))
    small = np.ascontiguousarray(small.transpose(0, 2, 1))  # (64, 64, n)
    return _frequencies(small, cosines), _quality(small)


def _turned(lines: Floats) -> Floats:
    """Rows of pictures to columns, or back: (a, n, b) to (b, n, a), contiguous."""
    a, n, b = lines.shape
    found = np.empty((b, n, a), np.float32)
    # A few lines at a time: what is read and written then stays in the cache, which is four times
    # as fast as NumPy's own copy.
    for first in range(0, a, _LINES):
        for picture in range(n):
            found[:, picture, first : first + _LINES] = lines[first : first + _LINES, picture].T
    return found


def _centres(size: int) -> Ints:
    """The lines of a picture that are kept, in ascending order; of a small one some repeat."""
    return np.array([int((k + 0.5) * size / _GRID) for k in range(_GRID)])


def _box(source: Floats, window: int, kept: Ints) -> Floats:
    """Mean over ``window`` lines around each of the lines ``kept``, by running sums.

    At the borders the mean is over the lines that exist. A window of even width reaches one line
    further.

    Args:
        source: (lines, n, m), contiguous.
        window: lines.
        kept: ascending; may repeat.

    Returns:
        (len(kept), n, m).
    """
    count, n, m = source.shape
    lines = source.reshape(count, n * m)
    ahead = (window + 2) // 2 - 1
    total = np.zeros(n * m, np.float32)
    found = np.empty((len(kept), n * m), np.float32)
    places = np.searchsorted(kept, np.arange(count + 1)).tolist()
    for line in range(-ahead, count):
        entering, leaving = line + ahead, line + ahead - window
        if entering < count:
            total += lines[entering]
        if leaving >= 0:
            total -= lines[leaving]
        if line >= 0 and places[line] < places[line + 1]:
            inside = np.float32(min(entering, count - 1) - max(leaving, -1))
            np.divide(total, inside, out=found[places[line]])
            found[places[line] + 1 : places[line + 1]] = found[places[line]]
    return found.reshape(len(kept), n, m)


def _quality(small: Floats) -> list[int]:
    """The sum of the significant gradients of reduced pictures, (64, 64, n)."""
    total = np.zeros(small.shape[2], np.int64)
    for steps in (small[:-1] - small[1:], small[:, :-1] - small[:, 1:]):
        gradients = np.abs(steps * np.float32(100) / np.float32(255))
        total += gradients.astype(np.int64).sum(axis=(0, 1))
    return [min(int(gradient) // 90, 100) for gradient in total]


def _frequencies(small: Floats, cosines: Floats) -> Floats:
    """``cosines @ small @ cosines.T`` for each of (64, 64, n), each sum in ascending order."""
    n = small.shape[2]
    half = np.zeros((16, _GRID, n), np.float32)
    for k in range(_GRID):
        half += cosines[:, k, None, None] * small[k]
    whole = np.zeros((16, 16, n), np.float32)
    for k in range(_GRID):
        whole += half[:, k, None] * cosines[:, k, None]
    return np.ascontiguousarray(whole.transpose(2, 0, 1))
